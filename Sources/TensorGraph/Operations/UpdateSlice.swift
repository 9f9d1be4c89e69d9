/// A tensor with a part of one axis replaced: operands `base`, `part` (as `base` but shorter along the axis) and
/// `start[]` (i32), which is clamped so that the part fits. It serves key-value caches, through which no gradient flows.
public struct UpdateSlice: Operation {
  /// The name in messages and profiles.
  public static let name = "update_slice"
  /// The axis along which the part is placed.
  public let axis: Int

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 3 && operands[0].shape.indices.contains(axis) && operands[2] == TensorType([], .i32),
      "needs a base with axis \(axis), a part and a start")
    var aligned = operands[1]
    try require(
      aligned.rank == operands[0].rank && aligned.shape[axis] <= operands[0].shape[axis], "the part is longer")
    aligned.shape[axis] = operands[0].shape[axis]
    try require(aligned == operands[0], "base \(operands[0]) and part \(operands[1]) differ beyond axis \(axis)")
    return [operands[0]]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    var base = operands[0]
    let part = operands[1].type.shape
    let start = min(max(operands[2].integer(0), 0), base.type.shape[axis] - part[axis])
    let strides = base.type.strides
    forEachCoordinate(of: part) { flat, at in
      base.values[zip(at, strides).reduce(start * strides[axis]) { $0 + $1.0 * $1.1 }] = operands[1].values[flat]
    }
    return [base]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(UpdateSlice(axis: 1), [.normal(2, 7, 3), .normal(2, 2, 3), .exactly([4], [], .i32)]),
    Sample(UpdateSlice(axis: 0), [.normal(5), .normal(2), .exactly([9], [], .i32)]),
  ]
}

extension Tensor {
  /// This tensor with `part` written from index `start` of `axis` on.
  public func updateSlice(axis: Int, start: Tensor, _ part: Tensor) -> Tensor {
    trace.apply(UpdateSlice(axis: axis), [self, part, start])[0]
  }
}
