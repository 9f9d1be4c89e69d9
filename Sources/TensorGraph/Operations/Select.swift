/// For each element, the second operand where the first is true, and the third where it is not.
public struct Select: Operation {
  /// The name in messages and profiles.
  public static let name = "select"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 3 && operands[0].scalar == .bool && operands[1] == operands[2]
        && operands[0].shape == operands[1].shape,
      "needs truth values and two tensors of one type, all of one shape")
    try require([.f32, .i32].contains(operands[1].scalar), "works on f32 and i32")
    return [operands[1]]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let (condition, yes, no) = (operands[0].values, operands[1].values, operands[2].values)
    return [ReferenceTensor(results[0]) { condition[$0] != 0 ? yes[$0] : no[$0] }]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let dy = node.cotangents[0], dy.type.scalar == .f32 else { return [nil, nil, nil] }
    return [nil, node.operands[0].select(dy, 0), node.operands[0].select(0, dy)]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Select(), [.bools(3, 7), .normal(3, 7), .normal(3, 7)]),
    Sample(Select(), [.bools(5), .index(5, below: 9), .index(5, below: 9)]),
  ]
}

extension Tensor {
  /// Where this tensor of truth values holds, `yes`, elsewhere `no`, broadcasting all to one shape.
  public func select(_ yes: Tensor, _ no: Tensor) -> Tensor {
    let (a, b) = broadcastTogether(yes, no)
    let (condition, whole) = broadcastTogether(self, a)
    return trace.apply(Select(), [condition, whole, b.broadcast(to: whole.shape)])[0]
  }

  /// Where this tensor of truth values holds, `yes`, elsewhere the number `no`.
  public func select(_ yes: Tensor, _ no: Double) -> Tensor {
    select(yes, trace.constant(no, shape: yes.shape, yes.type.scalar))
  }

  /// Where this tensor of truth values holds, the number `yes`, elsewhere `no`.
  public func select(_ yes: Double, _ no: Tensor) -> Tensor {
    select(trace.constant(yes, shape: no.shape, no.type.scalar), no)
  }
}
