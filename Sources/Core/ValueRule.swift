/// What a key of a recipe or of a model's configuration may hold.
public enum ValueRule: Sendable, Hashable {
  /// A whole number in a range.
  case integer(ClosedRange<Int>)
  /// A number in a range.
  case number(ClosedRange<Double>)
  /// A number above the first and at most the second.
  case numberAbove(Double, upTo: Double)
  /// A number of at least the first and below the second.
  case numberBelow(Double, from: Double)
  /// `true` or `false`.
  case bool
  /// Any text.
  case text
  /// One of some words.
  case choice([String])
  /// The path of a file or folder.
  case path
  /// A path, or a list of them.
  case paths
  /// A text, or a list of them.
  case texts
  /// A list of names, or of sections with keys of their own, which are checked where they are used.
  case list

  /// The largest count of steps, tokens or files: far beyond what runs have, and safe to add and multiply by small
  /// numbers.
  public static let largestCount = 1 << 48

  /// The name of the type, for tables.
  public var typeName: String {
    switch self {
    case .integer: "integer"
    case .number, .numberAbove, .numberBelow: "number"
    case .bool: "true or false"
    case .text: "text"
    case .choice(let words): words.joined(separator: ", ")
    case .path: "path"
    case .paths: "path or list of paths"
    case .texts: "text or list of texts"
    case .list: "list"
    }
  }

  /// The values that are allowed, in words, or nil if that goes without saying.
  public var range: String? {
    switch self {
    case .integer(let range) where range.upperBound == Self.largestCount: "\(range.lowerBound) or more"
    case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .number(let range) where range.upperBound == .infinity: "\(Self.short(range.lowerBound)) or more"
    case .number(let range): "\(Self.short(range.lowerBound)) to \(Self.short(range.upperBound))"
    case .numberAbove(let low, .infinity): "above \(Self.short(low))"
    case .numberAbove(let low, let high): "above \(Self.short(low)), up to \(Self.short(high))"
    case .numberBelow(let high, let low): "\(Self.short(low)) or more, below \(Self.short(high))"
    case .bool, .text, .choice, .path, .paths, .texts, .list: nil
    }
  }

  /// What an error says that must be there.
  public var expectation: String {
    switch self {
    case .integer: "a whole number, " + (range ?? "")
    case .number, .numberAbove, .numberBelow: "a number, " + (range ?? "")
    case .bool: "true or false"
    case .text: "a text"
    case .choice(let words): "one of " + words.joined(separator: ", ")
    case .path: "a path"
    case .paths: "a path or a list of paths"
    case .texts: "a text or a list of texts"
    case .list: "a list"
    }
  }

  /// Whether the value is text, so that a flag's value is taken as it stands.
  public var isText: Bool {
    switch self {
    case .text, .choice, .path, .paths, .texts: true
    default: false
    }
  }

  /// Whether a value is one that the rule wants.
  public func accepts(_ value: JSONValue) -> Bool {
    switch self {
    case .integer(let range): value.integerValue.map(range.contains) ?? false
    case .number(let range): value.doubleValue.map(range.contains) ?? false
    case .numberAbove(let low, let high): value.doubleValue.map { $0 > low && $0 <= high } ?? false
    case .numberBelow(let high, let low): value.doubleValue.map { $0 >= low && $0 < high } ?? false
    case .bool: value.boolValue != nil
    case .text: value.stringValue != nil
    case .choice(let words): value.stringValue.map(words.contains) ?? false
    case .path: value.stringValue.map { !$0.isEmpty } ?? false
    case .paths, .texts: value.arrayValue.map { $0.allSatisfy { $0.stringValue != nil } } ?? false
    case .list: value.arrayValue != nil
    }
  }

  /// A number as people write it: `0`, `0.5`, `1e-06`.
  public static func short(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
