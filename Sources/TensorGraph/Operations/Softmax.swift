/// The exponentials of the last axis divided by their sum.
public struct Softmax: Operation {
  /// The name in messages and profiles.
  public static let name = "softmax"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 1 && operands[0].scalar == .f32 && (operands[0].shape.last ?? 0) > 0,
      "needs an f32 tensor with elements in its last axis")
    return operands
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let x = operands[0]
    let row = x.keptShape
    let e = (x - x.reduce(.maximum, [x.rank - 1]).reshape(row)).unary(.exponential)
    return [e / e.reduce(.sum, [x.rank - 1]).reshape(row)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    [node.cotangents[0].map { $0.trace.apply(SoftmaxGradient(), [node.results[0], $0])[0] }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Softmax(), [.normal(1)]), Sample(Softmax(), [.normal(5, 37)]), Sample(Softmax(), [.normal(2, 3, 8)]),
    Sample(Softmax(), [.exactly([1000, 999, -1000, 0], [2, 2])]),
  ]
}

/// The cotangent of a softmax's operand, from its result `y` and the cotangent `dy`: `y * (dy - sum(y * dy))`.
public struct SoftmaxGradient: Operation {
  /// The name in messages and profiles.
  public static let name = "softmax_gradient"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 2 && operands[0] == operands[1] && operands[0].rank > 0 && operands[0].scalar == .f32,
      "needs two f32 tensors of one shape")
    return [operands[0]]
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let (y, dy) = (operands[0], operands[1])
    return [y * (dy - (y * dy).reduce(.sum, [y.rank - 1]).reshape(y.keptShape))]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] { gradientByDecomposition(node) }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(SoftmaxGradient(), [.normal(5, 37), .normal(5, 37)]), Sample(SoftmaxGradient(), [.normal(1), .normal(1)]),
  ]
}

extension Tensor {
  /// The exponentials of the last axis divided by their sum.
  public func softmax() -> Tensor { trace.apply(Softmax(), [self])[0] }

  /// The logarithm of the sum of the exponentials of the last axis, which disappears.
  public func logSumExp() -> Tensor {
    let largest = reduce(.maximum, [rank - 1])
    let sum = (self - largest.reshape(keptShape)).unary(.exponential).reduce(.sum, [rank - 1])
    return sum.unary(.logarithm) + largest
  }
}
