/// A small table of numbers that are known when the program is traced.
public struct Literal: Operation {
  /// The name in messages and profiles.
  public static let name = "literal"
  /// The numbers, the last axis varying fastest.
  public let values: [Double]
  /// The size of each axis; the elements are f32.
  public let shape: [Int]

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    let type = TensorType(shape)
    try require(type.count == values.count, "\(values.count) numbers do not fill \(type)")
    return [type]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    [ReferenceTensor(results[0]) { values[$0] }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Literal(values: [0.25], shape: []), []),
    Sample(Literal(values: [1, -2, 3.5, 4, 0, 6], shape: [2, 3]), []),
  ]
}

extension Trace {
  /// A vector of these numbers.
  public func literal(_ values: [Double]) -> Tensor { apply(Literal(values: values, shape: [values.count]), [])[0] }
}
