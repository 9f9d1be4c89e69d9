/// Whether a relation holds between the elements of two tensors of one shape.
public struct Compare: Operation {
  /// The name in messages and profiles.
  public static let name = "compare"
  /// The relation.
  public let relation: Relation

  /// The relations between two numbers.
  public enum Relation: String, Sendable, Hashable, CaseIterable {
    case less, lessOrEqual, equal

    /// Whether the relation holds.
    public func holds(_ a: Double, _ b: Double) -> Bool {
      switch self {
      case .less: a < b
      case .lessOrEqual: a <= b
      case .equal: a == b
      }
    }
  }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 2 && operands[0] == operands[1], "needs two tensors of one type")
    try require([.f32, .i32].contains(operands[0].scalar), "works on f32 and i32")
    return [TensorType(operands[0].shape, .bool)]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let (a, b) = (operands[0].values, operands[1].values)
    return [ReferenceTensor(results[0]) { relation.holds(a[$0], b[$0]) ? 1 : 0 }]
  }

  /// Uses that cover every variant.
  public static let samples = Relation.allCases.flatMap { relation in
    [
      Sample(Compare(relation: relation), [.normal(3, 9), .normal(3, 9)]),
      Sample(Compare(relation: relation), [.index(30, below: 3), .index(30, below: 3)]),
    ]
  }
}

extension Tensor {
  /// Whether a relation holds between elements, broadcasting.
  public func compare(_ relation: Compare.Relation, _ other: Tensor) -> Tensor {
    let (a, b) = broadcastTogether(self, other)
    return trace.apply(Compare(relation: relation), [a, b])[0]
  }

  /// Whether a relation holds between each element and a number.
  public func compare(_ relation: Compare.Relation, _ number: Double) -> Tensor {
    compare(relation, trace.constant(number, shape: shape, type.scalar))
  }
}
