import CUchardet
import Foundation

/// A text in UTF-8 that was made of bytes in some encoding.
public struct DecodedText: Sendable, Equatable {
  /// Valid UTF-8 without a byte-order mark; what could not be decoded is U+FFFD.
  public var bytes: [UInt8]
  /// The encoding that was found, by its name in lower case: "utf-8", "gb18030", "windows-1252".
  public var charset: String

  /// A decoded text.
  public init(bytes: [UInt8], charset: String) {
    self.bytes = bytes
    self.charset = charset
  }
}

/// Decodes bytes of any encoding to UTF-8.
///
/// The encoding is, in this order: that of a byte-order mark; UTF-8, where the bytes are valid and far from ASCII, which
/// other encodings are not by chance; what the content type names; what a page's `meta` or an XML declaration names; what
/// uchardet recognises; Windows-1252.
///
/// - Parameters:
///   - bytes: The content.
///   - contentType: The value of a `Content-Type` header, such as `text/html; charset=gbk`.
///   - isHTML: Whether the beginning is searched for a declaration of HTML or XML.
///
/// Throws: `MartletError` if the system has no decoder for the encoding, or no memory or file for one just now: no other
/// encoding may stand in, or the same input would give other text now and then.
///
/// Complexity: linear; the memory is that of the result.
public func decodeText(_ bytes: [UInt8], contentType: String? = nil, isHTML: Bool = false) throws -> DecodedText {
  try bytes.withUnsafeBufferPointer { input in
    if let (charset, length) = Charset.byteOrderMark(input) {
      return try decode(UnsafeBufferPointer(rebasing: input[length...]), charset)
    }
    if let charset = Charset.wideText(input) { return try decode(input, charset) }
    let census = UTF8Census(input)
    if census.broken == 0 && (census.long >= 4 || census.isASCII) {
      return DecodedText(bytes: bytes, charset: Charset.utf8.name)
    }
    var declared = contentType.flatMap { Charset.inContentType(Array($0.utf8)) }
    // Servers name Latin-1 where nobody told them better.
    if isHTML && (declared == nil || declared == .windows1252) { declared = Charset.inMarkup(input) ?? declared }
    if let declared, declared != .utf8 { return try decode(input, declared) }
    // A few broken places in UTF-8, as cut titles leave them, are no other encoding.
    if census.broken == 0 || census.broken * 16 < census.long { return try decode(input, .utf8) }
    return try decode(input, recognised(input) ?? .windows1252)
  }
}

/// What uchardet takes the bytes for, from the first that is not ASCII.
private func recognised(_ input: UnsafeBufferPointer<UInt8>) -> Charset? {
  guard let first = input.firstIndex(where: { $0 >= 0x80 }), let detector = uchardet_new() else { return nil }
  defer { uchardet_delete(detector) }
  // It is slow, and the beginning tells.
  let length = min(input.count - first, 1 << 16)
  let sample = UnsafeRawPointer(input.baseAddress! + first).assumingMemoryBound(to: CChar.self)
  guard uchardet_handle_data(detector, sample, length) == 0 else { return nil }
  uchardet_data_end(detector)
  guard let name = uchardet_get_charset(detector) else { return nil }
  let charset = Charset(label: Array(String(cString: name).utf8))
  return charset == .utf8 ? nil : charset
}

/// Decodes all bytes, with U+FFFD for what is broken.
private func decode(_ input: UnsafeBufferPointer<UInt8>, _ charset: Charset) throws -> DecodedText {
  if charset == .utf8 { return DecodedText(bytes: repairedUTF8(input), charset: charset.name) }
  return DecodedText(bytes: try TextConverter.with(charset) { $0.convert(input) }, charset: charset.name)
}

/// The bytes with U+FFFD for each sequence that is no UTF-8.
private func repairedUTF8(_ input: UnsafeBufferPointer<UInt8>) -> [UInt8] {
  var output: [UInt8] = []
  output.reserveCapacity(input.count + 16)
  var begin = 0
  var position = 0
  while position < input.count {
    let length = utf8Length(input, position)
    if length > 0 {
      position += length
      continue
    }
    output.append(contentsOf: UnsafeBufferPointer(rebasing: input[begin..<position]))
    output.append(contentsOf: [0xEF, 0xBF, 0xBD])
    position += 1
    // Bytes that only continue a broken sequence are broken with it.
    while position < input.count && input[position] & 0xC0 == 0x80 { position += 1 }
    begin = position
  }
  output.append(contentsOf: UnsafeBufferPointer(rebasing: input[begin...]))
  return output
}

/// How much of a text is UTF-8.
private struct UTF8Census {
  /// Characters of more than one byte.
  var long = 0
  /// Places that are no UTF-8.
  var broken = 0
  /// Whether each byte is ASCII, none of them the escape that ISO-2022 uses.
  var isASCII = true

  init(_ input: UnsafeBufferPointer<UInt8>) {
    let raw = UnsafeRawBufferPointer(input)
    var position = 0
    while position < input.count {
      if position + 8 <= input.count
        && raw.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        position += 8
        continue
      }
      if input[position] < 0x80 {
        position += 1
        continue
      }
      let length = utf8Length(input, position)
      if length > 0 { long += 1 } else { broken += 1 }
      position += max(1, length)
    }
    isASCII =
      long == 0 && broken == 0 && memchr(input.baseAddress ?? UnsafePointer(bitPattern: 1)!, 0x1B, input.count) == nil
  }
}

/// The length of the valid UTF-8 character at a position, 0 if there is none.
@inline(__always)
func utf8Length(_ input: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int {
  let first = input[position]
  if first < 0x80 { return 1 }
  let left = input.count - position
  func continues(_ offset: Int) -> Bool { input[position + offset] & 0xC0 == 0x80 }
  switch first {
  case 0xC2...0xDF: return left >= 2 && continues(1) ? 2 : 0
  case 0xE0...0xEF:
    guard left >= 3 && continues(1) && continues(2) else { return 0 }
    let second = input[position + 1]
    if first == 0xE0 && second < 0xA0 || first == 0xED && second > 0x9F { return 0 }
    return 3
  case 0xF0...0xF4:
    guard left >= 4 && continues(1) && continues(2) && continues(3) else { return 0 }
    let second = input[position + 1]
    if first == 0xF0 && second < 0x90 || first == 0xF4 && second > 0x8F { return 0 }
    return 4
  default: return 0
  }
}
