import CKernels

/// A product, or a batch of them, whose tiles of C are computed each by one thread.
///
/// A tile packs the blocks of A and B that it needs into its thread's scratch memory, stage by stage: a block of the
/// inner dimension with a few panels of columns. While a stage is multiplied, the memory of the next is asked for, so
/// that packing finds it in the second-level cache. Only a B that many tiles use is packed once, by all threads.
struct TiledProduct: @unchecked Sendable {
  private let product: MatMul
  let blocking: Blocking
  private let blockDepth: Int
  private let blocks: Int
  private let sharesB: Bool

  /// Column panels of a stage: rows of B are read in pieces of up to 256 bytes.
  private static let panelsOfStage = 4
  /// With more tiles of rows than this, packing B once for all is cheaper than in each.
  private static let mostCopiesOfB = 4

  init(_ product: MatMul) {
    self.product = product
    blocking = Blocking(m: product.m, n: product.n, k: product.k, batch: product.batch)
    blockDepth = Blocking.blockDepth(product.k)
    blocks = max(1, (product.k + blockDepth - 1) / blockDepth)
    sharesB = product.batch == 1 && blocking.rowTiles > (product.transposeB ? 1 : Self.mostCopiesOfB)
  }

  /// Memory for a shared B: `[block][panel][depth][16]`.
  var workspaceFloats: Int { sharesB ? blocking.columnPanels * RegisterTile.columns * product.k : 0 }

  func launches(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>?, epilogue: MatMul.Epilogue?, companions: [MatMul.Companion] = []
  ) -> [Launch] {
    let shared = sharesB ? workspace : nil
    var launches: [Launch] = []
    if let shared {
      let plan = PackingPlan(product.operandB(b), depth: product.k, blockDepth: blockDepth, to: shared)
      launches.append(Launch(tiles: plan.tiles) { tile, _ in plan.run(tile) })
    }
    let floatsOfA = blocking.largestRows * PackedA.panelFloats
    let floatsOfB = shared == nil ? Self.panelsOfStage * RegisterTile.columns * blockDepth : 0
    let tiles = product.batch * blocking.tiles
    let companions = (companions.first, companions.dropFirst().first)
    launches.append(
      Launch(tiles: tiles, scratchBytes: (floatsOfA + floatsOfB) * 4) { index, worker in
        let scratch = worker.scratch.assumingMemoryBound(to: Float.self)
        let tile = tile(index, a, b)
        // The tile that this thread probably gets next.
        let next = index + worker.count < tiles ? self.tile(index + worker.count, a, b) : nil
        let block = product.block(tile.rows, tile.columns, batch: tile.batch, worker)
        multiply(
          tile, next, c, packedA: scratch, packedB: scratch + floatsOfA, sharedB: UnsafePointer(shared), block,
          companions)
        epilogue?(block)
      })
    return launches
  }

  /// One tile with its operands.
  private struct Tile {
    let batch: Int
    let rows: Range<Int>
    let columns: Range<Int>
    let a: PackedA
    let b: PackedB
    /// Column panels go in about equal groups.
    let groups: Int

    func group(_ index: Int) -> Range<Int> {
      let first = columns.lowerBound
      return first + index * columns.count / groups..<first + (index + 1) * columns.count / groups
    }
  }

  private func tile(_ index: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Tile {
    let batch = index / blocking.tiles
    let (rows, columns) = blocking.panels(ofTile: index % blocking.tiles)
    return Tile(
      batch: batch, rows: rows, columns: columns, a: PackedA(product, a + batch * product.batchStrideA),
      b: product.operandB(b + batch * product.batchStrideB),
      groups: (columns.count + Self.panelsOfStage - 1) / Self.panelsOfStage)
  }

  private func multiply(
    _ tile: Tile, _ next: Tile?, _ c: UnsafeMutablePointer<Float>, packedA: UnsafeMutablePointer<Float>,
    packedB: UnsafeMutablePointer<Float>, sharedB: UnsafePointer<Float>?, _ area: MatMul.Block,
    _ companions: (MatMul.Companion?, MatMul.Companion?)
  ) {
    let set = product.instructionSet
    let firstRow = tile.rows.lowerBound * RegisterTile.rows
    let c = c + tile.batch * product.batchStrideC + firstRow * product.ldc
    var panel = kernels_panel()
    panel.stride = product.ldc
    panel.rows = min(product.m, tile.rows.upperBound * RegisterTile.rows) - firstRow
    panel.alpha = product.alpha
    for block in 0..<blocks {
      let depths = depths(ofBlock: block)
      tile.a.prepare(tile.rows, depths, packedA, &panel)
      panel.depth = depths.count
      panel.accumulate = product.accumulate || block > 0
      if block + 1 == blocks {
        // What the epilogue uses, while the sums become final.
        let calls = calls(tile.rows, tile.columns, depths)
        if let first = companions.0 { panel.ahead.2 = kernels_ahead(first, of: area, over: calls) }
        if let second = companions.1 { panel.ahead.3 = kernels_ahead(second, of: area, over: calls) }
      }
      for group in 0..<tile.groups {
        let columns = tile.group(group)
        if sharedB == nil { tile.b.pack(panels: columns, depth: depths, packedB) }
        let calls = calls(tile.rows, columns, depths)
        if group + 1 < tile.groups {
          lookAhead(&panel, tile, block, group + 1, over: calls)
        } else if block + 1 < blocks {
          lookAhead(&panel, tile, block + 1, 0, over: calls)
        } else if let next {
          lookAhead(&panel, next, 0, 0, over: calls)
        } else {
          panel.ahead.0 = kernels_ahead()
          panel.ahead.1 = kernels_ahead()
        }
        for column in columns {
          panel.b =
            sharedB.map {
              $0 + RegisterTile.columns * (depths.lowerBound * blocking.columnPanels + column * depths.count)
            } ?? UnsafePointer(packedB + (column - columns.lowerBound) * depths.count * RegisterTile.columns)
          panel.c = c + column * RegisterTile.columns
          panel.columns = min(RegisterTile.columns, product.n - column * RegisterTile.columns)
          set.multiply(&panel)
        }
      }
    }
  }

  /// Has the memory that a stage packs brought near, little by little.
  private func lookAhead(
    _ panel: inout kernels_panel, _ tile: Tile, _ block: Int, _ group: Int, over calls: Int
  ) {
    let depths = depths(ofBlock: block)
    panel.ahead.0 = group == 0 ? tile.a.ahead(tile.rows, depths, over: calls) : kernels_ahead()
    panel.ahead.1 = sharesB ? kernels_ahead() : tile.b.ahead(panels: tile.group(group), depths, over: calls)
  }

  /// How often a product of panels looks ahead.
  private func calls(_ rows: Range<Int>, _ columns: Range<Int>, _ depths: Range<Int>) -> Int {
    rows.count * (RegisterTile.rows / product.instructionSet.rows) * columns.count
      * (depths.count / Int(KERNELS_STEPS))
  }

  private func depths(ofBlock block: Int) -> Range<Int> {
    block * blockDepth..<min(product.k, (block + 1) * blockDepth)
  }
}

extension MatMul {
  /// The block of C that panels of rows and columns cover.
  func block(_ rows: Range<Int>, _ columns: Range<Int>, batch: Int, _ worker: Worker) -> Block {
    let row = rows.lowerBound * RegisterTile.rows
    let column = columns.lowerBound * RegisterTile.columns
    return Block(
      batch: batch, row: row, column: column, rows: min(m, rows.upperBound * RegisterTile.rows) - row,
      columns: min(n, columns.upperBound * RegisterTile.columns) - column, worker: worker)
  }
}
