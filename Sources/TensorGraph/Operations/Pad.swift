/// A tensor with zeros before and after it along one axis.
public struct Pad: Operation {
  /// The name in messages and profiles.
  public static let name = "pad"
  /// The axis that grows.
  public let axis: Int
  /// Zeros in front.
  public let before: Int
  /// Zeros behind.
  public let after: Int

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1 && operands[0].shape.indices.contains(axis), "needs one tensor with axis \(axis)")
    try require(before >= 0 && after >= 0, "padding of \(before) and \(after) is negative")
    var type = operands[0]
    type.shape[axis] += before + after
    return [type]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let strides = results[0].strides
    var values = [Double](repeating: 0, count: results[0].count)
    forEachCoordinate(of: operands[0].type.shape) { flat, at in
      values[zip(at, strides).reduce(before * strides[axis]) { $0 + $1.0 * $1.1 }] = operands[0].values[flat]
    }
    return [ReferenceTensor(results[0], values)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    let length = node.operands[0].shape[axis]
    return [node.cotangents[0].map { $0.slice(axis: axis, start: before, length: length) }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Pad(axis: 0, before: 2, after: 1), [.normal(3)]),
    Sample(Pad(axis: 1, before: 0, after: 4), [.normal(3, 5, 2)]),
    Sample(Pad(axis: 2, before: 1, after: 0), [.index(2, 3, 4, below: 9)]),
  ]
}

extension Tensor {
  /// Puts zeros before and after the tensor along one axis.
  public func pad(axis: Int, before: Int, after: Int) -> Tensor {
    before == 0 && after == 0 ? self : trace.apply(Pad(axis: axis, before: before, after: after), [self])[0]
  }
}
