/// The part of a tensor between two indices of one axis.
public struct Slice: Operation {
  /// The name in messages and profiles.
  public static let name = "slice"
  /// The axis that is cut.
  public let axis: Int
  /// The first index kept.
  public let start: Int
  /// The number of indices kept.
  public let length: Int

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1 && operands[0].shape.indices.contains(axis), "needs one tensor with axis \(axis)")
    var type = operands[0]
    try require(
      start >= 0 && length >= 0 && start + length <= type.shape[axis],
      "\(start)..<\(start + length) is not within axis \(axis) of \(type)")
    type.shape[axis] = length
    return [type]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let strides = operands[0].type.strides
    var values: [Double] = []
    forEachCoordinate(of: results[0].shape) { _, at in
      values.append(operands[0].values[zip(at, strides).reduce(start * strides[axis]) { $0 + $1.0 * $1.1 }])
    }
    return [ReferenceTensor(results[0], values)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    let whole = node.operands[0].shape[axis]
    return [node.cotangents[0].map { $0.pad(axis: axis, before: start, after: whole - start - length) }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Slice(axis: 0, start: 1, length: 3), [.normal(5)]),
    Sample(Slice(axis: 1, start: 2, length: 9), [.normal(3, 13)]),
    Sample(Slice(axis: 1, start: 0, length: 2), [.normal(2, 4, 3)]),
    Sample(Slice(axis: 0, start: 2, length: 0), [.normal(3, 2)]),
  ]
}

extension Tensor {
  /// The part from index `start` on, `length` long, of an axis counted from the end where negative.
  public func slice(axis: Int, start: Int, length: Int) -> Tensor {
    let axis = axis < 0 ? axis + rank : axis
    if start == 0, shape.indices.contains(axis), length == shape[axis] { return self }
    return trace.apply(Slice(axis: axis, start: start, length: length), [self])[0]
  }
}
