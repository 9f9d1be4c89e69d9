/// The index of the largest element of each row of the last axis, the first where several are equal.
public struct ArgMax: Operation {
  /// The name in messages and profiles.
  public static let name = "argmax"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 1 && operands[0].scalar == .f32 && (operands[0].shape.last ?? 0) > 0,
      "needs an f32 tensor with elements in its last axis")
    return [TensorType(operands[0].shape.dropLast(), .i32)]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let size = operands[0].type.shape.last ?? 1
    return [
      ReferenceTensor(results[0]) { row in
        var best = 0
        for i in 1..<max(size, 1) where operands[0].values[row * size + i] > operands[0].values[row * size + best] {
          best = i
        }
        return Double(best)
      }
    ]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(ArgMax(), [.normal(9)]), Sample(ArgMax(), [.normal(3, 5, 17)]),
    Sample(ArgMax(), [.exactly([1, 3, 3, 0, 0, 0], [2, 3])]),
  ]
}

extension Tensor {
  /// The index of the largest element of each row of the last axis.
  public func argmax() -> Tensor { trace.apply(ArgMax(), [self])[0] }
}
