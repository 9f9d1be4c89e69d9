import Core

/// The filter `tojson` as chat templates have it: Python's `json.dumps` with characters as they are.
struct TemplateJSON {
  private var indent: String?
  private var itemSeparator = ", "
  private var keySeparator = ": "
  private var sortsKeys = false

  init(_ call: TemplateCall) throws {
    if let width = call.value(0, "indent") {
      if let count = width.integer {
        indent = String(repeating: " ", count: min(max(0, count), 100))
      } else if case .string(let text) = width {
        indent = text
      }
      if indent != nil { itemSeparator = "," }
    }
    if case .list(let parts)? = call.named["separators"], parts.count == 2 {
      (itemSeparator, keySeparator) = (parts[0].text, parts[1].text)
    }
    sortsKeys = call.named["sort_keys"]?.isTrue ?? false
  }

  func text(_ value: TemplateValue, _ run: TemplateRun) throws -> String {
    var text = ""
    try write(value, run, level: 0, to: &text)
    try run.spend(text: text.utf8.count)
    return text
  }

  private func write(_ value: TemplateValue, _ run: TemplateRun, level: Int, to text: inout String) throws {
    try run.spend()
    guard level < 100 else { throw run.failure("the value is nested too deeply") }
    func newLine(_ level: Int) {
      if let indent { text += "\n" + String(repeating: indent, count: level) }
    }
    switch value {
    case .none: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += String(number)
    case .double(let number):
      text +=
        number.isNaN ? "NaN" : number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : TemplateValue.text(number)
    case .string(let string): text += JSONValue.string(string).text()
    case .list(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += itemSeparator }
        newLine(level + 1)
        try write(element, run, level: level + 1, to: &text)
      }
      if !elements.isEmpty { newLine(level) }
      text += "]"
    case .dictionary(let dictionary):
      var pairs = dictionary.pairs
      if sortsKeys { pairs.sort { $0.0.text.unicodeScalars.lexicographicallyPrecedes($1.0.text.unicodeScalars) } }
      text += "{"
      for (index, (key, element)) in pairs.enumerated() {
        if index > 0 { text += itemSeparator }
        newLine(level + 1)
        text += JSONValue.string(key.text).text() + keySeparator
        try write(element, run, level: level + 1, to: &text)
      }
      if !pairs.isEmpty { newLine(level) }
      text += "}"
    default: throw run.failure("a \(value.typeName) cannot be written as JSON")
    }
  }
}
