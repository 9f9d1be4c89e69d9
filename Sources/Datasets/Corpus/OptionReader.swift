import Core

/// Reads the settings of a source or step one by one; what nobody has read in the end is an error.
struct OptionReader {
  /// The settings that were not read yet.
  private(set) var rest: JSONObject
  private let name: String
  private let place: String
  private var known: [String] = []

  /// - Parameters:
  ///   - name: what the settings belong to, as in `data.steps[2].deduplicate`.
  ///   - place: the file that they are in.
  init(_ options: JSONObject, name: String, at place: String) {
    rest = options
    self.name = name
    self.place = place
  }

  private mutating func take<T>(_ key: String, _ expected: String, _ read: (JSONValue) -> T?) throws -> T? {
    known.append(key)
    guard let value = rest[key] else { return nil }
    rest[key] = nil
    if value == .null { return nil }
    guard let result = read(value) else { throw wrong(key, mustBe: expected, found: value) }
    return result
  }

  /// The error that a setting has not what it must have.
  func wrong(_ key: String, mustBe expected: String, found: JSONValue? = nil) -> MartletError {
    let found = found.map { ", found \(Terminal.fit($0.text(), columns: 60))" } ?? ""
    return MartletError(
      .invalidArgument, "\(name).\(key) must be \(expected)\(found)", at: place,
      remedy: "docs/DATA.md shows all sources and steps.")
  }

  mutating func text(_ key: String) throws -> String? { try take(key, "a text", \.stringValue) }

  mutating func texts(_ key: String) throws -> [String]? {
    try take(key, "a text or a list of texts") { value in
      if let text = value.stringValue { return [text] }
      guard let list = value.arrayValue else { return nil }
      let texts = list.compactMap(\.stringValue)
      return texts.count == list.count ? texts : nil
    }
  }

  mutating func bool(_ key: String) throws -> Bool? { try take(key, "true or false", \.boolValue) }

  mutating func integer(_ key: String, in range: ClosedRange<Int> = 0...1 << 48) throws -> Int? {
    try take(key, "a whole number, \(range.lowerBound) to \(range.upperBound)") { value in
      value.integerValue.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  mutating func number(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
    try take(key, "a number, \(ValueRule.short(range.lowerBound)) to \(ValueRule.short(range.upperBound))") { value in
      value.doubleValue.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// A limit that can be switched off with `false`: nil if it is not given, nil inside if it is off.
  mutating func limit<Value>(_ key: String, _ read: (JSONValue) -> Value?) throws -> Value?? {
    try take(key, "a number of 0 or more, or false") { value -> Value?? in
      value == .bool(false) ? .some(.none) : read(value).map { .some($0) }
    }
  }

  /// One of some words.
  mutating func word<Word: RawRepresentable & CaseIterable>(_ key: String, _: Word.Type) throws -> Word?
  where Word.RawValue == String {
    let words = Word.allCases.map(\.rawValue)
    return try take(key, "one of \(words.joined(separator: ", "))") { $0.stringValue.flatMap(Word.init(rawValue:)) }
  }

  /// Throws: `MartletError` if a setting is left that nobody has asked for.
  func finish() throws {
    guard let key = rest.keys.first else { return }
    let near = nearestName(to: key, among: known)
    throw MartletError(
      .invalidArgument, "\(name) has no setting '\(key)'", at: place,
      remedy: near.map { "Did you mean \($0)?" }
        ?? (known.isEmpty ? "It has no settings." : "It has: \(known.joined(separator: ", "))."))
  }
}
