/// A matrix product `C = alpha * op(A) * op(B)` or `C += alpha * op(A) * op(B)`, or a batch of them, in float32.
///
/// All matrices are row-major. `op(A)` is `[m, k]`: A is stored so, or as `[k, m]` if `transposeA`. `op(B)` is
/// `[k, n]`: B is stored so, or as `[n, k]` if `transposeB`. The numbers that make up a product are split and summed
/// in an order that depends on the shape alone, so any number of threads gives the same bits.
package struct MatMul: Sendable {
  package var m: Int
  package var n: Int
  package var k: Int
  package var transposeA = false
  package var transposeB = false
  /// Distances between the rows of A, B and C as they are stored.
  package var lda: Int
  package var ldb: Int
  package var ldc: Int
  package var batch = 1
  /// Distances between the matrices of a batch; 0 if all products share one. C's may not be.
  package var batchStrideA = 0
  package var batchStrideB = 0
  package var batchStrideC = 0
  package var alpha: Float = 1
  /// Whether the product is added to what C holds.
  package var accumulate = false

  /// What computes tiles; all that fuse give the same bits.
  package var instructionSet = InstructionSet.current

  /// A product of dense matrices.
  package init(m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false) {
    self.m = m
    self.n = n
    self.k = k
    self.transposeA = transposeA
    self.transposeB = transposeB
    lda = transposeA ? m : k
    ldb = transposeB ? k : n
    ldc = n
  }

  /// The part of C that has got its final values when an epilogue is called, while it is in the thread's cache.
  package struct Block {
    package let batch: Int
    package let row: Int
    package let column: Int
    package let rows: Int
    package let columns: Int
    /// The thread that calls.
    package let worker: Worker

    func moved(byColumns columns: Int) -> Block {
      Block(
        batch: batch, row: row, column: column + columns, rows: rows, columns: self.columns, worker: worker)
    }
  }

  /// What to do with a block of C once it is final; blocks cover C exactly once.
  package typealias Epilogue = (_ block: Block) -> Void

  /// Numbers beside those of C that an epilogue reads: they are brought near while a block is computed.
  package struct Companion {
    package let pointer: UnsafeRawPointer
    /// Bytes from a row to the next, and of a number.
    package let rowBytes: Int
    package let elementBytes: Int

    package init(pointer: UnsafeRawPointer, rowBytes: Int, elementBytes: Int) {
      (self.pointer, self.rowBytes, self.elementBytes) = (pointer, rowBytes, elementBytes)
    }

    func moved(byColumns columns: Int) -> Companion {
      Companion(pointer: pointer + columns * elementBytes, rowBytes: rowBytes, elementBytes: elementBytes)
    }
  }

  /// The memory that the launches share, in floats; best aligned to 64 bytes.
  package func workspaceFloats() -> Int {
    switch strategy {
    case .empty: 0
    case .rows: RowProduct(self).workspaceFloats
    case .depthParts: DepthSplitProduct(self).workspaceFloats
    case .tiles: parts().map { TiledProduct($0.product).workspaceFloats }.max() ?? 0
    }
  }

  /// The launches that compute the product.
  ///
  /// - Parameters:
  ///   - workspace: `workspaceFloats()` floats that nobody else uses until the launches have run.
  ///   - epilogue: Called for every block of C, at most 144 rows by 512 columns, once it is final.
  ///   - companions: What else the epilogue reads, row by row as C is; the first two are brought near.
  package func launches(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>?, epilogue: Epilogue? = nil, companions: [Companion] = []
  ) -> [Launch] {
    precondition(workspace != nil || workspaceFloats() == 0, "a product of this size needs its workspace")
    switch strategy {
    case .empty: return []
    case .rows: return RowProduct(self).launches(a: a, b: b, c: c, workspace: workspace, epilogue: epilogue)
    case .depthParts:
      return workspace.map {
        DepthSplitProduct(self).launches(a: a, b: b, c: c, workspace: $0, epilogue: epilogue)
      } ?? []
    case .tiles:
      return parts().flatMap { part in
        TiledProduct(part.product).launches(
          a: a, b: b + part.column * (transposeB ? ldb : 1), c: c + part.column, workspace: workspace,
          epilogue: epilogue.map { epilogue in { block in epilogue(block.moved(byColumns: part.column)) } },
          companions: companions.map { $0.moved(byColumns: part.column) })
      }
    }
  }

  /// Where the blocks that epilogues are called with begin along the columns, all multiples of 16.
  func blockColumns() -> [Int] {
    switch strategy {
    case .empty: []
    case .depthParts: [0]
    case .rows: RowProduct(self).blockStarts
    case .tiles:
      parts().flatMap { part in TiledProduct(part.product).blocking.columnStarts.map { part.column + $0 } }
    }
  }

  private enum Strategy { case empty, rows, depthParts, tiles }

  private var strategy: Strategy {
    if m == 0 || n == 0 || batch == 0 { return .empty }
    if RowProduct.suits(self) { return .rows }
    return batch == 1 && DepthSplitProduct.suits(self) ? .depthParts : .tiles
  }

  /// The columns in parts that the workspace for a transposed B (at most 16 MiB) suffices for.
  private func parts() -> [(product: MatMul, column: Int)] {
    let width = max(512, (4 << 20) / max(1, k) / 16 * 16)
    guard transposeB, batch == 1, n > width else { return [(self, 0)] }
    let count = (n + width - 1) / width
    let step = ((n + count - 1) / count + 15) / 16 * 16
    return stride(from: 0, to: n, by: step).map { column in
      var part = self
      part.n = min(step, n - column)
      return (part, column)
    }
  }

  func operandB(_ b: UnsafePointer<Float>) -> PackedB {
    PackedB(source: b, laneStride: transposeB ? ldb : 1, depthStride: transposeB ? 1 : ldb, lanes: n)
  }
}
