/// Reads JSON piece by piece from bytes that nobody vouches for.
///
/// `JSONValue` builds a tree with it; readers of large files take what they need and build no tree. Depth is limited,
/// text must be UTF-8, and every error says where.
public struct JSONReader {
  /// How an error says where it is.
  public enum Positions: Sendable {
    /// Line and column, for files that people edit.
    case lines
    /// The offset from the start of the file, for text inside binary files; the text starts at the offset given.
    case offset(Int)
  }

  /// Nesting beyond this is refused, because it could exhaust the stack.
  public static let maximumDepth = 128

  private let bytes: UnsafeRawBufferPointer
  private let name: String
  private let positions: Positions
  private let repairsSurrogates: Bool
  private var index = 0
  private var depth = 0
  /// How many halves of surrogate pairs were replaced by U+FFFD.
  public private(set) var repairedSurrogates = 0
  /// Whether reading failed because of nesting beyond `maximumDepth`.
  public private(set) var isNestedTooDeep = false

  /// A reader at the start of `bytes`, which must outlive it.
  ///
  /// - Parameters:
  ///   - name: the file's name for errors.
  ///   - repairsSurrogates: whether half of a surrogate pair, as in `\ud83d` alone, becomes U+FFFD instead of an error.
  ///     Programs that cut text into pieces of UTF-16 leave such halves.
  public init(
    _ bytes: UnsafeRawBufferPointer, name: String, positions: Positions = .lines, repairsSurrogates: Bool = false
  ) {
    self.bytes = bytes
    self.name = name
    self.positions = positions
    self.repairsSurrogates = repairsSurrogates
  }

  /// The error that something at the present place is wrong.
  public func failure(_ message: String) -> MartletError { failure(message, at: index) }

