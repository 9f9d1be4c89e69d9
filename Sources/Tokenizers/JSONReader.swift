/// What is wrong with a JSON text and at which byte.
package struct JSONFault: Error, Equatable, Sendable {
  package var offset: Int
  package var reason: String
}

/// Reads JSON as RFC 8259 has it, from bytes, with bounds on how deep it nests.
package struct JSONReader {
  /// How deep arrays and objects may nest.
  package static let depthLimit = 128

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0
  /// Whether half of a surrogate pair in an escape reads as U+FFFD instead of being a fault.
  private let repairsSurrogates: Bool
  /// How many halves of surrogate pairs were replaced.
  package private(set) var replacements = 0

  package init(_ bytes: UnsafeBufferPointer<UInt8>, repairsSurrogates: Bool = false) {
    self.bytes = bytes
    self.repairsSurrogates = repairsSurrogates
  }

  /// Reads a text that is one value.
  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONFault) -> JSONValue {
    var reader = JSONReader(bytes)
    let value = try reader.value()
    try reader.end()
    return value
  }

  private func fault(_ reason: String, at offset: Int? = nil) -> JSONFault {
    JSONFault(offset: offset ?? position, reason: reason)
  }

  private mutating func peek() throws(JSONFault) -> UInt8 {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    throw fault("the text ends inside a value")
  }

  /// Checks that nothing but white space follows.
  package mutating func end() throws(JSONFault) {
    if (try? peek()) != nil { throw fault("something follows the value") }
  }

  /// Reads the next value.
  package mutating func value() throws(JSONFault) -> JSONValue {
    switch try peek() {
    case UInt8(ascii: "{"):
      var members: [JSONMember] = []
      try object { (reader, key) throws(JSONFault) in members.append(JSONMember(key, try reader.value())) }
      return .object(members)
    case UInt8(ascii: "["):
      var values: [JSONValue] = []
      try array { (reader) throws(JSONFault) in values.append(try reader.value()) }
      return .array(values)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try word("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try word("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try word("null")
      return .null
    default: return try number()
    }
  }

  /// Reads the next value and forgets it.
  package mutating func skipValue() throws(JSONFault) {
    switch try peek() {
    case UInt8(ascii: "{"): try object { (reader, _) throws(JSONFault) in try reader.skipValue() }
    case UInt8(ascii: "["): try array { (reader) throws(JSONFault) in try reader.skipValue() }
    default: _ = try value()
    }
  }

  /// Whether the next value is of the kind that starts with `byte`.
  package mutating func startsWith(_ byte: UInt8) throws(JSONFault) -> Bool { try peek() == byte }

  /// Reads an object, calling `member` with each key; `member` must read the value.
  package mutating func object(
    _ member: (inout JSONReader, [UInt8]) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    try list(UInt8(ascii: "{"), UInt8(ascii: "}"), "object") { (reader) throws(JSONFault) in
      guard try reader.peek() == UInt8(ascii: "\"") else { throw reader.fault("a key must be a string") }
      let key = try reader.string()
      guard try reader.peek() == UInt8(ascii: ":") else { throw reader.fault("a ':' must follow a key") }
      reader.position += 1
      try member(&reader, key)
    }
  }

  /// Reads an array, calling `element` at each element; `element` must read it.
  package mutating func array(_ element: (inout JSONReader) throws(JSONFault) -> Void) throws(JSONFault) {
    try list(UInt8(ascii: "["), UInt8(ascii: "]"), "array", element)
  }

  private mutating func list(
    _ open: UInt8, _ close: UInt8, _ name: String, _ element: (inout JSONReader) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    guard try peek() == open else { throw fault("an \(name) was expected") }
    position += 1
    depth += 1
    defer { depth -= 1 }
    guard depth <= JSONReader.depthLimit else { throw fault("nested deeper than \(JSONReader.depthLimit)") }
    if try peek() == close {
      position += 1
      return
    }
    while true {
      try element(&self)
      let next = try peek()
      if next != close && next != UInt8(ascii: ",") { throw fault("a ',' or the end of the \(name) was expected") }
      position += 1
      if next == close { return }
    }
  }

  private mutating func word(_ text: StaticString) throws(JSONFault) {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count,
      (0..<count).allSatisfy({ bytes[position + $0] == text.utf8Start[$0] })
    else { throw fault("not a value") }
    position += count
  }

  private mutating func number() throws(JSONFault) -> JSONValue {
    let start = position
    var isInteger = true
    func digit(_ place: Int) -> Bool { place < bytes.count && (0x30...0x39).contains(bytes[place]) }
    if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
    guard digit(position) else { throw fault("not a value", at: start) }
    if bytes[position] == 0x30 { position += 1 } else { while digit(position) { position += 1 } }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard digit(position) else { throw fault("a digit must follow the point of a number") }
      while digit(position) { position += 1 }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      if position < bytes.count, bytes[position] == 0x2B || bytes[position] == 0x2D { position += 1 }
      guard digit(position) else { throw fault("a digit must follow the exponent of a number") }
      while digit(position) { position += 1 }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int64(text) { return .integer(integer) }
    guard let number = Double(text) else { throw fault("not a number", at: start) }
    return .number(number)
  }

  /// Reads a string; its UTF-8 must be valid.
  package mutating func string() throws(JSONFault) -> [UInt8] {
    let start = position
    guard try peek() == UInt8(ascii: "\"") else { throw fault("a string was expected") }
    position += 1
    var result: [UInt8] = []
    while true {
      let from = position
      while position < bytes.count, bytes[position] != 0x22, bytes[position] != 0x5C, bytes[position] >= 0x20 {
        position += 1
      }
      let run = UnsafeBufferPointer(rebasing: bytes[from..<position])
      if let bad = firstInvalidUTF8(in: run) { throw fault("broken UTF-8", at: from + bad) }
      result.append(contentsOf: run)
      guard position < bytes.count else { throw fault("a string does not end", at: start) }
      let byte = bytes[position]
      position += 1
      if byte == 0x22 { return result }
      guard byte == 0x5C else { throw fault("a control character in a string", at: position - 1) }
      try escape(into: &result)
    }
  }

  private mutating func escape(into result: inout [UInt8]) throws(JSONFault) {
    guard position < bytes.count else { throw fault("a string does not end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"):
      let first = try hexadecimal()
      guard (0xD800...0xDFFF).contains(first) else { return result.append(scalar: first) }
      if first < 0xDC00, position + 1 < bytes.count, bytes[position] == 0x5C, bytes[position + 1] == UInt8(ascii: "u") {
        let back = position
        position += 2
        let second = try hexadecimal()
        if (0xDC00...0xDFFF).contains(second) {
          return result.append(scalar: 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        }
        position = back
      }
      guard repairsSurrogates else { throw fault("half of a surrogate pair", at: position - 6) }
      replacements += 1
      result.append(scalar: 0xFFFD)
    default: throw fault("an escape that JSON does not have", at: position - 2)
    }
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    guard position + 4 <= bytes.count else { throw fault("a string does not end") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      let byte = bytes[position]
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      case 0x61...0x66: digit = byte - 0x61 + 10
      default: throw fault("four hexadecimal digits must follow '\\u'")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
