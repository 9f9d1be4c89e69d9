import CKernels

/// Products of a few rows with a matrix, as in generating token by token: the speed is that of reading B once.
///
/// A tile reads whole rows of B, or long pieces of them. Where the columns alone give too few tiles, the inner dimension
/// is cut too; the products of its parts lie in the workspace until a second launch adds them, in order.
struct RowProduct: @unchecked Sendable {
  /// Up to this many rows are faster so than packed, and fewer where B is transposed.
  private static let largestRows = 32
  private static let largestRowsOfTransposed = 8

  private let product: MatMul
  /// The columns of a tile.
  private let width: Int
  private let columnTiles: Int
  /// The inner dimension of a tile, and the tiles along it.
  private let depth: Int
  private let parts: Int

  /// Floats of C that a tile goes through again and again: they stay in the first-level cache.
  private static let floatsOfC = 8192
  /// Floats of B of a tile at least.
  private static let floatsOfB = 32768
  /// Floats of a transposed B that several groups of rows go over: they stay in the second-level cache.
  private static let floatsOfTransposedB = 98304
  /// Tiles that keep all threads busy to the end.
  private static let wantedTiles = 16
  /// The columns of a block that is finished at once: at most what an epilogue may be given.
  private var blockColumns: Int { max(64, min(512, 4096 / max(1, product.m) / 16 * 16)) }

  /// Whether this is the best way to compute a product.
  static func suits(_ product: MatMul) -> Bool {
    let most = product.transposeB ? largestRowsOfTransposed : largestRows
    return product.m <= most && (product.m <= 4 || product.batch > 1 || !DepthSplitProduct.suits(product))
  }

  init(_ product: MatMul) {
    self.product = product
    let (m, n, k) = (max(1, product.m), product.n, max(1, product.k))
    if product.transposeB {
      depth = product.k
      parts = 1
      let largest = m == 1 ? 384 : max(16, min(384, Self.floatsOfTransposedB / k / 16 * 16))
      width = max(16, min(largest, n / Self.wantedTiles / 16 * 16))
      columnTiles = (n + width - 1) / width
      return
    }
    let widest = max(128, Self.floatsOfC / m / 16 * 16)
    let tiles = (n + widest - 1) / widest
    width = ((n + tiles - 1) / max(1, tiles) + 15) / 16 * 16
    columnTiles = (n + width - 1) / max(1, width)
    let most = max(1, min(k / 48, width * k / Self.floatsOfB))
    let tilesAnyway = max(1, columnTiles * product.batch)
    // The sums of parts cost time too: half as many tiles do if no part needs to be cut for them.
    let wanted =
      2 * tilesAnyway >= Self.wantedTiles ? 1 : min(most, (Self.wantedTiles + tilesAnyway - 1) / tilesAnyway)
    depth = ((k + wanted - 1) / wanted + 7) / 8 * 8
    parts = (k + depth - 1) / depth
  }

  /// The products of the parts: `[part][row][column]`.
  var workspaceFloats: Int { parts == 1 ? 0 : product.batch * parts * product.m * product.n }

  /// The first column of each block that the epilogue is called with.
  var blockStarts: [Int] {
    let tile = parts == 1 ? width : product.n
    return stride(from: 0, to: product.n, by: tile).flatMap { first in
      stride(from: first, to: min(product.n, first + tile), by: blockColumns)
    }
  }

