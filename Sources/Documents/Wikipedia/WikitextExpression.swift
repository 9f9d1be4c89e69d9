#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The arithmetic of `#expr`.
///
/// Source: the operators and their order are those of MediaWiki's extension ParserFunctions.
struct WikitextExpression {
  private let bytes: [UInt8]
  private var at = 0
  private var depth = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The value of an expression; nil if it is none, or its value is no number.
  static func value(_ bytes: [UInt8]) -> Double? {
    guard bytes.count <= 10_000 else { return nil }
    var expression = WikitextExpression(bytes.filter { $0 != Mark.vanished })
    guard let value = expression.alternative(), expression.peek() == nil, value.isFinite else { return nil }
    return value
  }

  /// A value as wikis write it, with up to 14 digits.
  static func text(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
    var buffer = [CChar](repeating: 0, count: 64)
    let length = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%.14G", $0) }
    return String(decoding: buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private mutating func peek() -> UInt8? {
    while at < bytes.count, WikitextBytes.isSpace(bytes[at]) { at += 1 }
    return at < bytes.count ? bytes[at] : nil
  }

  private mutating func take(_ symbol: String) -> Bool {
    guard peek() != nil, bytes[at...].starts(with: symbol.utf8) else { return false }
    at += symbol.utf8.count
    return true
  }

  /// The word here, in lower case.
  private mutating func word() -> String {
    guard peek() != nil else { return "" }
    var end = at
    while end < bytes.count, WikitextBytes.isLetter(bytes[end]) || (end > at && WikitextBytes.isDigit(bytes[end])) {
      end += 1
    }
    return WikitextBytes.string(bytes, at..<end).lowercased()
  }

  private mutating func take(word expected: String) -> Bool {
    guard word() == expected else { return false }
    at += expected.utf8.count
    return true
  }

  private mutating func alternative() -> Double? {
    guard var left = conjunction() else { return nil }
    while take(word: "or") {
      guard let right = conjunction() else { return nil }
      left = left != 0 || right != 0 ? 1 : 0
    }
    return left
  }

  private mutating func conjunction() -> Double? {
    guard var left = comparison() else { return nil }
    while take(word: "and") {
      guard let right = comparison() else { return nil }
      left = left != 0 && right != 0 ? 1 : 0
    }
    return left
  }

  private mutating func comparison() -> Double? {
    guard var left = rounding() else { return nil }
    while true {
      let compare: (Double, Double) -> Bool
      if take("<=") {
        compare = (<=)
      } else if take(">=") {
        compare = (>=)
      } else if take("<>") || take("!=") {
        compare = (!=)
      } else if take("<") {
        compare = (<)
      } else if take(">") {
        compare = (>)
      } else if take("=") {
        compare = (==)
      } else {
        return left
      }
      guard let right = rounding() else { return nil }
      left = compare(left, right) ? 1 : 0
    }
  }

  private mutating func rounding() -> Double? {
    guard var left = sum() else { return nil }
    while take(word: "round") {
      guard let digits = sum() else { return nil }
      let scale = pow(10, min(max(digits.rounded(.towardZero), -300), 300))
      let scaled = (left * scale).rounded(.toNearestOrAwayFromZero) / scale
      if scaled.isFinite { left = scaled }
    }
    return left
  }

  private mutating func sum() -> Double? {
    guard var left = product() else { return nil }
    while true {
      if take("+") {
        guard let right = product() else { return nil }
        left += right
      } else if take("-") || take("−") {
        guard let right = product() else { return nil }
        left -= right
      } else {
        return left
      }
    }
  }

  private mutating func product() -> Double? {
    guard var left = power() else { return nil }
    while true {
      if take("*") {
        guard let right = power() else { return nil }
        left *= right
      } else if take("/") || take(word: "div") {
        guard let right = power(), right != 0 else { return nil }
        left /= right
      } else if take(word: "mod") {
        guard let right = power(), right.rounded(.towardZero) != 0 else { return nil }
        left = fmod(left.rounded(.towardZero), right.rounded(.towardZero))
      } else if take(word: "fmod") {
        guard let right = power(), right != 0 else { return nil }
        left = fmod(left, right)
      } else {
        return left
      }
    }
  }

  private mutating func power() -> Double? {
    guard var left = unary() else { return nil }
    while true {
      if take("^") {
        guard let right = unary() else { return nil }
        left = pow(left, right)
      } else if word() == "e", take(word: "e") {
        guard let right = unary() else { return nil }
        left *= pow(10, right)
      } else {
        return left
      }
    }
  }

  private mutating func unary() -> Double? {
    depth += 1
    defer { depth -= 1 }
    guard depth < 60, let first = peek() else { return nil }
    if take("-") || take("−") { return unary().map { -$0 } }
    if take("+") { return unary() }
    if take("(") {
      guard let value = alternative(), take(")") else { return nil }
      return value
    }
    if WikitextBytes.isDigit(first) || first == UInt8(ascii: ".") { return number() }
    let name = word()
    at += name.utf8.count
    switch name {
    case "pi": return Double.pi
    case "e": return M_E
    default: break
    }
    guard let function = Self.functions[name], let value = unary() else { return nil }
    return function(value)
  }

  private mutating func number() -> Double? {
    var end = at
    while end < bytes.count, WikitextBytes.isDigit(bytes[end]) || bytes[end] == UInt8(ascii: ".") { end += 1 }
    let text = WikitextBytes.string(bytes, at..<end)
    at = end
    return Double(text.hasSuffix(".") ? text + "0" : text)
  }

  private static let functions: [String: @Sendable (Double) -> Double] = [
    "not": { $0 == 0 ? 1 : 0 }, "abs": { abs($0) }, "ceil": { $0.rounded(.up) }, "floor": { $0.rounded(.down) },
    "trunc": { $0.rounded(.towardZero) }, "sqrt": { $0.squareRoot() }, "exp": { exp($0) }, "ln": { log($0) },
    "sin": { sin($0) }, "cos": { cos($0) }, "tan": { tan($0) }, "asin": { asin($0) }, "acos": { acos($0) },
    "atan": { atan($0) },
  ]
}
