import Core
import YAML

/// Writes recipes as YAML, always in the same form.
enum RecipeText {
  /// A value on one line, as YAML reads it back.
  static func scalar(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): needsQuotes(text) ? quoted(value) : text
    case .array, .object: flow(value)
    case .number(let digits) where digits.hasSuffix(".0"): String(digits.dropLast(2))
    default: value.text()
    }
  }

  /// Lists and sections in brackets.
  private static func flow(_ value: JSONValue) -> String {
    switch value {
    case .array(let elements): "[" + elements.map(flow).joined(separator: ", ") + "]"
    case .object(let object):
      "{" + object.members.map { quoted(.string($0)) + ": " + flow($1) }.joined(separator: ", ") + "}"
    default: quoted(value)
    }
  }

  /// A text in double quotes: JSON's form, with an escape for what YAML does not allow or takes for a line break.
  private static func quoted(_ value: JSONValue) -> String {
    var text = ""
    for scalar in value.text().unicodeScalars {
      switch scalar.value {
      case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// Whether a text without quotes would be read as something else.
  private static func needsQuotes(_ text: String) -> Bool {
    let isWord = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "/"):
        true
      default: false
      }
    }
    guard isWord, let first = text.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: ".") else {
      return true
    }
    if ValueRule.number(text) != nil { return true }
    return ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
  }

  /// All keys of a recipe that hold something.
  static func whole(_ recipe: Recipe) -> String {
    var lines: [String] = []
    var open: [Substring] = []
    func add(_ name: String, _ value: JSONValue) {
      let parts = name.split(separator: ".")
      let sections = Array(parts.dropLast())
      let shared = zip(open, sections).prefix { $0 == $1 }.count
      for (level, section) in sections.enumerated().dropFirst(shared) {
        lines.append(indent(level) + section + ":")
      }
      open = sections
      lines.append(indent(sections.count) + (parts.last ?? "") + ": " + scalar(value))
    }
    for key in RecipeKey.all {
      let value = key.value(in: recipe)
      if value != .null { add(key.name, value) }
      if key.name == "model.from" {
        for name in recipe.model.configuration.keys {
          add("model." + name, recipe.model.configuration[name] ?? .null)
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func indent(_ level: Int) -> String { String(repeating: "  ", count: level) }
}
