/// One step of Lion: operands `parameter`, `gradient`, `moment` and `control` (see `AdamW`); results the new parameter
/// and moment.
///
/// Source: Chen et al., "Symbolic discovery of optimization algorithms", 2023.
public struct Lion: Operation {
  /// The name in messages and profiles.
  public static let name = "lion"
  /// The share of the moment in the direction of the step.
  public let beta1: Double
  /// The decay of the moment.
  public let beta2: Double
  /// The decay of the parameter, multiplied by the learning rate.
  public let weightDecay: Double

  /// A step with the given constants.
  public init(beta1: Double, beta2: Double, weightDecay: Double) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.weightDecay = weightDecay
  }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try optimizerTypes(operands, moments: 1)
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let (p, moment) = (operands[0], operands[2])
    let c = Control(operands[3])
    let g = operands[1] * c.scale
    let direction = (moment * beta1 + g * (1 - beta1)).unary(.sign)
    let newP = p - (direction + p * weightDecay) * c.rate
    return [c.guarded(newP, p), c.guarded(moment * beta2 + g * (1 - beta2), moment)]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Lion(beta1: 0.9, beta2: 0.99, weightDecay: 0.1), optimizerOperands([3, 33], moments: 1, enabled: 1)),
    Sample(Lion(beta1: 0.9, beta2: 0.99, weightDecay: 0), optimizerOperands([7], moments: 1, enabled: 0)),
  ]
}
