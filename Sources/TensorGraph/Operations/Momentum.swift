/// One step of stochastic gradient descent with momentum: operands `parameter`, `gradient`, `velocity` and `control`
/// (see `AdamW`); results the new parameter and velocity.
///
/// Weight decay is added to the gradient, as in PyTorch's SGD. Source: Sutskever et al. 2013.
public struct Momentum: Operation {
  /// The name in messages and profiles.
  public static let name = "momentum"
  /// What stays of the velocity from step to step; 0 is plain gradient descent.
  public let momentum: Double
  /// Whether to step along the gradient plus the new velocity, Nesterov's way.
  public let nesterov: Bool
  /// What of the parameter is added to its gradient.
  public let weightDecay: Double

  /// A step with the given constants.
  public init(momentum: Double, nesterov: Bool, weightDecay: Double) {
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try optimizerTypes(operands, moments: 1)
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let (p, velocity) = (operands[0], operands[2])
    let c = Control(operands[3])
    let g = operands[1] * c.scale + p * weightDecay
    let new = velocity * momentum + g
    let direction = nesterov ? g + new * momentum : new
    return [c.guarded(p - direction * c.rate, p), c.guarded(new, velocity)]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(
      Momentum(momentum: 0.9, nesterov: false, weightDecay: 0.1), optimizerOperands([3, 33], moments: 1, enabled: 1)),
    Sample(Momentum(momentum: 0.9, nesterov: true, weightDecay: 0), optimizerOperands([7], moments: 1, enabled: 1)),
    Sample(Momentum(momentum: 0.9, nesterov: true, weightDecay: 0), optimizerOperands([7], moments: 1, enabled: 0)),
  ]
}
