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
  }

  /// What to do with a block of C once it is final; blocks cover C exactly once.
  package typealias Epilogue = (_ block: Block) -> Void

  /// The memory that the launches share, in floats; best aligned to 64 bytes.
  package func workspaceFloats() -> Int {
    switch strategy {
    case .empty, .rows, .local: 0
    case .packed: PackedProduct(self).workspaceFloats
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
    case .packed:
      guard let workspace else { preconditionFailure("a packed product needs its workspace") }
      return PackedProduct(self).launches(a: a, b: b, c: c, workspace: workspace, epilogue: epilogue)
    }
  }

  private enum Strategy { case empty, rows, local, packed }

  private var strategy: Strategy {
    if m == 0 || n == 0 || batch == 0 { return .empty }
    if m <= RowProduct.largestRows { return .rows }
    if batch > 1 || m * n * k <= 32 * 32 * 32 { return .local }
    return .packed
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
