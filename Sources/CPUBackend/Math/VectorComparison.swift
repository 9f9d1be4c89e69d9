import CPlatform

// The standard library's comparisons and choices of floating-point vectors are loops over lanes, which the optimiser
// leaves as they are where constants are among the operands: forty times slower. These take their place in this module.
extension SIMD8 where Scalar == Float {
  @inline(__always) static func .< (a: Vector, b: Vector) -> VectorMask { mask(platform_less(a, b)) }
  @inline(__always) static func .> (a: Vector, b: Vector) -> VectorMask { mask(platform_less(b, a)) }
  @inline(__always) static func .<= (a: Vector, b: Vector) -> VectorMask { mask(platform_less_or_equal(a, b)) }
  @inline(__always) static func .>= (a: Vector, b: Vector) -> VectorMask { mask(platform_less_or_equal(b, a)) }
  @inline(__always) static func .== (a: Vector, b: Vector) -> VectorMask { mask(platform_equal(a, b)) }
  @inline(__always) static func .!= (a: Vector, b: Vector) -> VectorMask { mask(platform_not_equal(a, b)) }

  @inline(__always) private static func mask(_ lanes: SIMD8<Int32>) -> VectorMask {
    unsafeBitCast(lanes, to: VectorMask.self)
  }

  /// These lanes, or those of `other` where the mask is set.
  @inline(__always) func replacing(with other: Vector, where mask: VectorMask) -> Vector {
    platform_select(unsafeBitCast(mask, to: SIMD8<Int32>.self), other, self)
  }

  /// These lanes, or `number` where the mask is set.
  @inline(__always) func replacing(with number: Float, where mask: VectorMask) -> Vector {
    replacing(with: Vector(repeating: number), where: mask)
  }

  @inline(__always) mutating func replace(with other: Vector, where mask: VectorMask) {
    self = replacing(with: other, where: mask)
  }

  @inline(__always) mutating func replace(with number: Float, where mask: VectorMask) {
    self = replacing(with: Vector(repeating: number), where: mask)
  }
}
