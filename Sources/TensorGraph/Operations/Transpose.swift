/// The tensor with its axes in another order: axis `i` of the result is axis `permutation[i]` of the operand.
public struct Transpose: Operation {
  /// The name in messages and profiles.
  public static let name = "transpose"
  /// Where each axis of the result comes from.
  public let permutation: [Int]

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1, "needs one tensor")
    try require(
      permutation.sorted() == Array(operands[0].shape.indices),
      "\(permutation) is no order of the axes of \(operands[0])")
    return [TensorType(permutation.map { operands[0].shape[$0] }, operands[0].scalar)]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let strides = operands[0].type.strides
    var values: [Double] = []
    values.reserveCapacity(results[0].count)
    forEachCoordinate(of: results[0].shape) { _, at in
      values.append(operands[0].values[zip(at, permutation).reduce(0) { $0 + $1.0 * strides[$1.1] }])
    }
    return [ReferenceTensor(results[0], values)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    var inverse = permutation
    for (to, from) in permutation.enumerated() { inverse[from] = to }
    return [node.cotangents[0].map { $0.transpose(inverse) }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Transpose(permutation: [1, 0]), [.normal(13, 29)]),
    Sample(Transpose(permutation: [0, 2, 1, 3]), [.normal(2, 3, 5, 4)]),
    Sample(Transpose(permutation: [2, 0, 1]), [.normal(3, 4, 17)]),
    Sample(Transpose(permutation: [3, 1, 2, 0]), [.index(3, 2, 4, 5, below: 99)]),
    Sample(Transpose(permutation: [1, 0]), [.bools(3, 5)]),
  ]
}

extension Tensor {
  /// The tensor with its axes in another order.
  public func transpose(_ permutation: [Int]) -> Tensor {
    permutation == Array(shape.indices) ? self : trace.apply(Transpose(permutation: permutation), [self])[0]
  }
}
