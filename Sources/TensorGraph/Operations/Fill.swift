/// A tensor whose elements are all one number.
public struct Fill: Operation {
  /// The name in messages and profiles.
  public static let name = "fill"
  /// The number.
  public let value: Double
  /// The tensor's type.
  public let type: TensorType

  package init(value: Double, type: TensorType) { (self.value, self.type) = (value, type) }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] { [type] }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    [ReferenceTensor(type) { _ in value }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Fill(value: 1.5, type: TensorType([2, 3])), []),
    Sample(Fill(value: -7, type: TensorType([], .i32)), []),
  ]
}

extension Trace {
  /// A tensor whose elements are all `value`.
  public func constant(_ value: Double, shape: [Int] = [], _ scalar: ScalarType = .f32) -> Tensor {
    apply(Fill(value: value, type: TensorType(shape, scalar)), [])[0]
  }
}
