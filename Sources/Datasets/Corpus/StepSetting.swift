import Core
import Curation

/// A setting of a step that a recipe may give: its key, and where its value goes.
struct StepSetting<Step: DocumentStep>: Sendable {
  let apply: @Sendable (inout OptionReader, inout Step) throws -> Void

  static func bool(_ key: String, _ path: WritableKeyPath<Step, Bool> & Sendable) -> Self {
    Self { options, step in
      if let value = try options.bool(key) { step[keyPath: path] = value }
    }
  }

  static func integer(_ key: String, _ path: WritableKeyPath<Step, Int> & Sendable) -> Self {
    Self { options, step in
      if let value = try options.integer(key) { step[keyPath: path] = value }
    }
  }

  static func number(_ key: String, _ path: WritableKeyPath<Step, Double> & Sendable) -> Self {
    Self { options, step in
      if let value = try options.number(key, in: 0...1e9) { step[keyPath: path] = value }
    }
  }

  static func texts(_ key: String, _ path: WritableKeyPath<Step, [String]> & Sendable) -> Self {
    Self { options, step in
      if let value = try options.texts(key) { step[keyPath: path] = value }
    }
  }

  /// A limit that `false` switches off.
  static func limit(_ key: String, _ path: WritableKeyPath<Step, Int?> & Sendable) -> Self {
    Self { options, step in
      if let value = try options.limit(key, { $0.integerValue.flatMap { $0 >= 0 ? $0 : nil } }) {
        step[keyPath: path] = value
      }
    }
  }

  /// A limit that `false` switches off.
  static func limit(_ key: String, _ path: WritableKeyPath<Step, Double?> & Sendable) -> Self {
    Self { options, step in
      if let value = try options.limit(key, { $0.doubleValue.flatMap { $0 >= 0 ? $0 : nil } }) {
        step[keyPath: path] = value
      }
    }
  }
}
