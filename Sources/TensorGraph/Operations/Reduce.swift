/// The sum or the largest of the elements along some axes, which disappear.
public struct Reduce: Operation {
  /// The name in messages and profiles.
  public static let name = "reduce"
  /// How elements are combined.
  public let function: Function
  /// The axes that disappear, in rising order.
  public let axes: [Int]

  /// The ways to combine elements.
  public enum Function: String, Sendable, Hashable, CaseIterable {
    case sum, maximum
  }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1 && operands[0].scalar == .f32, "needs one f32 tensor")
    let type = operands[0]
    try require(
      zip(axes, axes.dropFirst()).allSatisfy(<) && axes.allSatisfy(type.shape.indices.contains),
      "the axes \(axes) are not rising axes of \(type)")
    try require(function == .sum || type.count > 0, "nothing has no maximum")
    return [TensorType(type.shape.indices.filter { !axes.contains($0) }.map { type.shape[$0] }, type.scalar)]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    var values = [Double](repeating: function == .sum ? 0 : -.infinity, count: results[0].count)
    let kept = operands[0].type.shape.indices.filter { !axes.contains($0) }
    let strides = results[0].strides
    forEachCoordinate(of: operands[0].type.shape) { flat, at in
      let index = zip(kept, strides).reduce(0) { $0 + at[$1.0] * $1.1 }
      let x = operands[0].values[flat]
      values[index] = function == .sum ? values[index] + x : max(values[index], x)
    }
    return [ReferenceTensor(results[0], values)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let dy = node.cotangents[0] else { return [nil] }
    let x = node.operands[0]
    var kept = x.shape
    for axis in axes { kept[axis] = 1 }
    let spread = dy.reshape(kept).broadcast(to: x.shape)
    if function == .sum { return [spread] }
    // Every element that attains the maximum gets the whole cotangent: exact where it is attained once.
    let isLargest = x.compare(.equal, node.results[0].reshape(kept))
    return [isLargest.select(spread, 0)]
  }

  /// Uses that cover every variant.
  public static let samples = Function.allCases.flatMap { function in
    [
      Sample(Reduce(function: function, axes: []), [.normal(3)]),
      Sample(Reduce(function: function, axes: [0]), [.normal(7)]),
      Sample(Reduce(function: function, axes: [1]), [.normal(5, 37)]),
      Sample(Reduce(function: function, axes: [0]), [.normal(130, 19)]),
      Sample(Reduce(function: function, axes: [0, 1]), [.normal(9, 5, 11)]),
      Sample(Reduce(function: function, axes: [1]), [.normal(3, 4, 5)]),
      Sample(Reduce(function: function, axes: [0, 2]), [.normal(3, 4, 5)]),
      Sample(Reduce(function: function, axes: [0, 1, 2]), [.normal(3, 4, 50)]),
    ]
  }
}

extension Tensor {
  /// Combines the elements along `axes`, which disappear.
  public func reduce(_ function: Reduce.Function, _ axes: [Int]) -> Tensor {
    axes.isEmpty ? self : trace.apply(Reduce(function: function, axes: axes.sorted()), [self])[0]
  }

  /// The sum of all elements.
  public func sum() -> Tensor { reduce(.sum, Array(shape.indices)) }

  /// The shape with one element in the last axis, to which what was reduced over it broadcasts.
  var keptShape: [Int] { Array(shape.dropLast()) + [1] }

  /// The mean along the last axis, which stays with size 1.
  public func meanOfLast() -> Tensor {
    (reduce(.sum, [rank - 1]) / Double(max(size(-1), 1))).reshape(keptShape)
  }
}
