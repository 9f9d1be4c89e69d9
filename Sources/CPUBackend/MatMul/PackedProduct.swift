import CPlatform

/// A large product: all threads pack A and B into the workspace, then multiply tiles of C, stage by stage of k.
struct PackedProduct {
  private let product: MatMul
  private let blocking: Blocking
  private let stageDepth: Int

  /// The workspace that a stage may fill, in floats: 16 MiB, so that it stays in the last-level cache.
  private static let largestWorkspace = 4 << 20

  init(_ product: MatMul) {
    self.product = product
    blocking = Blocking(m: product.m, n: product.n, k: product.k)
    let lanes = blocking.rowPanels * RegisterTile.rows + blocking.columnPanels * RegisterTile.columns
    let fitting = max(Blocking.largestDepth, Self.largestWorkspace / lanes / 256 * 256)
    let stages = max(1, (product.k + fitting - 1) / fitting)
    let blocks = (product.k + Blocking.largestDepth - 1) / Blocking.largestDepth
    stageDepth = stages == 1 ? product.k : (blocks + stages - 1) / stages * Blocking.largestDepth
  }

  var workspaceFloats: Int {
    stageDepth * (blocking.rowPanels * RegisterTile.rows + blocking.columnPanels * RegisterTile.columns)
  }

  func launches(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, epilogue: MatMul.Epilogue?
  ) -> [Launch] {
    var launches: [Launch] = []
    let packedB = workspace
    let packedA = workspace + stageDepth * blocking.columnPanels * RegisterTile.columns
    var start = 0
    repeat {
      let stage = start..<min(product.k, start + stageDepth)
      launches.append(packing(product.operandA(a), to: packedA, product.operandB(b), to: packedB, stage))
      launches.append(
        multiplying(
          packedA, packedB, c, depth: stage.count, accumulate: start > 0 || product.accumulate,
          epilogue: stage.upperBound == product.k ? epilogue : nil))
      start = stage.upperBound
    } while start < product.k
    return launches
  }

  private func packing(
    _ a: PackedOperand, to packedA: UnsafeMutablePointer<Float>, _ b: PackedOperand,
    to packedB: UnsafeMutablePointer<Float>, _ stage: Range<Int>
  ) -> Launch {
    let packA = PackingPlan(a, stage, to: packedA)
    let packB = PackingPlan(b, stage, to: packedB)
    return Launch(tiles: packA.tiles + packB.tiles) { tile, _ in
      if tile < packA.tiles {
        packA.run(tile)
      } else {
        packB.run(tile - packA.tiles)
      }
    }
  }

  private func multiplying(
    _ packedA: UnsafeMutablePointer<Float>, _ packedB: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>,
    depth stageDepth: Int, accumulate: Bool, epilogue: MatMul.Epilogue?
  ) -> Launch {
    let blocking = self.blocking
    let product = self.product
    let blockDepth = Blocking.blockDepth(stageDepth)
    let tile = TileMultiplier(product)
    return Launch(tiles: blocking.tiles) { index, worker in
      let (rows, columns) = blocking.panels(ofTile: index)
      var offset = 0
      repeat {
        let depth = min(blockDepth, stageDepth - offset)
        let blockA = packedA + RegisterTile.rows * (offset * blocking.rowPanels + rows.lowerBound * depth)
        let blockB = packedB + RegisterTile.columns * (offset * blocking.columnPanels)
        for column in columns {
          let panel = blockB + column * depth * RegisterTile.columns
          tile.multiply(
            depth: depth, blockA, rows: rows, panel, column: column, c, accumulate: accumulate || offset > 0)
        }
        offset += depth
      } while offset < stageDepth
      if let epilogue { epilogue(product.block(rows, columns, batch: 0, worker)) }
    }
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
