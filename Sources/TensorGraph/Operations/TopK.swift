/// The `count` largest elements of each row of the last axis, largest first, and their indices; of equal elements the
/// one with the lower index comes first.
public struct TopK: Operation {
  /// The name in messages and profiles.
  public static let name = "top_k"
  /// How many elements.
  public let count: Int

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 1 && operands[0].scalar == .f32 && count >= 1 && (operands[0].shape.last ?? 0) >= count,
      "needs an f32 tensor with at least \(count) elements in its last axis")
    let shape = Array(operands[0].shape.dropLast()) + [count]
    return [TensorType(shape), TensorType(shape, .i32)]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let size = operands[0].type.shape.last ?? 1
    let x = operands[0].values
    let order = stride(from: 0, to: x.count, by: size).flatMap { start in
      (0..<size).sorted { (x[start + $1], $0) < (x[start + $0], $1) }.prefix(count)
    }
    return [
      ReferenceTensor(results[0]) { x[$0 / count * size + order[$0]] },
      ReferenceTensor(results[1], order.map(Double.init)),
    ]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    let x = node.operands[0]
    return [
      node.cotangents[0].map { dy in
        let places = node.results[1].oneHot(x.size(-1))
        return (places * dy.reshape(dy.shape + [1])).reduce(.sum, [dy.rank - 1])
      }
    ]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(TopK(count: 3), [.normal(9)]), Sample(TopK(count: 1), [.normal(3, 5)]),
    Sample(TopK(count: 4), [.normal(2, 3, 33)]),
    Sample(TopK(count: 3), [.exactly([2, 7, 7, 2], [4])], isSmooth: false),
  ]
}

extension Tensor {
  /// The `count` largest elements of each row of the last axis and their indices.
  public func topK(_ count: Int) -> (values: Tensor, indices: Tensor) {
    let results = trace.apply(TopK(count: count), [self])
    return (results[0], results[1])
  }
}
