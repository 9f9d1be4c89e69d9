/// One step of AdamW: operands `parameter`, `gradient`, first and second moment, and `control`; results the new
/// parameter and moments.
///
/// `control` is f32[5]: learning rate, what gradients are multiplied by, the bias corrections `1 - beta1^t` and
/// `1 - beta2^t`, and whether to apply the step (0 leaves everything as it was, also where gradients are not numbers).
/// Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
public struct AdamW: Operation {
  /// The name in messages and profiles.
  public static let name = "adamw"
  /// The decay of the first moment.
  public let beta1: Double
  /// The decay of the second moment.
  public let beta2: Double
  /// What is added to the root of the second moment.
  public let epsilon: Double
  /// The decay of the parameter, multiplied by the learning rate.
  public let weightDecay: Double

  /// An AdamW step with the given constants.
  public init(beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try optimizerTypes(operands, moments: 2)
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let (p, m, v) = (operands[0], operands[2], operands[3])
    let c = Control(operands[4])
    let g = operands[1] * c.scale
    let newM = m * beta1 + g * (1 - beta1)
    let newV = v * beta2 + g * g * (1 - beta2)
    let direction = newM / c.correction1 / ((newV / c.correction2).unary(.squareRoot) + epsilon)
    let newP = p - (direction + p * weightDecay) * c.rate
    return [c.guarded(newP, p), c.guarded(newM, m), c.guarded(newV, v)]
  }

  /// Uses that cover every variant.
  public static let samples = [[1.0], [0.0]].flatMap { enabled in
    [[7], [3, 33]].map { shape in
      Sample(
        AdamW(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1),
        optimizerOperands(shape, moments: 2, enabled: enabled[0]))
    }
  }
}

/// The elements of an optimiser's control vector.
struct Control {
  let rate, scale, correction1, correction2, enabled: Tensor

  init(_ control: Tensor) {
    let parts = control.split(axis: 0, [1, 1, 1, 1, 1]).map { $0.reshape([]) }
    (rate, scale, correction1, correction2, enabled) = (parts[0], parts[1], parts[2], parts[3], parts[4])
  }

  /// The new value where the step is applied, the old one elsewhere.
  func guarded(_ new: Tensor, _ old: Tensor) -> Tensor { enabled.compare(.equal, 0).select(old, new) }
}

/// The shape rule that optimisers share: parameter, gradient, moments of one type, and a control of five numbers.
func optimizerTypes(_ operands: [TensorType], moments: Int) throws(ShapeError) -> [TensorType] {
  try require(
    operands.count == moments + 3 && operands.last == TensorType([5]) && operands[0].scalar == .f32
      && operands.dropLast().allSatisfy { $0 == operands[0] },
    "needs a parameter, its gradient and \(moments) moments of one f32 type, and control f32[5]")
  return [operands[0]] + operands[2..<2 + moments]
}

/// Sample operands of an optimiser's step.
func optimizerOperands(_ shape: [Int], moments: Int, enabled: Double) -> [SampleOperand] {
  let type = TensorType(shape)
  return [SampleOperand(type: type, values: .normal), SampleOperand(type: type, values: .normal)]
    + (0..<moments).map { SampleOperand(type: type, values: $0 == 1 ? .positive : .normal) }
    + [.exactly([0.01, 0.5, 0.19, 0.0975, enabled], [5])]
}
