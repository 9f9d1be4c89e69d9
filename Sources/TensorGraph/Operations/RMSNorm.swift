/// Root-mean-square normalisation of the last axis: operands `x[..., D]`, `weight[D]`; results `y`, and the reciprocal
/// root of each row, which the gradient needs.
///
/// Source: Zhang and Sennrich, "Root mean square layer normalization", 2019.
public struct RMSNorm: Operation {
  /// The name in messages and profiles.
  public static let name = "rms_norm"
  /// What is added to the mean square.
  public let epsilon: Double

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 2 && operands[0].rank >= 1 && operands[0].scalar == .f32
        && operands[1] == TensorType([operands[0].shape[operands[0].rank - 1]]), "needs x[..., D] and weight[D]")
    return [operands[0], TensorType(operands[0].shape.dropLast())]
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let x = operands[0]
    let root = (x.unary(.square).meanOfLast() + epsilon).unary(.reciprocalSquareRoot)
    return [x * root * operands[1], root.reshape(Array(x.shape.dropLast()))]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let dy = node.cotangents[0] else { return [nil, nil] }
    return dy.trace.apply(RMSNormGradient(), node.operands + [node.results[1], dy])
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(RMSNorm(epsilon: 1e-6), [.normal(5, 37), .normal(37)]),
    Sample(RMSNorm(epsilon: 1e-3), [.normal(2, 3, 8), .normal(8)]),
  ]
}

/// The cotangents of root-mean-square normalisation: operands `x`, `weight`, reciprocal root, `dy`; results `dx`,
/// `dweight`.
public struct RMSNormGradient: Operation {
  /// The name in messages and profiles.
  public static let name = "rms_norm_gradient"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 4 && operands[0] == operands[3] && operands[2] == TensorType(operands[0].shape.dropLast()),
      "needs x, weight, one root a row, and dy")
    return [operands[0], operands[1]]
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let (x, weight, dy) = (operands[0], operands[1], operands[3])
    let root = operands[2].reshape(x.keptShape)
    let normal = x * root
    let dnormal = dy * weight
    return [
      root * (dnormal - normal * (dnormal * normal).meanOfLast()), (dy * normal).reduce(.sum, Array(0..<x.rank - 1)),
    ]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(RMSNormGradient(), [.normal(5, 37), .normal(37), .positive(5), .normal(5, 37)]),
    Sample(RMSNormGradient(), [.normal(2, 70, 8), .normal(8), .positive(2, 70), .normal(2, 70, 8)]),
  ]
}

extension Tensor {
  /// Root-mean-square normalisation of the last axis.
  public func rmsNorm(weight: Tensor, epsilon: Double) -> Tensor {
    trace.apply(RMSNorm(epsilon: epsilon), [self, weight])[0]
  }
}
