import Core
import Testing

@Suite struct HexadecimalTests {
  @Test func bytesReadBackFromTheirDigits() {
    let bytes = Array<UInt8>(0...255)
    #expect(bytes.hexadecimal.hasPrefix("000102") && bytes.hexadecimal.hasSuffix("fdfeff"))
    #expect([UInt8](hexadecimal: bytes.hexadecimal) == bytes)
    #expect([UInt8](hexadecimal: bytes.hexadecimal.uppercased()) == bytes)
    #expect([UInt8](hexadecimal: "") == [])
  }

  @Test(arguments: ["0", "abc", "0g", "zz", " 00", "0x10", "-1", "\u{FF10}\u{FF10}", "00\u{E9}"])
  func otherTextIsRefused(text: String) {
    #expect([UInt8](hexadecimal: text) == nil)
  }
}
