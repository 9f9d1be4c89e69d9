import Core

/// A setting that a recipe may give of something: its key, and where its value goes.
struct Setting<Target>: Sendable {
  let apply: @Sendable (inout OptionReader, inout Target) throws -> Void

  private init<Value>(
    _ path: WritableKeyPath<Target, Value> & Sendable,
    _ read: @escaping @Sendable (inout OptionReader) throws -> Value?
  ) {
    apply = { options, target in
      if let value = try read(&options) { target[keyPath: path] = value }
    }
  }

  static func bool(_ key: String, _ path: WritableKeyPath<Target, Bool> & Sendable) -> Self {
    Self(path) { try $0.bool(key) }
  }

  static func integer(
    _ key: String, _ path: WritableKeyPath<Target, Int> & Sendable, in range: ClosedRange<Int> = 0...1 << 48
  ) -> Self {
    Self(path) { try $0.integer(key, in: range) }
  }

  static func number(
    _ key: String, _ path: WritableKeyPath<Target, Double> & Sendable, in range: ClosedRange<Double> = 0...1e9
  ) -> Self {
    Self(path) { try $0.number(key, in: range) }
  }

  static func text(_ key: String, _ path: WritableKeyPath<Target, String> & Sendable) -> Self {
    Self(path) { try $0.text(key) }
  }

  static func texts(_ key: String, _ path: WritableKeyPath<Target, [String]> & Sendable) -> Self {
    Self(path) { try $0.texts(key) }
  }

  static func texts(_ key: String, _ path: WritableKeyPath<Target, Set<String>> & Sendable) -> Self {
    Self(path) { try $0.texts(key).map(Set.init) }
  }

  /// One of some words.
  static func word<Word: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ path: WritableKeyPath<Target, Word> & Sendable
  ) -> Self where Word.RawValue == String {
    Self(path) { try $0.word(key, Word.self) }
  }

  /// A limit that `false` switches off.
  static func limit(_ key: String, _ path: WritableKeyPath<Target, Int?> & Sendable) -> Self {
    Self(path) { try $0.limit(key) { $0.integerValue.flatMap { $0 >= 0 ? $0 : nil } } }
  }

  /// A limit that `false` switches off.
  static func limit(_ key: String, _ path: WritableKeyPath<Target, Double?> & Sendable) -> Self {
    Self(path) { try $0.limit(key) { $0.doubleValue.flatMap { $0 >= 0 ? $0 : nil } } }
  }
}

extension OptionReader {
  /// What begins as `start`, with the settings that the recipe gives.
  ///
  /// Throws: `MartletError` that names the setting.
  mutating func read<Target>(_ settings: [Setting<Target>], from start: Target) throws -> Target {
    var target = start
    for setting in settings { try setting.apply(&self, &target) }
    return target
  }
}
