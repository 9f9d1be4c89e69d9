/// The same elements in the same row-major order under another shape.
public struct Reshape: Operation {
  /// The name in messages and profiles.
  public static let name = "reshape"
  /// The new shape.
  public let shape: [Int]

  /// A view of the given shape.
  public init(shape: [Int]) { self.shape = shape }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1, "needs one tensor")
    let type = TensorType(shape, operands[0].scalar)
    try require(
      type.count == operands[0].count && shape.allSatisfy { $0 >= 0 },
      "\(operands[0]) has \(operands[0].count) elements, \(shape) has \(type.count)")
    return [type]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    [ReferenceTensor(results[0], operands[0].values)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    [node.cotangents[0].map { $0.reshape(node.operands[0].shape) }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Reshape(shape: [6]), [.normal(2, 3)]), Sample(Reshape(shape: [3, 1, 2]), [.normal(2, 3)]),
    Sample(Reshape(shape: []), [.normal(1, 1)]),
  ]
}

extension Tensor {
  /// The same elements under another shape; one size may be -1 and follows from the others.
  public func reshape(_ shape: [Int]) -> Tensor {
    var shape = shape
    if let open = shape.firstIndex(of: -1) {
      let known = shape.enumerated().filter { $0.offset != open }.map(\.element).product
      shape[open] = known == 0 ? 0 : type.count / known
    }
    return shape == self.shape ? self : trace.apply(Reshape(shape: shape), [self])[0]
  }
}
