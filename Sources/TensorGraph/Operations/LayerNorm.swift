/// Layer normalisation of the last axis: operands `x[..., D]`, `weight[D]`, `bias[D]`; results `y`, and the mean and
/// reciprocal deviation of each row, which the gradient needs.
///
/// Source: Ba, Kiros, Hinton, "Layer normalization", 2016.
public struct LayerNorm: Operation {
  /// The name in messages and profiles.
  public static let name = "layer_norm"
  /// What is added to the variance.
  public let epsilon: Double

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 3 && operands[0].rank >= 1 && operands[0].scalar == .f32
        && operands[1] == TensorType([operands[0].shape[operands[0].rank - 1]]) && operands[2] == operands[1],
      "needs x[..., D], weight[D] and bias[D]")
    let rows = TensorType(operands[0].shape.dropLast())
    return [operands[0], rows, rows]
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let x = operands[0]
    let mean = x.meanOfLast()
    let centred = x - mean
    let deviation = (centred.unary(.square).meanOfLast() + epsilon).unary(.reciprocalSquareRoot)
    let rows = Array(x.shape.dropLast())
    return [centred * deviation * operands[1] + operands[2], mean.reshape(rows), deviation.reshape(rows)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let dy = node.cotangents[0] else { return [nil, nil, nil] }
    return dy.trace.apply(LayerNormGradient(), node.operands.prefix(2) + node.results.suffix(2) + [dy])
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(LayerNorm(epsilon: 1e-5), [.normal(5, 37), .normal(37), .normal(37)]),
    Sample(LayerNorm(epsilon: 1e-3), [.normal(2, 3, 8), .normal(8), .normal(8)]),
    Sample(LayerNorm(epsilon: 1e-5), [.normal(300, 16), .normal(16), .normal(16)]),
  ]
}

/// The cotangents of layer normalisation: operands `x`, `weight`, mean, reciprocal deviation, `dy`; results `dx`,
/// `dweight`, `dbias`.
public struct LayerNormGradient: Operation {
  /// The name in messages and profiles.
  public static let name = "layer_norm_gradient"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 5 && operands[0] == operands[4], "needs x, weight, mean, deviation and dy")
    let rows = TensorType(operands[0].shape.dropLast())
    try require(operands[2] == rows && operands[3] == rows, "mean and deviation are one number a row")
    return [operands[0], operands[1], operands[1]]
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let (x, weight, dy) = (operands[0], operands[1], operands[4])
    let row = x.keptShape
    let deviation = operands[3].reshape(row)
    let normal = (x - operands[2].reshape(row)) * deviation
    let dnormal = dy * weight
    let dx = deviation * (dnormal - dnormal.meanOfLast() - normal * (dnormal * normal).meanOfLast())
    let rows = Array(0..<x.rank - 1)
    return [dx, (dy * normal).reduce(.sum, rows), dy.reduce(.sum, rows)]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(LayerNormGradient(), [.normal(5, 37), .normal(37), .normal(5), .positive(5), .normal(5, 37)]),
    Sample(LayerNormGradient(), [.normal(3, 50, 8), .normal(8), .normal(3, 50), .positive(3, 50), .normal(3, 50, 8)]),
  ]
}

extension Tensor {
  /// Layer normalisation of the last axis.
  public func layerNorm(weight: Tensor, bias: Tensor, epsilon: Double) -> Tensor {
    trace.apply(LayerNorm(epsilon: epsilon), [self, weight, bias])[0]
  }
}