  func launches(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>?, epilogue: MatMul.Epilogue?
  ) -> [Launch] {
    let product = self.product
    let tiles = columnTiles * parts
    let packedFloats = product.transposeB && !product.transposeA ? 0 : (product.m * max(1, depth) + 15) / 16 * 16
    // One row is added to where it belongs; several would lie in the same sets of the cache where rows are far apart.
    let stride = product.m > 1 && !product.transposeB ? width + 16 : 0
    let scratch = packedFloats + product.m * stride
    let partial = parts == 1 ? nil : workspace
    let multiply = Launch(tiles: product.batch * tiles, scratchBytes: scratch * 4) { index, worker in
      let batch = index / tiles
      let part = index % tiles / columnTiles
      let column = index % columnTiles * width
      let columns = min(width, product.n - column)
      var rows = kernels_rows()
      rows.packed = worker.scratch.assumingMemoryBound(to: Float.self)
      rows.rows = product.m
      rows.columns = columns
      rows.depth = min(depth, product.k - part * depth)
      rows.a = a + batch * product.batchStrideA + part * depth * (product.transposeA ? product.lda : 1)
      rows.strideA = product.transposeA ? 1 : product.lda
      rows.depthStrideA = product.transposeA ? product.lda : 1
      rows.b =
        b + batch * product.batchStrideB
        + (product.transposeB ? column * product.ldb : part * depth * product.ldb + column)
      rows.strideB = product.ldb
      if let partial {
        rows.c = partial + (batch * parts + part) * product.m * product.n + column
        rows.strideC = product.n
      } else {
        rows.c = c + batch * product.batchStrideC + column
        rows.strideC = product.ldc
        rows.accumulate = product.accumulate
      }
      rows.alpha = product.alpha
      if stride > 0, let packed = rows.packed {
        var tile = rows
        tile.c = packed + packedFloats
        tile.strideC = stride
        tile.accumulate = false
        product.instructionSet.multiplyRows(&tile)
        move(tile, to: rows)
      } else if product.transposeB {
        if product.transposeA { gatherRows(&rows) }
        product.instructionSet.multiplyRowsTransposed(&rows)
      } else {
        product.instructionSet.multiplyRows(&rows)
      }
      if let epilogue, partial == nil {
        finish(column..<column + columns, batch, worker, epilogue)
      }
    }
    guard let partial else { return [multiply] }
    let sums = (product.n + blockColumns - 1) / blockColumns
    let add = Launch(tiles: product.batch * sums) { index, worker in
      let batch = index / sums
      let column = index % sums * blockColumns
      let columns = min(blockColumns, product.n - column)
      addParts(
        partial + batch * parts * product.m * product.n + column, columns,
        to: c + batch * product.batchStrideC + column)
      if let epilogue { finish(column..<column + columns, batch, worker, epilogue) }
    }
    return [multiply, add]
  }

  /// Copies the rows of a transposed A, so that they lie along the inner dimension.
  private func gatherRows(_ rows: inout kernels_rows) {
    guard let source = rows.a, let target = rows.packed else { return }
    for k in 0..<rows.depth {
      for row in 0..<rows.rows { target[row * rows.depth + k] = source[k * rows.depthStrideA + row] }
    }
    rows.a = UnsafePointer(target)
    rows.strideA = rows.depth
  }

  /// Writes or adds a tile of C from scratch memory to where it belongs.
  private func move(_ tile: kernels_rows, to target: kernels_rows) {
    guard let from = tile.c, let to = target.c else { return }
    for row in 0..<tile.rows {
      let source = from + row * tile.strideC
      let place = to + row * target.strideC
      var column = 0
      while column + 8 <= tile.columns {
        let value = Vector(at: source + column)
        (target.accumulate ? value + Vector(at: place + column) : value).store(to: place + column)
        column += 8
      }
      while column < tile.columns {
        place[column] = target.accumulate ? place[column] + source[column] : source[column]
        column += 1
      }
    }
  }

  /// Calls an epilogue for the columns of a tile.
  private func finish(_ columns: Range<Int>, _ batch: Int, _ worker: Worker, _ epilogue: MatMul.Epilogue) {
    for column in stride(from: columns.lowerBound, to: columns.upperBound, by: blockColumns) {
      let count = min(blockColumns, columns.upperBound - column)
      epilogue(
        MatMul.Block(batch: batch, row: 0, column: column, rows: product.m, columns: count, worker: worker))
    }
  }

  /// Writes or adds the sum of the parts of some columns to C.
  private func addParts(_ partial: UnsafePointer<Float>, _ columns: Int, to c: UnsafeMutablePointer<Float>) {
    let size = product.m * product.n
    for row in 0..<product.m {
      let source = partial + row * product.n
      let target = c + row * product.ldc
      var column = 0
      while column + 8 <= columns {
        var sum = Vector(at: source + column)
        for part in 1..<parts { sum += Vector(at: source + part * size + column) }
        if product.accumulate { sum += Vector(at: target + column) }
        sum.store(to: target + column)
        column += 8
      }
      while column < columns {
        var sum = source[column]
        for part in 1..<parts { sum += source[part * size + column] }
        target[column] = product.accumulate ? target[column] + sum : sum
        column += 1
      }
    }
  }
}
