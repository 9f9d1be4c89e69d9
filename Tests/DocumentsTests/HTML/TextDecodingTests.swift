import Documents
import Foundation
import Testing

@Suite("Encodings of text")
struct TextDecodingTests {
  /// A sentence in an encoding, by the system's own converter.
  static func encoded(_ text: String, _ name: String) throws -> [UInt8] {
    let converter = iconv_open(name, "UTF-8")
    try #require(converter != iconv_t(bitPattern: -1))
    defer { iconv_close(converter) }
    var input = Array(text.utf8CString.dropLast())
    var output = [CChar](repeating: 0, count: text.utf8.count * 4 + 16)
    var left = input.count
    var free = output.count
    input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        var from = source.baseAddress
        var to = target.baseAddress
        _ = iconv(converter, &from, &left, &to, &free)
      }
    }
    try #require(left == 0)
    return output[..<(output.count - free)].map { UInt8(bitPattern: $0) }
  }

  static let chinese = "语言模型从文本中学习。这里有足够多的字，使得编码可以被识别出来，而不需要声明。"
  static let samples: [(String, String, String)] = [
    ("GB18030", "gb18030", chinese),
    ("BIG5", "big5", "語言模型從文本中學習。這裡有足夠多的字，使得編碼可以被識別出來，而不需要聲明。"),
    ("SHIFT_JIS", "shift_jis", "言語モデルはテキストから学習します。ここには文字コードを判別できるだけの文字があります。"),
    ("EUC-JP", "euc-jp", "言語モデルはテキストから学習します。ここには文字コードを判別できるだけの文字があります。"),
    ("CP949", "euc-kr", "언어 모델은 텍스트에서 배웁니다. 여기에는 인코딩을 알아낼 수 있을 만큼 글자가 많습니다."),
    (
      "CP1251", "windows-1251",
      "Языковая модель учится на тексте. Здесь достаточно букв, чтобы узнать кодировку без объявления."
    ),
    (
      "KOI8-R", "koi8-r",
      "Языковая модель учится на тексте. Здесь достаточно букв, чтобы узнать кодировку без объявления."
    ),
  ]

  @Test("An encoding is recognised that nothing declares", arguments: samples)
  func recognised(name: String, charset: String, text: String) throws {
    let decoded = try decodeText(Self.encoded(String(repeating: text, count: 3), name))
    #expect(decoded.charset == charset)
    #expect(String(decoding: decoded.bytes, as: UTF8.self) == String(repeating: text, count: 3))
  }

  @Test("The header names the encoding, then the page does", arguments: samples)
  func declared(name: String, charset: String, text: String) throws {
    let bytes = try Self.encoded("<p>\(text)</p>", name)
    try #expect(decodeText(bytes, contentType: "text/html; charset=\"\(name)\"", isHTML: true).charset == charset)
    for head in [
      "<html><head><META CHARSET='\(name)'>", "<meta http-equiv=Content-Type content='text/html;charset=\(name)'>",
      "<?xml version=\"1.0\" encoding=\"\(name)\"?>", "<!-- <meta charset=koi8-r> --><meta charset=\(name)>",
    ] {
      let decoded = try decodeText(Array(head.utf8) + bytes, isHTML: true)
      #expect(decoded.charset == charset)
      #expect(String(decoding: decoded.bytes, as: UTF8.self) == "\(head)<p>\(text)</p>")
    }
  }

  @Test("A byte-order mark is stronger than what is declared, and is not text")
  func byteOrderMark() throws {
    let text = "Grüße 你好 🦊"
    let wide = text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let marked: [([UInt8], String)] = [
      ([0xEF, 0xBB, 0xBF] + Array(text.utf8), "utf-8"), ([0xFF, 0xFE] + wide, "utf-16le"),
      ([0xFE, 0xFF] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, "utf-16be"),
    ]
    for (bytes, charset) in marked {
      let decoded = try decodeText(bytes, contentType: "text/html; charset=gbk", isHTML: true)
      #expect(decoded == DecodedText(bytes: Array(text.utf8), charset: charset))
    }
    let page = "<html><body>no mark, but every second byte is zero</body></html>"
    try #expect(decodeText(page.utf16.flatMap { [UInt8($0), 0] }).bytes == Array(page.utf8))
  }

  @Test("Valid UTF-8 is UTF-8, whatever is declared")
  func wronglyDeclared() throws {
    let page = "<meta charset=iso-8859-1><p>\(Self.chinese)</p>"
    try #expect(decodeText(Array(page.utf8), contentType: "text/html; charset=latin1", isHTML: true).charset == "utf-8")
  }

  @Test("Broken UTF-8 becomes U+FFFD, the text around it stays")
  func broken() throws {
    let pieces: [[UInt8]] = [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE4, 0xBD], [0x80, 0x80], [0xF0, 0x9F],
    ]
    for piece in pieces {
      let bytes = Array(String(repeating: Self.chinese, count: 4).utf8) + piece + Array("end".utf8)
      let decoded = try decodeText(bytes)
      #expect(decoded.charset == "utf-8")
      #expect(String(validating: decoded.bytes, as: UTF8.self)?.hasSuffix("\u{FFFD}end") == true)
    }
  }

  @Test("Bytes that an encoding does not have cost no more than themselves")
  func brokenInOther() throws {
    let bytes = [UInt8](repeating: 0xFF, count: 100_000) + Array("end".utf8)
    let decoded = try decodeText(bytes, contentType: "text/plain; charset=euc-jp")
    #expect(decoded.bytes.suffix(3) == Array("end".utf8)[...])
    #expect(decoded.bytes.count <= 3 * bytes.count)
  }

  @Test(
    "Names that are no encodings are none",
    arguments: ["", "x", "charset", "utf-99", "../../etc/passwd", "windows-99999999999999999999"])
  func unknown(name: String) throws {
    try #expect(decodeText(Array("plain".utf8), contentType: "text/html; charset=\(name)").bytes == Array("plain".utf8))
    try #expect(decodeText([0xE9, 0x20, 0x61], contentType: "text/html; charset=\(name)").bytes.count >= 3)
  }
}
