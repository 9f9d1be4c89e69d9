/// A JSON value. Numbers keep the digits that were read and objects their order, so that a file that is read and
/// written again keeps what Martlet does not know.
public enum JSONValue: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number as it is written in the file, valid by JSON's grammar.
  case number(String)
  /// A string.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object.
  case object(JSONObject)

  /// A whole number.
  public static func integer(_ value: Int) -> JSONValue { .number(String(value)) }

  /// A number with the fewest digits that read back as the same; JSON has none for NaN and infinities: null.
  public static func double(_ value: Double) -> JSONValue {
    if !value.isFinite { return .null }
    return .number(value.magnitude < 1e15 && value == value.rounded() ? "\(Int(value)).0" : "\(value)")
  }

  /// The value if it is a whole number written without fraction or exponent that fits.
  public var integerValue: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }

  /// The value if it is a finite number.
  public var doubleValue: Double? {
    guard case .number(let digits) = self, let value = Double(digits), value.isFinite else { return nil }
    return value
  }

  /// The value if it is a string.
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }

  /// The value if it is `true` or `false`.
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The elements if it is an array.
  public var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

  /// The members if it is an object.
  public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }

  /// Reads a JSON text: UTF-8, no duplicate keys, nesting of at most 128.
  ///
  /// - Parameter name: the file's name for errors.
  ///
  /// Throws: `MartletError` with code `malformedFile`, with line and column.
  public init(parsing bytes: [UInt8], name: String) throws {
    self = try bytes.withUnsafeBytes { buffer in
      var reader = JSONReader(buffer, name: name)
      let value = try reader.value()
      try reader.end()
      return value
    }
  }

  /// Reads a JSON file of at most `limit` bytes.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput` or `malformedFile`.
  public init(file path: String, limit: Int = 1 << 28) throws {
    try self.init(parsing: FileSystem.read(path, limit: limit), name: path)
  }

  /// The value as JSON text.
  ///
  /// - Parameter indent: spaces a level, or nil for one line without spaces.
  public func text(indent: Int? = nil) -> String {
    var text: [UInt8] = []
    write(to: &text, indent: indent, level: 0)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the value as JSON text.
  package func write(to text: inout [UInt8], indent: Int? = nil, level: Int = 0) {
    func newLine(_ level: Int) {
      guard let indent else { return }
      text.append(UInt8(ascii: "\n"))
      text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * level))
    }
    switch self {
    case .null: text += "null".utf8
    case .bool(let value): text += (value ? "true" : "false").utf8
    case .number(let digits): text += digits.utf8
    case .string(let value): Self.quote(value, to: &text)
    case .array(let elements):
      text.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        newLine(level + 1)
        element.write(to: &text, indent: indent, level: level + 1)
      }
      if !elements.isEmpty { newLine(level) }
      text.append(UInt8(ascii: "]"))
    case .object(let object):
      text.append(UInt8(ascii: "{"))
      for (index, (key, value)) in object.members.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        newLine(level + 1)
        Self.quote(key, to: &text)
        text.append(UInt8(ascii: ":"))
        if indent != nil { text.append(UInt8(ascii: " ")) }
        value.write(to: &text, indent: indent, level: level + 1)
      }
      if !object.keys.isEmpty { newLine(level) }
      text.append(UInt8(ascii: "}"))
    }
  }

  /// Appends a text in quotes.
  package static func quote(_ value: String, to text: inout [UInt8]) {
    var value = value
    value.withUTF8 { quote($0, to: &text) }
  }

  /// Appends a UTF-8 text in quotes; what needs no escape is copied in long pieces.
  package static func quote(_ value: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    var start = 0
    for (index, byte) in value.enumerated() {
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      text.append(contentsOf: value[start..<index])
      start = index + 1
      switch byte {
      case UInt8(ascii: "\""): text += "\\\"".utf8
      case UInt8(ascii: "\\"): text += "\\\\".utf8
      case UInt8(ascii: "\n"): text += "\\n".utf8
      case UInt8(ascii: "\r"): text += "\\r".utf8
      case UInt8(ascii: "\t"): text += "\\t".utf8
      case 0x08: text += "\\b".utf8
      case 0x0C: text += "\\f".utf8
      default: text += "\\u00\([byte].hexadecimal)".utf8
      }
    }
    text.append(contentsOf: value[start...])
    text.append(UInt8(ascii: "\""))
  }
}

/// The members of a JSON object in the order of the file, each key once.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// The keys in order.
  public private(set) var keys: [String] = []
  /// The values in the order of the keys.
  var values: [JSONValue] = []
  private var places: [ExactString: Int] = [:]

  /// An object without members.
  public init() {}

  /// An object with these members; of a key that comes twice the last value stays.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    for (key, value) in elements { self[key] = value }
  }

  /// The keys with their values in order, for readers that want all of them.
  public var members: Zip2Sequence<[String], [JSONValue]> { zip(keys, values) }

  /// The value of a key. A new key comes last; nil removes the key.
  ///
  /// Complexity: O(1), to remove a key O(keys).
  public subscript(key: String) -> JSONValue? {
    get { places[ExactString(key)].map { values[$0] } }
    set {
      if let newValue {
        let place = place(for: key).place
        values[place] = newValue
      } else if let place = places.removeValue(forKey: ExactString(key)) {
        keys.remove(at: place)
        values.remove(at: place)
        for later in place..<keys.count { places[ExactString(keys[later])] = later }
      }
    }
  }

  /// The place of a key among the values; a key that is new comes last, with null.
  mutating func place(for key: String) -> (place: Int, isNew: Bool) {
    let exact = ExactString(key)
    let last = keys.count
    // Every growth hashes all keys again, which a vocabulary of fifty thousand feels; so it grows in large steps.
    if last == places.capacity, last > 16 { places.reserveCapacity(4 * last) }
    if let known = places.updateValue(last, forKey: exact) {
      places[exact] = known
      return (known, false)
    }
    keys.append(key)
    values.append(.null)
    return (last, true)
  }

  /// The same members with the keys sorted by their bytes, as Python's `sort_keys=True` does for ASCII keys.
  public var sorted: JSONObject {
    var copy = JSONObject()
    for key in keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) { copy[key] = self[key] }
    return copy
  }
}

/// A string that equals another only if their bytes are the same, for names and tokens from files.
///
/// Swift's own strings are equal when they look the same: "é" as one scalar and as "e" with an accent.
public struct ExactString: Sendable, Hashable {
  /// The string.
  public let text: String

  /// Wraps a string.
  public init(_ text: String) { self.text = text }

  /// Whether the bytes are the same.
  public static func == (left: ExactString, right: ExactString) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    var copy = text
    copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
