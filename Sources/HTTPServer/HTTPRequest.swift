import Core

/// A request as a handler sees it, whoever made it: a socket or a test.
public struct HTTPRequest: Sendable, Equatable {
  /// The method, in the letters that were sent: `GET`, `POST`.
  public var method: String
  /// Where the request goes.
  public var target: HTTPTarget
  /// The header fields.
  public var headers: HTTPHeaders
  /// The body.
  public var body: [UInt8]

  /// A request.
  public init(_ method: String, _ target: HTTPTarget, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
  }

  /// The cookie of a name; of several the first.
  public func cookie(_ name: String) -> String? {
    for header in headers.all("cookie") {
      for pair in header.split(separator: ";") {
        let text = pair.drop { $0 == " " || $0 == "\t" }
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), text[..<equals] == name else { continue }
        return String(text[text.utf8.index(after: equals)...])
      }
    }
    return nil
  }

  /// Whether the body is declared to be JSON.
  public var isJSON: Bool {
    guard let type = headers["content-type"] else { return false }
    let end = type.firstIndex(of: ";") ?? type.endIndex
    return type[..<end].filter { $0 != " " && $0 != "\t" }.lowercased() == "application/json"
  }
}

/// The path and query of a request, decoded.
public struct HTTPTarget: Sendable, Equatable {
  /// The path without escapes, from `/` on.
  public var path: String
  /// The values of the query by their names; of a name that comes twice the first.
  public var query: [String: String]

  /// A target.
  public init(_ path: String, query: [String: String] = [:]) {
    self.path = path
    self.query = query
  }

  /// More values than this are refused.
  static let maximumQueryCount = 64

  /// Reads the target of a request line, or gives nil where it is none: not from `/` on, broken escapes, broken UTF-8,
  /// control characters, or too many values.
  public init?(parsing text: String) {
    guard text.utf8.first == UInt8(ascii: "/") else { return nil }
    let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let path = Self.decode(parts[0], plusIsSpace: false) else { return nil }
    self.init(path)
    guard parts.count == 2 else { return }
    let pairs = parts[1].split(separator: "&")
    guard pairs.count <= Self.maximumQueryCount else { return nil }
    for pair in pairs {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decode(sides[0], plusIsSpace: true),
        let value = sides.count == 2 ? Self.decode(sides[1], plusIsSpace: true) : ""
      else { return nil }
      if query[name] == nil { query[name] = value }
    }
  }

  private static func decode(_ text: Substring, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      var value = byte
      if byte == UInt8(ascii: "%") {
        guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
        value = high << 4 | low
      } else if byte == UInt8(ascii: "+"), plusIsSpace {
        value = UInt8(ascii: " ")
      }
      if value < 0x20 || value == 0x7F { return nil }
      bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Header fields by names without regard to case, in order.
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// A field.
  public struct Field: Sendable, Equatable {
    /// The name as it was given.
    public var name: String
    /// The value.
    public var value: String
  }

  /// The fields in order.
  public private(set) var fields: [Field] = []

  /// These fields.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { add(name, value) }
  }

  /// Adds a field, beside those of the same name.
  public mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

  /// The value of a name; of several fields the first. Setting it replaces them all.
  public subscript(name: String) -> String? {
    get { fields.first { Self.same($0.name, name) }?.value }
    set {
      fields.removeAll { Self.same($0.name, name) }
      if let newValue { add(name, newValue) }
    }
  }

  /// The values of all fields of a name.
  public func all(_ name: String) -> [String] { fields.filter { Self.same($0.name, name) }.map(\.value) }

  private static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { lower($0) == lower($1) }
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
  }
}
