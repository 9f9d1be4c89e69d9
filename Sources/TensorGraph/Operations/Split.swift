/// Consecutive parts of a tensor along one axis, one result for each length.
public struct Split: Operation {
  /// The name in messages and profiles.
  public static let name = "split"
  /// The axis that is cut.
  public let axis: Int
  /// The length of each part; together the whole axis.
  public let lengths: [Int]

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1 && operands[0].shape.indices.contains(axis), "needs one tensor with axis \(axis)")
    try require(
      lengths.allSatisfy { $0 >= 0 } && lengths.reduce(0, +) == operands[0].shape[axis],
      "the lengths \(lengths) do not add up to axis \(axis) of \(operands[0])")
    return lengths.map {
      var type = operands[0]
      type.shape[axis] = $0
      return type
    }
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    var start = 0
    return results.map { type in
      defer { start += type.shape[axis] }
      return Slice(axis: axis, start: start, length: type.shape[axis]).reference(operands, [type])[0]
    }
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let trace = node.cotangents.lazy.compactMap({ $0 }).first?.trace else { return [nil] }
    let parts = zip(node.cotangents, node.results).map { $0 ?? trace.constant(0, shape: $1.shape) }
    return [concatenate(parts, axis: axis)]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Split(axis: 0, lengths: [2, 5]), [.normal(7)]),
    Sample(Split(axis: 1, lengths: [4, 4, 4]), [.normal(3, 12)]),
    Sample(Split(axis: 1, lengths: [1, 2]), [.normal(2, 3, 5)]),
  ]
}

extension Tensor {
  /// Consecutive parts along an axis counted from the end where negative.
  public func split(axis: Int, _ lengths: [Int]) -> [Tensor] {
    let axis = axis < 0 ? axis + rank : axis
    return lengths.count == 1 ? [self] : trace.apply(Split(axis: axis, lengths: lengths), [self])
  }
}
