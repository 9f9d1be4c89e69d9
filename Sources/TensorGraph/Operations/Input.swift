/// A value that comes from outside the graph: a state or an input of the program.
public struct Input: Operation {
  /// The name in messages and profiles.
  public static let name = "input"
  /// The name by which it is given.
  public let name: String
  /// Its type.
  public let type: TensorType

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(type.shape.allSatisfy { $0 >= 0 }, "'\(name)' has a negative size: \(type)")
    return [type]
  }

  /// The plain meaning, in double precision.
  ///
  /// Interpreters and backends give inputs their values themselves; alone, an input is zero.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    [ReferenceTensor(type) { _ in 0 }]
  }

  /// Uses that cover every variant.
  public static let samples: [Sample] = []
}
