/// The whole numbers along one axis: element `[.., i, ..]` is `i`.
public struct Iota: Operation {
  /// The name in messages and profiles.
  public static let name = "iota"
  /// The axis along which the numbers rise.
  public let axis: Int
  /// The tensor's type.
  public let type: TensorType

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(type.shape.indices.contains(axis), "there is no axis \(axis) in \(type)")
    return [type]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let step = type.strides[axis]
    return [ReferenceTensor(type) { Double($0 / step % type.shape[axis]) }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Iota(axis: 0, type: TensorType([5], .i32)), []),
    Sample(Iota(axis: 1, type: TensorType([2, 3, 4], .i32)), []),
    Sample(Iota(axis: 2, type: TensorType([2, 1, 3])), []),
  ]
}

extension Trace {
  /// The whole numbers along one axis.
  public func iota(axis: Int, shape: [Int], _ scalar: ScalarType = .i32) -> Tensor {
    apply(Iota(axis: axis, type: TensorType(shape, scalar)), [])[0]
  }
}
