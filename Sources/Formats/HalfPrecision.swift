/// Conversions between single precision and the 16-bit floating-point formats, exact or rounded to nearest even.
///
/// They work on bits, because Swift has no `Float16` on every platform and no bfloat16 on any.
public enum HalfPrecision {
  /// The value of an IEEE 754 half-precision number.
  @inlinable
  public static func float(f16 bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF)
    let sign = UInt32(bits & 0x8000) << 16
    // Subnormal numbers are whole multiples of 2^-24, which single precision holds exactly.
    if magnitude < 0x0400 { return Float(bitPattern: (Float(magnitude) * 0x1p-24).bitPattern | sign) }
    let exponentShift: UInt32 = magnitude < 0x7C00 ? 112 << 23 : 224 << 23
    return Float(bitPattern: sign | (magnitude << 13 + exponentShift))
  }

  /// The value of a bfloat16 number.
  @inlinable
  public static func float(bf16 bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

  /// The nearest half-precision number; beyond 65,520 that is infinity.
  @inlinable
  public static func f16(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let magnitude = value.bitPattern & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
    // Adding 0.5 leaves the subnormal result in the low bits, rounded by the addition itself.
    if magnitude < 0x3880_0000 {
      return sign | UInt16(truncatingIfNeeded: (Float(bitPattern: magnitude) + 0.5).bitPattern - 0x3F00_0000)
    }
    let rounded = magnitude + 0x0FFF + (magnitude >> 13 & 1)
    return sign | UInt16(truncatingIfNeeded: (rounded >> 13) - (112 << 10))
  }

  /// The nearest bfloat16 number.
  @inlinable
  public static func bf16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x0040 }
    return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }
}
