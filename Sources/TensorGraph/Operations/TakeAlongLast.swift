/// One element of each row: `x[..., V]` and `indices[...]` give `[...]`. An index out of range is clamped.
public struct TakeAlongLast: Operation {
  /// The name in messages and profiles.
  public static let name = "take_along_last"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 2 && operands[0].rank >= 1 && operands[0].shape.last != 0 && operands[0].scalar == .f32
        && operands[1] == TensorType(operands[0].shape.dropLast(), .i32),
      "needs an f32 tensor [..., V] and i32 indices [...]")
    return [TensorType(operands[1].shape, .f32)]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let size = operands[0].type.shape.last ?? 1
    return [
      ReferenceTensor(results[0]) { operands[0].values[$0 * size + clampRow(operands[1].values[$0], size)] }
    ]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    let x = node.operands[0]
    return [
      node.cotangents[0].map { dy in
        node.operands[1].maximum(0).minimum(Double(x.size(-1) - 1)).oneHot(x.size(-1)) * dy.reshape(dy.shape + [1])
      }, nil,
    ]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(TakeAlongLast(), [.normal(5, 3), .index(5, below: 3)]),
    Sample(TakeAlongLast(), [.normal(2, 7, 11), .index(2, 7, below: 11)]),
    Sample(TakeAlongLast(), [.normal(2, 3), .exactly([-1, 9], [2], .i32)]),
  ]
}

extension Tensor {
  /// One element of each row of the last axis.
  public func takeAlongLast(_ indices: Tensor) -> Tensor { trace.apply(TakeAlongLast(), [self, indices])[0] }
}
