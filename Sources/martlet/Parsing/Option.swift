import Core

/// What the parser and the help need to know of an option, whatever its type.
protocol OptionDescription: Sendable {
  /// The name without its two dashes.
  var name: String { get }
  /// What stands for the value in the help, as in `<n>`, or nil for a flag, which takes none.
  var placeholder: String? { get }
  /// What it does, in one or two lines.
  var help: String { get }
  /// Whether it may be given more than once.
  var isRepeatable: Bool { get }
  /// The value after `text` was given as well.
  ///
  /// Throws: `MartletError` if the text is no value of this option.
  func read(_ text: String, after previous: (any Sendable)?) throws -> any Sendable
}

/// An option of a command with the type of its value: `--top-k <n>`, `--resume`.
struct Option<Value: Sendable>: OptionDescription {
  let name: String
  let placeholder: String?
  let help: String
  let isRepeatable: Bool
  /// The value where the option is not given.
  let defaultValue: Value
  private let add: @Sendable (Value, String) throws -> Value

  fileprivate init(
    _ name: String, _ placeholder: String?, _ help: String, default defaultValue: Value, isRepeatable: Bool = false,
    _ add: @escaping @Sendable (Value, String) throws -> Value
  ) {
    self.name = name
    self.placeholder = placeholder
    self.help = help
    self.isRepeatable = isRepeatable
    self.defaultValue = defaultValue
    self.add = add
  }

  func read(_ text: String, after previous: (any Sendable)?) throws -> any Sendable {
    try add(previous as? Value ?? defaultValue, text)
  }
}

extension Option<Bool> {
  /// An option without a value: off unless given.
  static func flag(_ name: String, _ help: String) -> Self {
    Option(name, nil, help, default: false) { _, _ in true }
  }
}

extension Option<String?> {
  /// An option whose value is any text.
  static func text(_ name: String, _ placeholder: String, _ help: String) -> Self {
    Option(name, placeholder, help, default: nil) { _, text in text }
  }
}

extension Option<String> {
  /// An option whose value is one of a few words.
  static func choice(_ name: String, _ choices: [String], _ help: String) -> Self {
    Option(name, "<\(choices.joined(separator: "|"))>", help, default: choices[0]) { _, text in
      guard choices.contains(text) else {
        throw MartletError(
          .invalidArgument, "--\(name) must be \(choices.joined(separator: " or ")), found '\(text)'",
          remedy: choices.count == 1 ? "Write it as --\(name) \(choices[0])" : "Give one of these.")
      }
      return text
    }
  }
}

extension Option<[String]> {
  /// An option that may be given again and again.
  static func list(_ name: String, _ placeholder: String, _ help: String) -> Self {
    Option(name, placeholder, help, default: [], isRepeatable: true) { $0 + [$1] }
  }
}

extension Option<Int?> {
  /// An option whose value is a whole number.
  static func integer(_ name: String, _ help: String, in range: ClosedRange<Int>) -> Self {
    Option(name, "<n>", help, default: nil) { _, text in try wholeNumber(text, of: "--\(name)", in: range) }
  }
}

extension Option<Double?> {
  /// An option whose value is a number.
  static func number(_ name: String, _ help: String, in range: ClosedRange<Double>) -> Self {
    Option(name, "<number>", help, default: nil) { _, text in
      guard let value = Double(text), range.contains(value) else {
        let bounds =
          range.upperBound == .greatestFiniteMagnitude
          ? "of \(short(range.lowerBound)) or more" : "from \(short(range.lowerBound)) to \(short(range.upperBound))"
        throw MartletError(
          .invalidArgument, "--\(name) must be a number \(bounds), found '\(text)'", remedy: "Correct the value.")
      }
      return value
    }
  }

  private static func short(_ number: Double) -> String { number == number.rounded() ? "\(Int(number))" : "\(number)" }
}

/// A whole number that a person typed.
///
/// Throws: `MartletError` that names `what` and the range.
func wholeNumber(_ text: String, of what: String, in range: ClosedRange<Int>) throws -> Int {
  guard let value = Int(text), range.contains(value) else {
    let bounds =
      range.upperBound == .max
      ? "of \(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
    throw MartletError(
      .invalidArgument, "\(what) must be a whole number \(bounds), found '\(text)'", remedy: "Correct the value.")
  }
  return value
}
