/// A tensor repeated along axes where it has size 1 or that it lacks in front.
public struct Broadcast: Operation {
  /// The name in messages and profiles.
  public static let name = "broadcast"
  /// The new shape.
  public let shape: [Int]

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1, "needs one tensor")
    let old = operands[0].shape
    try require(
      old.count <= shape.count && zip(old.reversed(), shape.reversed()).allSatisfy { $0 == $1 || $0 == 1 },
      "\(operands[0]) does not broadcast to \(shape)")
    return [TensorType(shape, operands[0].scalar)]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let old = operands[0].type
    let lead = shape.count - old.rank
    let strides = old.strides
    var values: [Double] = []
    values.reserveCapacity(results[0].count)
    forEachCoordinate(of: shape) { _, at in
      var index = 0
      for axis in old.shape.indices where old.shape[axis] != 1 { index += at[axis + lead] * strides[axis] }
      values.append(operands[0].values[index])
    }
    return [ReferenceTensor(results[0], values)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    let old = node.operands[0].shape
    let lead = shape.count - old.count
    let axes = shape.indices.filter { $0 < lead || (old[$0 - lead] == 1 && shape[$0] != 1) }
    return [node.cotangents[0].map { $0.reduce(.sum, axes).reshape(old) }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Broadcast(shape: [3, 4]), [.normal(4)]), Sample(Broadcast(shape: [2, 3]), [.normal()]),
    Sample(Broadcast(shape: [2, 5, 3]), [.normal(5, 1)]), Sample(Broadcast(shape: [2, 5, 3]), [.normal(2, 1, 3)]),
    Sample(Broadcast(shape: [4, 3]), [.index(1, 3, below: 9)]),
  ]
}

extension Tensor {
  /// Repeats the tensor along axes where it has size 1 or that it lacks in front.
  public func broadcast(to shape: [Int]) -> Tensor {
    shape == self.shape ? self : trace.apply(Broadcast(shape: shape), [self])[0]
  }
}

/// Two tensors repeated to the smallest shape that both fit, NumPy's rule.
func broadcastTogether(_ a: Tensor, _ b: Tensor) -> (Tensor, Tensor) {
  if a.shape == b.shape { return (a, b) }
  let rank = max(a.rank, b.rank)
  func size(_ x: Tensor, _ axis: Int) -> Int { axis < rank - x.rank ? 1 : x.shape[axis - (rank - x.rank)] }
  let shape = (0..<rank).map { size(a, $0) == 1 ? size(b, $0) : size(a, $0) }
  return (a.broadcast(to: shape), b.broadcast(to: shape))
}
