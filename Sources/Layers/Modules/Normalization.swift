import TensorGraph

/// Layer normalisation of the last axis: parameters `weight` and, unless switched off, `bias`.
public struct LayerNormalization {
  /// The scale of each number.
  public let weight: Tensor
  /// What is added to each number.
  public let bias: Tensor
  /// What is added to the variance.
  public let epsilon: Double

  /// The normalisation of rows of `size` numbers.
  public init(_ size: Int, epsilon: Double, hasBias: Bool = true, _ scope: Scope) {
    weight = scope.parameter("weight", [size], .ones)
    bias = hasBias ? scope.parameter("bias", [size], .zeros) : scope.trace.constant(0, shape: [size])
    self.epsilon = epsilon
  }

  /// The normalised `x[..., size]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.layerNorm(weight: weight, bias: bias, epsilon: epsilon) }
}

/// Root-mean-square normalisation of the last axis: the parameter `weight`.
public struct RMSNormalization {
  /// The scale of each number.
  public let weight: Tensor
  /// What is added to the mean square.
  public let epsilon: Double

  /// The normalisation of rows of `size` numbers.
  public init(_ size: Int, epsilon: Double, _ scope: Scope) {
    weight = scope.parameter("weight", [size], .ones)
    self.epsilon = epsilon
  }

  /// The normalised `x[..., size]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.rmsNorm(weight: weight, epsilon: epsilon) }
}
