/// The matrix product of the last two axes: `[..., M, K]` and `[..., K, N]` give `[..., M, N]`.
///
/// Either operand can be given transposed. Leading axes agree, or have size 1 in one operand, which is then used for
/// all. Complexity: 2 M N K operations a product.
public struct MatMul: Operation {
  /// The name in messages and profiles.
  public static let name = "matmul"
  /// Whether the first operand is given as `[..., K, M]`.
  public let transposeA: Bool
  /// Whether the second operand is given as `[..., N, K]`.
  public let transposeB: Bool

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 2 && operands.allSatisfy { $0.scalar == .f32 && $0.rank >= 2 }
        && operands[0].rank == operands[1].rank, "needs two f32 tensors of one rank of 2 or more")
    let (a, b) = (operands[0].shape, operands[1].shape)
    let rank = a.count
    let (m, k) = transposeA ? (a[rank - 1], a[rank - 2]) : (a[rank - 2], a[rank - 1])
    let (n, inner) = transposeB ? (b[rank - 2], b[rank - 1]) : (b[rank - 1], b[rank - 2])
    try require(k == inner, "the inner sizes \(k) and \(inner) differ")
    let batch = zip(a.dropLast(2), b.dropLast(2))
    try require(batch.allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }, "the leading axes differ")
    return [TensorType(batch.map { $0 == 1 ? $1 : $0 } + [m, n])]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let (a, b) = (operands[0], operands[1])
    let rank = results[0].rank
    let k = a.type.shape[rank - (transposeA ? 2 : 1)]
    let (sa, sb) = (a.type.strides, b.type.strides)
    let (rowA, innerA) = transposeA ? (sa[rank - 1], sa[rank - 2]) : (sa[rank - 2], sa[rank - 1])
    let (columnB, innerB) = transposeB ? (sb[rank - 2], sb[rank - 1]) : (sb[rank - 1], sb[rank - 2])
    var values: [Double] = []
    values.reserveCapacity(results[0].count)
    forEachCoordinate(of: results[0].shape) { _, at in
      var (ia, ib) = (at[rank - 2] * rowA, at[rank - 1] * columnB)
      for axis in 0..<rank - 2 {
        if a.type.shape[axis] != 1 { ia += at[axis] * sa[axis] }
        if b.type.shape[axis] != 1 { ib += at[axis] * sb[axis] }
      }
      var sum = 0.0
      for i in 0..<k { sum += a.values[ia + i * innerA] * b.values[ib + i * innerB] }
      values.append(sum)
    }
    return [ReferenceTensor(results[0], values)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let dy = node.cotangents[0] else { return [nil, nil] }
    let (a, b) = (node.operands[0], node.operands[1])
    let da =
      transposeA
      ? b.matmul(dy, transposeSelf: transposeB, transposeOther: true)
      : dy.matmul(b, transposeOther: !transposeB)
    let db =
      transposeB
      ? dy.matmul(a, transposeSelf: true, transposeOther: transposeA)
      : a.matmul(dy, transposeSelf: !transposeA)
    return [da.sumBroadcastAxes(to: a.shape), db.sumBroadcastAxes(to: b.shape)]
  }

  /// Uses that cover every variant.
  public static let samples: [Sample] = {
    var samples: [Sample] = []
    for transposeA in [false, true] {
      for transposeB in [false, true] {
        let operation = MatMul(transposeA: transposeA, transposeB: transposeB)
        for (m, k, n) in [(1, 1, 1), (7, 13, 19), (37, 5, 33), (1, 40, 21), (30, 300, 17)] {
          let a = transposeA ? [k, m] : [m, k]
          let b = transposeB ? [n, k] : [k, n]
          samples.append(
            Sample(
              operation,
              [
                SampleOperand(type: TensorType(a), values: .normal),
                SampleOperand(type: TensorType(b), values: .normal),
              ]))
          samples.append(
            Sample(
              operation,
              [
                SampleOperand(type: TensorType([2, 1] + a), values: .normal),
                SampleOperand(type: TensorType([1, 3] + b), values: .normal),
              ]))
        }
      }
    }
    return samples.filter { $0.operands.allSatisfy { $0.type.count < 12_000 } }
  }()
}

extension Tensor {
  /// The matrix product of the last two axes.
  public func matmul(_ other: Tensor, transposeSelf: Bool = false, transposeOther: Bool = false) -> Tensor {
    trace.apply(MatMul(transposeA: transposeSelf, transposeB: transposeOther), [self, other])[0]
  }

  /// The product of the last axis with a matrix `[K, N]`, or `[N, K]` where transposed, for any leading axes.
  public func linear(_ matrix: Tensor, transposed: Bool = false) -> Tensor {
    let rows = reshape([shape.dropLast().product, size(-1)])
    return rows.matmul(matrix, transposeOther: transposed).reshape(
      Array(shape.dropLast()) + [matrix.size(transposed ? 0 : 1)])
  }

  /// Sums over axes that a broadcast from `shape` would have repeated.
  func sumBroadcastAxes(to shape: [Int]) -> Tensor {
    let axes = zip(self.shape, shape).enumerated().filter { $0.element.0 != 1 && $0.element.1 == 1 }.map(\.offset)
    return axes.isEmpty ? self : reduce(.sum, axes).reshape(shape)
  }
}
