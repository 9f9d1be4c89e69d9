import CPlatform

/// The value of each IEEE half-precision number.
@inline(__always)
func widenHalf(_ half: SIMD8<UInt16>) -> Vector {
  let bits = platform_widen(half)
  let magnitude = (bits & 0x7fff) &<< VectorBits(repeating: 13)
  // Multiplying by 2^112 moves the exponent and makes subnormal halves normal.
  let scaled = Vector(bits: magnitude) * Vector(repeating: 0x1p112)
  let special: VectorMask = magnitude .>= VectorBits(repeating: 0x0f80_0000)
  let value = scaled.bits.replacing(with: magnitude | 0x7f80_0000, where: special)
  return Vector(bits: value | ((bits & 0x8000) &<< VectorBits(repeating: 16)))
}

/// The half-precision number nearest to each lane, ties to even.
@inline(__always)
func narrowToHalf(_ x: Vector) -> SIMD8<UInt16> {
  let sign = (x.bits &>> VectorBits(repeating: 16)) & 0x8000
  let magnitude = x.magnitude
  // Subnormal halves: adding 0.5 leaves the rounded value in the low bits of the sum.
  let small = (magnitude + Vector(repeating: 0.5)).bits &- VectorBits(repeating: 0x3f00_0000)
  let bits = magnitude.bits
  let odd = (bits &>> VectorBits(repeating: 13)) & 1
  let normal = (bits &- VectorBits(repeating: 0x3800_0000) &+ 0xfff &+ odd) &>> VectorBits(repeating: 13)
  var half = normal.replacing(with: small, where: magnitude .< Vector(repeating: 0x1p-14))
  half.replace(with: 0x7c00, where: magnitude .>= Vector(repeating: 65520))
  half.replace(with: 0x7e00, where: x .!= x)
  return platform_narrow(half | sign)
}

/// The value of each bfloat16 number.
@inline(__always)
func widenBrain(_ brain: SIMD8<UInt16>) -> Vector {
  Vector(bits: platform_widen(brain) &<< VectorBits(repeating: 16))
}

/// The bfloat16 number nearest to each lane, ties to even.
@inline(__always)
func narrowToBrain(_ x: Vector) -> SIMD8<UInt16> {
  let bits = x.bits
  let odd = (bits &>> VectorBits(repeating: 16)) & 1
  var rounded = (bits &+ 0x7fff &+ odd) &>> VectorBits(repeating: 16)
  rounded.replace(with: (bits &>> VectorBits(repeating: 16)) | 0x40, where: x .!= x)
  return platform_narrow(rounded)
}

/// Each lane without its fraction; beyond 32 bits the nearest bound, and 0 for NaN.
@inline(__always)
func narrowToInteger(_ x: Vector) -> SIMD8<Int32> {
  let isTooLarge = x .>= Vector(repeating: 0x1p31)
  var bounded = larger(Vector(repeating: -0x1p31), x)
  bounded.replace(with: 0, where: isTooLarge .| (x .!= x))
  let whole = platform_truncate(bounded)
  return whole.replacing(with: SIMD8(repeating: Int32.max), where: isTooLarge)
}

/// `x` without its fraction; beyond 64 bits the nearest bound, and 0 for NaN.
@inline(__always)
func narrowToInteger64(_ x: Float) -> Int64 {
  if x >= 0x1p63 { return .max }
  if x <= -0x1p63 { return .min }
  return x.isNaN ? 0 : Int64(x)
}
