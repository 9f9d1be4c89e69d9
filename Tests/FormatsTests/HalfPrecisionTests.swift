import Formats
import Testing

@Suite struct HalfPrecisionTests {
  #if !(os(macOS) && arch(x86_64))
    @Test func everyHalfPrecisionNumberConvertsExactly() {
      var wrong = 0
      for bits in UInt16.min...UInt16.max {
        let expected = Float(Float16(bitPattern: bits))
        let value = HalfPrecision.float(f16: bits)
        let same = value.bitPattern == expected.bitPattern || (value.isNaN && expected.isNaN)
        let back = value.isNaN ? HalfPrecision.f16(value) & 0x7C00 == 0x7C00 : HalfPrecision.f16(value) == bits
        if !same || !back { wrong += 1 }
      }
      #expect(wrong == 0)
    }

    @Test func roundingToHalfPrecisionIsToNearestEven() {
      var wrong = 0
      // Steps through all exponents, and the places next to each midpoint.
      for high in stride(from: UInt32(0), through: 0xFFFF_0000, by: 0x1000) {
        for low in [0, 1, 0x7FF, 0x800, 0xFFF] as [UInt32] {
          let value = Float(bitPattern: high | low)
          if value.isNaN { continue }
          if HalfPrecision.f16(value) != Float16(value).bitPattern { wrong += 1 }
        }
      }
      #expect(wrong == 0)
    }
  #endif

  @Test func brainFloatsRoundToNearestEven() {
    #expect(HalfPrecision.bf16(1) == 0x3F80)
    #expect(HalfPrecision.bf16(Float(bitPattern: 0x3F80_8000)) == 0x3F80)
    #expect(HalfPrecision.bf16(Float(bitPattern: 0x3F80_8001)) == 0x3F81)
    #expect(HalfPrecision.bf16(Float(bitPattern: 0x3F81_8000)) == 0x3F82)
    #expect(HalfPrecision.bf16(.greatestFiniteMagnitude) == 0x7F80)
    #expect(HalfPrecision.bf16(-.infinity) == 0xFF80)
    #expect(HalfPrecision.float(bf16: HalfPrecision.bf16(.nan)).isNaN)
    #expect(HalfPrecision.float(bf16: HalfPrecision.bf16(Float(bitPattern: 0x7F80_0001))).isNaN)
    #expect(HalfPrecision.float(bf16: 0xC0A0) == -5)
  }
}
