import Core

/// A value while a template runs, with the meaning that Python gives it.
indirect enum TemplateValue: Sendable {
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case double(Double)
  case string(String)
  case list([TemplateValue])
  case dictionary(TemplateDictionary)
  /// A namespace, whose members can be set: the number of it in the run.
  case namespace(Int)
  case macro(Int)
  case function(String)
  case loop(Int)

  init(_ json: JSONValue) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .number(let digits):
      if let value = json.integerValue { self = .integer(value) } else { self = .double(Double(digits) ?? 0) }
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(elements.map(TemplateValue.init))
    case .object(let object):
      var dictionary = TemplateDictionary()
      for (key, value) in object.members { dictionary[.string(key)] = TemplateValue(value) }
      self = .dictionary(dictionary)
    }
  }

  /// Whether Python takes it for true.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .double(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let elements): !elements.isEmpty
    case .dictionary(let dictionary): !dictionary.keys.isEmpty
    case .namespace, .macro, .function, .loop: true
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  var number: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  var integer: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  /// The name of its type in Python.
  var typeName: String {
    switch self {
    case .undefined: "undefined"
    case .none: "None"
    case .bool: "bool"
    case .integer: "int"
    case .double: "float"
    case .string: "str"
    case .list: "list"
    case .dictionary: "dict"
    case .namespace: "namespace"
    case .macro, .function: "function"
    case .loop: "loop"
    }
  }

  /// The value as Python's `str` writes it.
  var text: String {
    switch self {
    case .undefined: ""
    case .string(let text): text
    default: representation
    }
  }

  /// The value as Python's `repr` writes it.
  var representation: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): String(value)
    case .double(let value): TemplateValue.text(value)
    case .string(let text): TemplateValue.quoted(text)
    case .list(let elements): "[" + elements.map(\.representation).joined(separator: ", ") + "]"
    case .dictionary(let dictionary):
      "{" + dictionary.pairs.map { "\($0.0.representation): \($0.1.representation)" }.joined(separator: ", ") + "}"
    case .namespace: "<Namespace>"
    case .macro: "<Macro>"
    case .function(let name): "<function \(name)>"
    case .loop: "<LoopContext>"
    }
  }

  static func text(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    return "\(value)"
  }

  private static func quoted(_ text: String) -> String {
    let quote: Character = text.contains("'") && !text.contains("\"") ? "\"" : "'"
    var result = String(quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where Character(scalar) == quote: result += "\\\(quote)"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        result += "\\x" + [UInt8(scalar.value)].hexadecimal
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + String(quote)
  }
}

/// A dictionary that keeps the order of its keys.
struct TemplateDictionary: Sendable {
  private(set) var keys: [TemplateValue] = []
  private var values: [TemplateValue] = []
  private var places: [ExactString: Int] = [:]

  var pairs: [(TemplateValue, TemplateValue)] { Array(zip(keys, values)) }

  /// A name that two keys share where Python takes them for equal; nil for what cannot be a key.
  private static func name(_ key: TemplateValue) -> ExactString? {
    switch key {
    case .string(let text): ExactString("s" + text)
    case .none: ExactString("n")
    default: key.number.map { ExactString("d\($0)") }
    }
  }

  subscript(key: TemplateValue) -> TemplateValue? {
    get { TemplateDictionary.name(key).flatMap { places[$0] }.map { values[$0] } }
    set {
      guard let newValue, let name = TemplateDictionary.name(key) else { return }
      if let place = places[name] {
        values[place] = newValue
      } else {
        places[name] = keys.count
        keys.append(key)
        values.append(newValue)
      }
    }
  }
}

extension TemplateValue {
  /// Whether Python takes two values for equal.
  func isEqual(to other: TemplateValue) -> Bool {
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): true
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.list(let a), .list(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.isEqual(to: $1) }
    case (.dictionary(let a), .dictionary(let b)):
      a.keys.count == b.keys.count && a.pairs.allSatisfy { b[$0.0].map($0.1.isEqual) ?? false }
    case (.namespace(let a), .namespace(let b)), (.macro(let a), .macro(let b)): a == b
    default:
      if let a = number, let b = other.number { a == b } else { false }
    }
  }

  /// Whether a value comes before another; nil where Python does not compare them.
  func isLess(than other: TemplateValue) -> Bool? {
    switch (self, other) {
    case (.string(let a), .string(let b)):
      return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
    case (.list(let a), .list(let b)):
      for (x, y) in zip(a, b) where !x.isEqual(to: y) { return x.isLess(than: y) }
      return a.count < b.count
    default:
      if let a = number, let b = other.number { return a < b }
      return nil
    }
  }
}
