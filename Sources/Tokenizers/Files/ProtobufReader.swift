import Core

/// Reads the fields of a message in Protocol Buffers' wire format, as far as sentencepiece's models need it.
struct ProtobufReader {
  /// A field's value by its wire type.
  enum Value {
    case number(UInt64)
    case bytes(ArraySlice<UInt8>)
    case fixed32(UInt32)
    case fixed64(UInt64)
  }

  private let file: String
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
    position = bytes.startIndex
  }

  /// The next field; nil at the end.
  ///
  /// Throws: `MartletError` with the offset of what is cut short or of no known kind.
  mutating func next() throws -> (field: Int, value: Value)? {
    guard position < bytes.endIndex else { return nil }
    let start = position
    let key = try varint()
    guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw malformed("a field has the number \(key >> 3)", at: start) }
    let field = Int(key >> 3)
    switch key & 7 {
    case 0: return (field, .number(try varint()))
    case 1: return (field, .fixed64(try fixed(8)))
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.endIndex - position) else {
        throw malformed(
          "field \(field) has \(length) bytes, of which \(bytes.endIndex - position) are there", at: start)
      }
      defer { position += Int(length) }
      return (field, .bytes(bytes[position..<position + Int(length)]))
    case 5: return (field, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    default: throw malformed("field \(field) has the unknown wire type \(key & 7)", at: start)
    }
  }

  private mutating func varint() throws -> UInt64 {
    let start = position
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.endIndex, shift < 64 {
      let byte = bytes[position]
      position += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
    throw malformed("a number is cut short or too long", at: start)
  }

  private mutating func fixed(_ count: Int) throws -> UInt64 {
    guard bytes.endIndex - position >= count else { throw malformed("a number is cut short", at: position) }
    defer { position += count }
    return (0..<count).reduce(0) { $0 | UInt64(bytes[position + $1]) << UInt64(8 * $1) }
  }

  /// The error that the message is broken at an offset of the file.
  func malformed(_ message: String, at offset: Int) -> MartletError {
    MartletError(
      .malformedFile, message, at: "\(file), byte \(offset)",
      remedy: "Check that this is a sentencepiece model; copy it again.")
  }
}
