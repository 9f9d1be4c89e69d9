import Core

/// A key of a recipe: its name, what it may hold, what it means, and where it is kept.
///
/// `all` is the one list of them: reading, checking, writing, `martlet recipe` and docs/RECIPE.md come from it.
public struct RecipeKey: Sendable {
  /// The name with its section, as in `train.learning_rate`.
  public let name: String
  /// What it may hold.
  public let rule: ValueRule
  /// What it means, one sentence.
  public let documentation: String
  /// A value that makes sense.
  public let example: String
  /// What it holds when it is not given, in words where that depends on other keys.
  public let defaultText: String
  /// Whether another value makes other weights. A run can be resumed with other values of the keys that don't.
  public let changesWeights: Bool
  /// Names that other programs use for it, for suggestions.
  let otherNames: [String]

  let store: @Sendable (inout Recipe, JSONValue) -> Void
  let load: @Sendable (Recipe) -> JSONValue
  /// Whether it may be null, which stands for the default.
  let isOptional: Bool

  /// The value in `recipe`, or null if it has none.
  public func value(in recipe: Recipe) -> JSONValue { load(recipe) }

  /// How a field of a recipe is turned into a value and back.
  struct Field<Value: Sendable>: Sendable {
    let path: WritableKeyPath<Recipe, Value> & Sendable
    let toJSON: @Sendable (Value) -> JSONValue
    let fromJSON: @Sendable (JSONValue) -> Value?
    let isOptional: Bool

    init(
      _ path: WritableKeyPath<Recipe, Value> & Sendable, isOptional: Bool = false,
      _ toJSON: @escaping @Sendable (Value) -> JSONValue, _ fromJSON: @escaping @Sendable (JSONValue) -> Value?
    ) {
      self.path = path
      self.isOptional = isOptional
      self.toJSON = toJSON
      self.fromJSON = fromJSON
    }
  }

  init<Value>(
    _ name: String, _ field: Field<Value>, _ rule: ValueRule, default fallback: String? = nil, example: String,
    changesWeights: Bool = true, otherNames: [String] = [], _ documentation: String
  ) {
    self.name = name
    self.rule = rule
    self.documentation = documentation
    self.example = example
    self.changesWeights = changesWeights
    self.otherNames = otherNames
    isOptional = field.isOptional
    store = { recipe, json in
      // The rule has checked the value; null is let through for optional fields only.
      if let value = field.fromJSON(json) { recipe[keyPath: field.path] = value }
    }
    load = { field.toJSON($0[keyPath: field.path]) }
    let value = field.toJSON(Recipe()[keyPath: field.path])
    defaultText = fallback ?? (value == .string("") ? "empty" : RecipeText.scalar(value))
  }
}

// Fields by the type that they have in `Recipe`.
extension RecipeKey.Field {
  static func int(_ path: WritableKeyPath<Recipe, Int> & Sendable) -> Self where Value == Int {
    Self(path, { .integer($0) }, { $0.integerValue })
  }
  static func optionalInt(_ path: WritableKeyPath<Recipe, Int?> & Sendable) -> Self where Value == Int? {
    Self(path, isOptional: true, { $0.map(JSONValue.integer) ?? .null }, { .some($0.integerValue) })
  }
  static func double(_ path: WritableKeyPath<Recipe, Double> & Sendable) -> Self where Value == Double {
    Self(path, { .double($0) }, { $0.doubleValue })
  }
  static func bool(_ path: WritableKeyPath<Recipe, Bool> & Sendable) -> Self where Value == Bool {
    Self(path, { .bool($0) }, { $0.boolValue })
  }
  static func text(_ path: WritableKeyPath<Recipe, String> & Sendable) -> Self where Value == String {
    Self(path, { .string($0) }, { $0.stringValue })
  }
  static func optionalText(_ path: WritableKeyPath<Recipe, String?> & Sendable) -> Self where Value == String? {
    Self(path, isOptional: true, { $0.map(JSONValue.string) ?? .null }, { .some($0.stringValue) })
  }
  static func texts(_ path: WritableKeyPath<Recipe, [String]> & Sendable) -> Self where Value == [String] {
    Self(path, { .array($0.map(JSONValue.string)) }, { $0.arrayValue?.compactMap(\.stringValue) })
  }
  static func list(_ path: WritableKeyPath<Recipe, [JSONValue]> & Sendable) -> Self where Value == [JSONValue] {
    Self(path, { .array($0) }, { $0.arrayValue })
  }
  static func word(_ path: WritableKeyPath<Recipe, Value> & Sendable) -> Self
  where Value: RawRepresentable, Value.RawValue == String {
    Self(path, { .string($0.rawValue) }, { $0.stringValue.flatMap(Value.init(rawValue:)) })
  }
}

extension ValueRule {
  /// The words of an enumeration.
  static func words<Word: CaseIterable & RawRepresentable>(_: Word.Type) -> ValueRule where Word.RawValue == String {
    .choice(Word.allCases.map(\.rawValue))
  }
  /// A whole number of at least `low`.
  static func integer(from low: Int) -> ValueRule { .integer(low...largestCount) }
  /// A number of at least `low`.
  static func number(from low: Double) -> ValueRule { .number(low...Double.infinity) }
}