  private func failure(_ message: String, at index: Int) -> MartletError {
    let whereabouts: String
    switch positions {
    case .lines:
      let before = bytes[..<min(index, bytes.count)]
      let line = before.count { $0 == UInt8(ascii: "\n") } + 1
      let column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0) + 1
      whereabouts = "line \(line), column \(column)"
    case .offset(let start): whereabouts = "byte \(start + index)"
    }
    return MartletError(
      .malformedFile, "\(message) at \(whereabouts)", at: name,
      remedy: "The file is no valid JSON there; correct it or get it again.")
  }

  private mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x0A, 0x0D, 0x09: index += 1
      default: return
      }
    }
  }

  /// The next byte that is no white space, without taking it; nil at the end.
  public mutating func peek() -> UInt8? {
    skipSpace()
    return index < bytes.count ? bytes[index] : nil
  }

  /// Takes `character` after white space.
  ///
  /// Throws: `MartletError` with code `malformedFile` if something else is there.
  public mutating func expect(_ character: Unicode.Scalar) throws {
    guard peek() == UInt8(ascii: character) else { throw failure("expected '\(character)'\(found())") }
    index += 1
  }

  private func found() -> String {
    guard index < bytes.count else { return ", found the end of the text" }
    let byte = bytes[index]
    return 0x20 < byte && byte < 0x7F ? ", found '\(Unicode.Scalar(byte))'" : ", found the byte \(byte)"
  }

  /// Makes sure that only white space is left.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public mutating func end() throws {
    if peek() != nil { throw failure("expected the end of the text\(found())") }
  }

  /// Reads an object and calls `member` with each key; `member` must read the value.
  ///
  /// Throws: `MartletError` with code `malformedFile`, or what `member` throws.
  public mutating func object(_ member: (inout JSONReader, _ key: String) throws -> Void) throws {
    try object(keys: { try $0.string() }, member)
  }

  private mutating func object<Key>(
    keys: (inout JSONReader) throws -> Key, _ member: (inout JSONReader, Key) throws -> Void
  ) throws {
    try expect("{")
    try enter()
    if peek() != UInt8(ascii: "}") {
      while true {
        if peek() != UInt8(ascii: "\"") { throw failure("expected a key in double quotes\(found())") }
        let key = try keys(&self)
        try expect(":")
        try member(&self, key)
        guard peek() == UInt8(ascii: ",") else { break }
        index += 1
      }
    }
    try expect("}")
    depth -= 1
  }

  /// Reads an array and calls `element` at each element; `element` must read it.
  ///
  /// Throws: `MartletError` with code `malformedFile`, or what `element` throws.
  public mutating func array(_ element: (inout JSONReader) throws -> Void) throws {
    try expect("[")
    try enter()
    if peek() != UInt8(ascii: "]") {
      while true {
        try element(&self)
        guard peek() == UInt8(ascii: ",") else { break }
        index += 1
      }
    }
    try expect("]")
    depth -= 1
  }

  private mutating func enter() throws {
    depth += 1
    if depth > Self.maximumDepth {
      isNestedTooDeep = true
      throw failure("nesting deeper than \(Self.maximumDepth)")
    }
  }

  /// Reads a value of any kind as a tree.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public mutating func value() throws -> JSONValue {
    guard let byte = peek() else { throw failure("expected a value, found the end of the text") }
    switch byte {
    case UInt8(ascii: "{"):
      var result = JSONObject()
      try object { reader, key in
        let (place, isNew) = result.place(for: key)
        guard isNew else { throw reader.failure("the key \"\(key)\" comes twice") }
        result.values[place] = try reader.value()
      }
      return .object(result)
    case UInt8(ascii: "["):
      var result: [JSONValue] = []
      try array { result.append(try $0.value()) }
      return .array(result)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: return try word()
    }
  }

  private mutating func word() throws -> JSONValue {
    for (word, value) in [("true", JSONValue.bool(true)), ("false", .bool(false)), ("null", .null)]
    where bytes[index...].starts(with: word.utf8) {
      index += word.utf8.count
      return value
    }
    for word in ["NaN", "Infinity"] where bytes[index...].starts(with: word.utf8) {
      throw failure("\(word) is no JSON value")
    }
    throw failure("expected a value\(found())")
  }

  /// Goes past a value of any kind, which must be well formed; its strings are not decoded.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public mutating func skip() throws {
    guard let byte = peek() else { throw failure("expected a value, found the end of the text") }
    switch byte {
    case UInt8(ascii: "{"): try object(keys: { try $0.skipString() }, { reader, _ in try reader.skip() })
    case UInt8(ascii: "["): try array { try $0.skip() }
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
    default: _ = try word()
    }
  }

  /// Reads a number and gives its digits as they stand.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public mutating func number() throws -> String {
    skipSpace()
    let start = index
    try skipNumber()
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private mutating func skipNumber() throws {
    func digit() -> Bool { index < bytes.count && UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[index] }
    func at(_ characters: [UInt8]) -> Bool { index < bytes.count && characters.contains(bytes[index]) }
    func digits() throws {
      guard digit() else { throw failure("expected a digit\(found())") }
      while digit() { index += 1 }
    }
    if at([UInt8(ascii: "-")]) { index += 1 }
    if at([UInt8(ascii: "0")]) {
      index += 1
      if digit() { throw failure("a number must not start with 0") }
    } else {
      try digits()
    }
    if at([UInt8(ascii: ".")]) {
      index += 1
      try digits()
    }
    if at([UInt8(ascii: "e"), UInt8(ascii: "E")]) {
      index += 1
      if at([UInt8(ascii: "+"), UInt8(ascii: "-")]) { index += 1 }
      try digits()
    }
  }

  /// Reads a string.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public mutating func string() throws -> String {
    try expect("\"")
    let start = index
    skipUnescaped()
    if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {  // the usual case: nothing is escaped
      index += 1
      return try text(UnsafeRawBufferPointer(rebasing: bytes[start..<(index - 1)]), from: start)
    }
    var content = Array(bytes[start..<index])
    while true {
      guard index < bytes.count else { throw failure("the string is not closed") }
      let byte = bytes[index]
      if byte < 0x20 { throw failure("a control character must be escaped") }
      index += 1
      if byte == UInt8(ascii: "\"") { break }
      try escape(into: &content)
      let rest = index
      skipUnescaped()
      content.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[rest..<index]))
    }
    return try content.withUnsafeBytes { try text($0, from: start) }
  }

  private mutating func skipString() throws {
    try expect("\"")
    while true {
      skipUnescaped()
      guard index < bytes.count else { throw failure("the string is not closed") }
      let byte = bytes[index]
      if byte < 0x20 { throw failure("a control character must be escaped") }
      index += 1
      if byte == UInt8(ascii: "\"") { return }
      guard index < bytes.count else { throw failure("the string is not closed") }
      index += 1
      switch bytes[index - 1] {
      case UInt8(ascii: "u"): _ = try fourDigits()
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
        UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        continue
      default: throw failure("unknown escape in a string", at: index - 1)
      }
    }
  }

  /// Goes on to the next quote, backslash or control character, or to the end; eight bytes at a time.
  private mutating func skipUnescaped() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    while index + 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      // The highest bit of each byte that is 0 or below 0x20; above the first such byte there may be more.
      let stops =
        ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- ones &* 0x20) & ~word)
        & (ones &* 0x80)
      if stops != 0 {
        index += stops.trailingZeroBitCount / 8
        return
      }
      index += 8
    }
    while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\"),
      bytes[index] >= 0x20
    {
      index += 1
    }
  }

  private func text(_ content: UnsafeRawBufferPointer, from start: Int) throws -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw failure("the string is not valid UTF-8", at: start)
    }
    return text
  }

  private mutating func escape(into content: inout [UInt8]) throws {
    guard index < bytes.count else { throw failure("the string is not closed") }
    let byte = bytes[index]
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourDigits()
      if code & 0xFC00 == 0xD800, bytes[index...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
        let second = index
        index += 2
        let low = try fourDigits()
        if low & 0xFC00 == 0xDC00 {
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        } else if repairsSurrogates {
          index = second  // an escape of its own
        }
      }
      if code & 0xF800 == 0xD800, code < 0x10000, repairsSurrogates {
        repairedSurrogates += 1
        code = 0xFFFD
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair") }
      content.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default: throw failure("unknown escape in a string", at: index - 1)
    }
  }

  private mutating func fourDigits() throws -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard index < bytes.count, let digit = bytes[index].hexadecimalDigit else {
        throw failure("expected four hexadecimal digits after \\u")
      }
      code = code << 4 | UInt32(digit)
      index += 1
    }
    return code
  }
}
