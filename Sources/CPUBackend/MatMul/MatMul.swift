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

    func moved(byRows rows: Int, columns: Int) -> Block {
      Block(
        batch: batch, row: row + rows, column: column + columns, rows: self.rows, columns: self.columns,
        worker: worker)
    }
  }

  /// What to do with a block of C once it is final; blocks cover C exactly once.
  package typealias Epilogue = (_ block: Block) -> Void

  /// The memory that the launches share, in floats; best aligned to 64 bytes.
  package func workspaceFloats() -> Int {
    switch strategy {
    case .empty, .rows, .local: 0
    case .depthParts: DepthSplitProduct(self).workspaceFloats
    case .packed: parts().map { PackedProduct($0.product).workspaceFloats }.max() ?? 0
    }
  }

  /// The launches that compute the product.
  ///
  /// - Parameters:
  ///   - workspace: `workspaceFloats()` floats that nobody else uses until the launches have run.
  ///   - epilogue: Called for every block of C, at most 144 rows by 512 columns, once it is final.
  package func launches(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>?, epilogue: Epilogue? = nil
  ) -> [Launch] {
    switch strategy {
    case .empty: return []
    case .rows: return RowProduct(self).launches(a: a, b: b, c: c, epilogue: epilogue)
    case .local: return LocalProduct(self).launches(a: a, b: b, c: c, epilogue: epilogue)
    case .depthParts, .packed:
      precondition(workspace != nil, "a product of this size needs its workspace")
      guard let workspace else { return [] }
      if strategy == .depthParts {
        return DepthSplitProduct(self).launches(a: a, b: b, c: c, workspace: workspace, epilogue: epilogue)
      }
      return parts().flatMap { part in
        PackedProduct(part.product).launches(
          a: a + part.row * (transposeA ? 1 : lda), b: b + part.column * (transposeB ? ldb : 1),
          c: c + part.row * ldc + part.column, workspace: workspace,
          epilogue: epilogue.map { epilogue in
            { block in epilogue(block.moved(byRows: part.row, columns: part.column)) }
          })
      }
    }
  }

  /// Where the blocks that epilogues are called with begin along the columns, all multiples of 16.
  func blockColumns() -> [Int] {
    switch strategy {
    case .empty: return []
    case .depthParts: return [0]
    case .rows:
      return Array(stride(from: 0, to: n, by: RowProduct(self).width))
    case .local:
      return LocalProduct(self).columnStarts
    case .packed:
      let parts = parts().filter { $0.row == 0 }
      return parts.flatMap { part in
        Blocking(m: part.product.m, n: part.product.n, k: k).columnStarts.map { part.column + $0 }
      }
    }
  }

  private enum Strategy { case empty, rows, local, depthParts, packed }

  private var strategy: Strategy {
    if m == 0 || n == 0 || batch == 0 { return .empty }
    if m <= RowProduct.largestRows { return .rows }
    if batch > 1 || LocalProduct.suits(self) { return .local }
    return DepthSplitProduct.suits(self) ? .depthParts : .packed
  }

  /// A very large C in parts, so that a stage of each fits in the workspace with a depth worth the packing.
  private func parts() -> [(product: MatMul, row: Int, column: Int)] {
    let columns = Self.cut(n)
    return Self.cut(m).flatMap { rows in
      columns.map { columns in
        var part = self
        part.m = rows.count
        part.n = columns.count
        return (part, rows.lowerBound, columns.lowerBound)
      }
    }
  }

  /// About equal ranges of at most 8192, whose bounds are multiples of both sides of the register tile.
  private static func cut(_ length: Int) -> [Range<Int>] {
    let count = (length + 8191) / 8192
    let unit = RegisterTile.rows * RegisterTile.columns / 2
    let step = ((length + count - 1) / count + unit - 1) / unit * unit
    return stride(from: 0, to: length, by: step).map { $0..<min(length, $0 + step) }
  }

  func operandA(_ a: UnsafePointer<Float>) -> PackedOperand {
    PackedOperand(
      source: a, laneStride: transposeA ? 1 : lda, depthStride: transposeA ? lda : 1, lanes: m,
      width: RegisterTile.rows)
  }

  func operandB(_ b: UnsafePointer<Float>) -> PackedOperand {
    PackedOperand(
      source: b, laneStride: transposeB ? ldb : 1, depthStride: transposeB ? 1 : ldb, lanes: n,
      width: RegisterTile.columns)
  }
}
