/// The same numbers in another element type: rounded to nearest even for fewer bits, towards zero for integers.
public struct Convert: Operation {
  /// The name in messages and profiles.
  public static let name = "convert"
  /// The new element type.
  public let scalar: ScalarType

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1, "needs one tensor")
    return [TensorType(operands[0].shape, scalar)]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    [ReferenceTensor(results[0], operands[0].values.map { round($0, to: scalar) })]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    [node.operands[0].type.scalar.isFloatingPoint ? node.cotangents[0]?.convert(to: node.operands[0].type.scalar) : nil]
  }

  /// Uses that cover every variant.
  public static let samples =
    [ScalarType.f16, .bf16, .i32, .i8, .i64].map {
      Sample(Convert(scalar: $0), [.normal(3, 13)], isSmooth: false)
    } + [
      Sample(Convert(scalar: .f32), [.index(11, below: 100)]), Sample(Convert(scalar: .f32), [.bools(9)]),
      Sample(Convert(scalar: .f32), [.exactly([0.5, -2, 65504, 3], [4], .f16)]),
      Sample(Convert(scalar: .f32), [.exactly([0.5, -2, 0x1p100, 3], [4], .bf16)], isSmooth: false),
      Sample(Convert(scalar: .bool), [.exactly([0, 1, -2, 0.5], [4])], isSmooth: false),
    ]
}

/// A number rounded to what an element type can hold.
func round(_ value: Double, to scalar: ScalarType) -> Double {
  switch scalar {
  case .f32: return Double(Float(value))
  case .f16: return Double(Float16(value))
  case .bf16:
    let bits = Float(value).bitPattern
    if Float(value).isNaN { return .nan }
    return Double(Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000))
  case .bool: return value != 0 ? 1 : 0
  case .i8: return value.rounded(.towardZero).clamped(-128, 127)
  case .i32: return value.rounded(.towardZero).clamped(-0x1p31, 0x1p31 - 1)
  case .i64: return value.rounded(.towardZero)
  }
}

extension Double {
  fileprivate func clamped(_ low: Double, _ high: Double) -> Double { Swift.min(Swift.max(self, low), high) }
}

extension Tensor {
  /// The same numbers in another element type.
  public func convert(to scalar: ScalarType) -> Tensor {
    scalar == type.scalar ? self : trace.apply(Convert(scalar: scalar), [self])[0]
  }
}
