/// Products of a batch, or a tiny one: every tile packs what it needs into its thread's scratch memory.
struct LocalProduct {
  private let product: MatMul
  private let blocking: Blocking

  init(_ product: MatMul) {
    self.product = product
    blocking = Blocking(m: product.m, n: product.n, k: product.k, batch: product.batch)
  }

  func launches(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>, epilogue: MatMul.Epilogue?
  ) -> [Launch] {
    let product = self.product
    let blocking = self.blocking
    let tile = TileMultiplier(product)
    let blockDepth = Blocking.blockDepth(product.k)
    let rowsOfTile = (blocking.rowPanels + blocking.rowTiles - 1) / blocking.rowTiles
    let sizeA = (rowsOfTile * RegisterTile.rows * blockDepth + 15) / 16 * 16
    let floats = sizeA + RegisterTile.columns * blockDepth
    let launch = Launch(tiles: product.batch * blocking.tiles, scratchBytes: floats * 4) { index, worker in
      let batch = index / blocking.tiles
      let (rows, columns) = blocking.panels(ofTile: index % blocking.tiles)
      let operandA = product.operandA(a + batch * product.batchStrideA)
      let operandB = product.operandB(b + batch * product.batchStrideB)
      let target = c + batch * product.batchStrideC
      let blockA = worker.scratch.assumingMemoryBound(to: Float.self)
      let panelB = blockA + sizeA
      var offset = 0
      repeat {
        let depth = min(blockDepth, product.k - offset)
        operandA.pack(panels: rows, depth: offset..<offset + depth, blockA)
        for column in columns {
          operandB.pack(panels: column..<column + 1, depth: offset..<offset + depth, panelB)
          tile.multiply(
            depth: depth, blockA, rows: rows, panelB, column: column, target,
            accumulate: product.accumulate || offset > 0)
        }
        offset += depth
      } while offset < product.k
      if let epilogue { epilogue(product.block(rows, columns, batch: batch, worker)) }
    }
    return [launch]
  }
}
