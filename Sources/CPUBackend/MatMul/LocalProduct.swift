/// Products of a batch, of few rows, or tiny ones: every tile packs what it needs into its thread's scratch memory.
struct LocalProduct {
  private let product: MatMul
  private let blocking: Blocking
  private let blockDepth: Int

  /// The part of B that a tile packs at a time, in floats: 256 KiB, so that it stays in the second-level cache.
  private static let largestBlockB = 65536
  /// Fewer column panels than this make rows of B too short to be prefetched.
  private static let fewestColumnPanels = 8

  /// Whether a single product is faster so than packed by all threads: with few rows B is used too little to be worth
  /// the way through the shared workspace.
  static func suits(_ product: MatMul) -> Bool {
    product.m * product.n * product.k <= 32 * 32 * 32 || (product.m <= 96 && product.n >= 256)
  }

  init(_ product: MatMul) {
    self.product = product
    blocking = Blocking(
      m: product.m, n: product.n, k: product.k, batch: product.batch, fewestColumnPanels: Self.fewestColumnPanels)
    let columns = (blocking.columnPanels + blocking.columnTiles - 1) / blocking.columnTiles * RegisterTile.columns
    blockDepth = Blocking.blockDepth(product.k, atMost: Self.largestBlockB / columns)
  }

  var columnStarts: [Int] { blocking.columnStarts }

  func launches(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>, epilogue: MatMul.Epilogue?
  ) -> [Launch] {
    let product = self.product
    let blocking = self.blocking
    let blockDepth = self.blockDepth
    let tile = TileMultiplier(product)
    let rowsOfTile = (blocking.rowPanels + blocking.rowTiles - 1) / blocking.rowTiles
    let columnsOfTile = (blocking.columnPanels + blocking.columnTiles - 1) / blocking.columnTiles
    let sizeA = (rowsOfTile * RegisterTile.rows * blockDepth + 15) / 16 * 16
    let floats = sizeA + columnsOfTile * RegisterTile.columns * blockDepth
    let launch = Launch(tiles: product.batch * blocking.tiles, scratchBytes: floats * 4) { index, worker in
      let batch = index / blocking.tiles
      let (rows, columns) = blocking.panels(ofTile: index % blocking.tiles)
      let operandA = product.operandA(a + batch * product.batchStrideA)
      let operandB = product.operandB(b + batch * product.batchStrideB)
      let target = c + batch * product.batchStrideC
      let blockA = worker.scratch.assumingMemoryBound(to: Float.self)
      let blockB = blockA + sizeA
      var offset = 0
      repeat {
        let depth = min(blockDepth, product.k - offset)
        operandA.pack(panels: rows, depth: offset..<offset + depth, blockA)
        operandB.pack(panels: columns, depth: offset..<offset + depth, blockB)
        for column in columns {
          tile.multiply(
            depth: depth, blockA, rows: rows,
            blockB + (column - columns.lowerBound) * depth * RegisterTile.columns, column: column, target,
            accumulate: product.accumulate || offset > 0)
        }
        offset += depth
      } while offset < product.k
      if let epilogue { epilogue(product.block(rows, columns, batch: batch, worker)) }
    }
    return [launch]
  }
}
