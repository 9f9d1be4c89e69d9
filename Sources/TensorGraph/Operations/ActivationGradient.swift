/// The cotangent of an activation's operand: `dy * f'(x)`, for the operands `x` and `dy`.
public struct ActivationGradient: Operation {
  /// The name in messages and profiles.
  public static let name = "activation_gradient"
  /// The activation: one of those with a closed derivative.
  public let function: UnaryFunction

  package init(function: UnaryFunction) { self.function = function }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 2 && operands[0] == operands[1] && operands[0].scalar == .f32,
      "needs two f32 tensors of one shape")
    try require(function.derivative(0) != nil, "\(function.rawValue) is not an activation with a closed derivative")
    return [operands[0]]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let (x, dy) = (operands[0].values, operands[1].values)
    return [ReferenceTensor(results[0]) { (function.derivative(x[$0]) ?? .nan) * dy[$0] }]
  }

  /// The cotangents of the operands.
  ///
  /// Linear in dy; a second derivative by x is what no training step needs.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    [nil, node.cotangents[0].map { $0.trace.apply(self, [node.operands[0], $0])[0] }]
  }

  /// Uses that cover every variant.
  public static let samples = [UnaryFunction.relu, .silu, .geluTanh, .geluErf].map {
    Sample(ActivationGradient(function: $0), [.normal(5, 7), .normal(5, 7)], isSmooth: false)
  }
}
