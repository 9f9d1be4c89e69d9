/// Typed access to the members of a JSON object; errors name the file, the key, what must be there and what is.
public struct JSONFields: Sendable {
  /// The file's name, as errors say it.
  public let file: String
  /// The members.
  public var object: JSONObject
  private let prefix: String

  /// Wraps an object of a file.
  public init(_ object: JSONObject, file: String) {
    self.init(object, file: file, prefix: "")
  }

  private init(_ object: JSONObject, file: String, prefix: String) {
    self.object = object
    self.file = file
    self.prefix = prefix
  }

  /// Reads a file whose top is an object.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput` or `malformedFile`.
  public init(file path: String, limit: Int = 1 << 28) throws {
    try self.init(parsing: FileSystem.read(path, limit: limit), name: path)
  }

  /// Reads a JSON text whose top is an object; `name` is the file's name for errors.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public init(parsing bytes: [UInt8], name: String) throws {
    guard case .object(let object) = try JSONValue(parsing: bytes, name: name) else {
      throw MartletError(
        .malformedFile, "the top of the file must be a JSON object, {...}", at: name, remedy: "Correct the file.")
    }
    self.init(object, file: name)
  }

  /// The error that `key` has not what it must have.
  public func failure(_ key: String, mustBe expected: String) -> MartletError {
    failure(key, mustBe: expected, value: object[key])
  }

  private func failure(_ key: String, mustBe expected: String, value: JSONValue?) -> MartletError {
    let found = value.map { "found \(Self.short($0))" } ?? "it is missing"
    return MartletError(
      .malformedFile, "key \(prefix)\(key) must be \(expected), \(found)", at: file,
      remedy: "Correct the key in the file.")
  }

  private static func short(_ value: JSONValue) -> String {
    switch value {
    case .object: "an object"
    case .array: "an array"
    default: Terminal.fit(value.text(), columns: 60)
    }
  }

  private func field<T>(_ key: String, _ fallback: T?, _ expected: String, _ read: (JSONValue) -> T?) throws -> T {
    let value = object[key] ?? .null
    if value == .null, let fallback { return fallback }
    guard let result = read(value) else { throw failure(key, mustBe: expected) }
    return result
  }

  /// A whole number in `range`; where the key is missing or null, `fallback` if there is one.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public func integer(_ key: String, in range: ClosedRange<Int> = 1...Int.max, default fallback: Int? = nil) throws
    -> Int
  {
    let expected =
      switch (range.lowerBound, range.upperBound) {
      case (Int.min, Int.max): "an integer"
      case (0, Int.max): "an integer of 0 or more"
      case (1, Int.max): "a positive integer"
      default: "an integer from \(range.lowerBound) to \(range.upperBound)"
      }
    return try field(key, fallback, expected) { $0.integerValue.flatMap { range.contains($0) ? $0 : nil } }
  }

  /// A finite number in `range`; where the key is missing or null, `fallback` if there is one.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public func number(
    _ key: String, in range: ClosedRange<Double> = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude,
    default fallback: Double? = nil
  ) throws -> Double {
    let limit = Double.greatestFiniteMagnitude
    let expected =
      switch (range.lowerBound, range.upperBound) {
      case (-limit, limit): "a number"
      case (let low, limit): "a number of \(low) or more"
      default: "a number from \(range.lowerBound) to \(range.upperBound)"
      }
    return try field(key, fallback, expected) { $0.doubleValue.flatMap { range.contains($0) ? $0 : nil } }
  }

  /// `true` or `false`; where the key is missing or null, `fallback` if there is one.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public func bool(_ key: String, default fallback: Bool? = nil) throws -> Bool {
    try field(key, fallback, "true or false", \.boolValue)
  }

  /// A string, one of `choices` if there are any; where the key is missing or null, `fallback` if there is one.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public func string(_ key: String, choices: [String] = [], default fallback: String? = nil) throws -> String {
    let expected =
      choices.isEmpty ? "a string" : "one of " + choices.map { "\"\($0)\"" }.joined(separator: ", ")
    return try field(key, fallback, expected) { value in
      value.stringValue.flatMap { choices.isEmpty || choices.contains($0) ? $0 : nil }
    }
  }

  /// An array of strings; where the key is missing or null, `fallback` if there is one.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public func strings(_ key: String, default fallback: [String]? = nil) throws -> [String] {
    try field(key, fallback, "an array of strings") { value in
      guard let elements = value.arrayValue else { return nil }
      let strings = elements.compactMap(\.stringValue)
      return strings.count == elements.count ? strings : nil
    }
  }

  /// The members of an object under `key`.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public func fields(_ key: String) throws -> JSONFields {
    let object = try field(key, nil, "an object", \.objectValue)
    return JSONFields(object, file: file, prefix: "\(prefix)\(key).")
  }

  /// The counts by name in an object under `key`, as `JSONValue.counts` writes them.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  package func counts(_ key: String) throws -> [String: Int] {
    let members = try fields(key)
    var counts: [String: Int] = [:]
    for name in members.object.keys { counts[name] = try members.integer(name, in: 0...Self.largestCount) }
    return counts
  }

  /// A bound for counts from files: a thousand of it can be added.
  package static let largestCount = Int.max >> 10

  /// The elements of an array of objects; where the key is missing or null, `fallback` if there is one.
  ///
  /// Errors about the elements and their members name them as `key[2]` and `key[2].member`.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public func objects(_ key: String, default fallback: [JSONFields]? = nil) throws -> [JSONFields] {
    let value = object[key] ?? .null
    if value == .null, let fallback { return fallback }
    guard let elements = value.arrayValue else { throw failure(key, mustBe: "an array of objects") }
    return try elements.enumerated().map { index, element in
      let name = "\(key)[\(index)]"
      guard let object = element.objectValue else { throw failure(name, mustBe: "an object", value: element) }
      return JSONFields(object, file: file, prefix: "\(prefix)\(name).")
    }
  }
}

extension JSONValue {
  /// An object of counts by name, in the order of the names.
  package static func counts(_ counts: [String: Int]) -> JSONValue {
    var object = JSONObject()
    for name in counts.keys.sorted() { object[name] = .integer(counts[name] ?? 0) }
    return .object(object)
  }
}
