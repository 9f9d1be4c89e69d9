import Core

// How a rule reads the text of a YAML file.
extension ValueRule {
  /// The value of a node, or nil if it is not what the rule wants.
  package func value(of node: YAMLNode) -> JSONValue? {
    switch self {
    case .integer(let range):
      guard let value = node.plain.flatMap(Self.integer), range.contains(value) else { return nil }
      return .integer(value)
    case .number(let range): return Self.number(node) { range.contains($0) }
    case .numberAbove(let low, let high): return Self.number(node) { $0 > low && $0 <= high }
    case .numberBelow(let high, let low): return Self.number(node) { $0 >= low && $0 < high }
    case .bool:
      switch node.plain {
      case "true", "True", "TRUE": return .bool(true)
      case "false", "False", "FALSE": return .bool(false)
      default: return nil
      }
    case .text: return Self.text(node)
    case .choice(let words): return Self.text(node).flatMap { words.contains($0.stringValue ?? "") ? $0 : nil }
    case .path: return Self.text(node).flatMap { $0 == .string("") ? nil : $0 }
    case .paths, .texts:
      guard case .sequence(let nodes) = node.content else { return Self.text(node).map { .array([$0]) } }
      let texts = nodes.compactMap(Self.text)
      return texts.count == nodes.count ? .array(texts) : nil
    case .list:
      guard case .sequence(let nodes) = node.content else { return nil }
      return .array(nodes.map(Self.anything))
    }
  }

  /// The node as JSON has it; plain scalars that look like numbers and truth values are that.
  private static func anything(_ node: YAMLNode) -> JSONValue {
    switch node.content {
    case .scalar(let text, _):
      if node.isNull { return .null }
      guard let plain = node.plain else { return .string(text) }
      if let value = integer(plain) { return .integer(value) }
      if let value = number(plain) { return .double(value) }
      return ValueRule.bool.value(of: node) ?? .string(text)
    case .sequence(let nodes): return .array(nodes.map(anything))
    case .mapping(let members):
      var object = JSONObject()
      for (key, _, value) in members { object[key] = anything(value) }
      return .object(object)
    }
  }

  private static func text(_ node: YAMLNode) -> JSONValue? {
    guard case .scalar(let text, _) = node.content, !node.isNull else { return nil }
    return .string(text)
  }

  private static func number(_ node: YAMLNode, _ isAllowed: (Double) -> Bool) -> JSONValue? {
    guard let value = node.plain.flatMap(number), isAllowed(value) else { return nil }
    return .double(value)
  }

  /// A whole number: `2000`, `2_000` or `2e3`.
  package static func integer(_ text: String) -> Int? {
    guard let digits = normalized(text) else { return nil }
    if let value = Int(digits) { return value }
    // Doubles count up to here without gaps.
    guard digits.contains("e"), let value = Double(digits), value == value.rounded(), value.magnitude <= 0x1p53
    else { return nil }
    return Int(value)
  }

  /// A finite number: `0.0003`, `3e-4`, `1_000`, `.5`.
  package static func number(_ text: String) -> Double? {
    guard let value = normalized(text).flatMap({ Double($0) }), value.isFinite else { return nil }
    return value
  }

  /// The digits without underscores, or nil if the text is no decimal number.
  private static func normalized(_ text: String) -> String? {
    var result = ""
    var previous: Character = " "
    var digits = 0
    var hasPoint = false
    var exponentAt: Int?
    for character in text {
      switch character {
      case "0"..."9" where character.isASCII: digits += 1
      case "_": if !previous.isASCII || !previous.isNumber { return nil }
      case "+", "-": if !result.isEmpty && previous != "e" && previous != "E" { return nil }
      case "." where !hasPoint && exponentAt == nil: hasPoint = true
      case "e" where exponentAt == nil && digits > 0, "E" where exponentAt == nil && digits > 0:
        if previous == "_" { return nil }
        exponentAt = digits
      default: return nil
      }
      if character != "_" { result.append(character == "E" ? "e" : character) }
      previous = character
    }
    guard digits > 0, previous != "_", exponentAt != digits else { return nil }
    // Double's own reader wants a digit before the point.
    if let point = result.firstIndex(of: "."),
      point == result.startIndex || !result[result.index(before: point)].isNumber
    {
      result.insert("0", at: point)
    }
    return result.hasSuffix(".") ? result + "0" : result
  }
}
