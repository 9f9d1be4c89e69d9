/// A JSON value whose strings are UTF-8 bytes and whose objects keep the order of their keys.
///
/// Swift's `String` takes "é" and "e" + U+0301 for equal, which two tokens of a vocabulary are not.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string([UInt8])
  case array([JSONValue])
  case object([JSONMember])

  package static func string(_ text: String) -> JSONValue { .string(Array(text.utf8)) }

  /// The value of a key of an object; the last one where a key comes twice.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key.elementsEqual(key.utf8) }?.value
  }

  /// What kind of value this is, as messages name it.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A key of an object and its value.
package struct JSONMember: Sendable, Equatable {
  package var key: [UInt8]
  package var value: JSONValue

  package init(_ key: [UInt8], _ value: JSONValue) {
    self.key = key
    self.value = value
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByIntegerLiteral
{
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { JSONMember(Array($0.0.utf8), $0.1) })
  }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(nilLiteral: ()) { self = .null }
  package init(integerLiteral value: Int64) { self = .integer(value) }
}

extension JSONValue {
  /// The value as JSON text; `indented` gives each member and element a line of its own, three levels deep.
  package func written(indented: Bool = false) -> [UInt8] {
    var result: [UInt8] = []
    write(into: &result, level: indented ? 0 : nil)
    return result
  }

  private func write(into result: inout [UInt8], level: Int?) {
    switch self {
    case .null: result += Array("null".utf8)
    case .bool(let value): result += Array((value ? "true" : "false").utf8)
    case .integer(let value): result += Array(String(value).utf8)
    case .number(let value): result += Array((value.isFinite ? "\(value)" : "null").utf8)
    case .string(let bytes): JSONValue.write(bytes, into: &result)
    case .array(let values):
      writeList(values, open: "[", close: "]", into: &result, level: level) { value, level, result in
        value.write(into: &result, level: level)
      }
    case .object(let members):
      writeList(members, open: "{", close: "}", into: &result, level: level) { member, level, result in
        JSONValue.write(member.key, into: &result)
        result += level == nil ? [UInt8(ascii: ":")] : [UInt8(ascii: ":"), UInt8(ascii: " ")]
        member.value.write(into: &result, level: level)
      }
    }
  }

  private func writeList<Element>(
    _ elements: [Element], open: Unicode.Scalar, close: Unicode.Scalar, into result: inout [UInt8], level: Int?,
    _ write: (Element, Int?, inout [UInt8]) -> Void
  ) {
    result.append(UInt8(ascii: open))
    let inner = level.flatMap { $0 < 3 ? $0 + 1 : nil }
    func newLine(_ level: Int?) {
      guard let level else { return }
      result.append(UInt8(ascii: "\n"))
      result += Array(repeating: UInt8(ascii: " "), count: 2 * level)
    }
    for (index, element) in elements.enumerated() {
      if index > 0 { result.append(UInt8(ascii: ",")) }
      newLine(inner)
      write(element, inner, &result)
    }
    if !elements.isEmpty, inner != nil { newLine(level) }
    result.append(UInt8(ascii: close))
  }

  /// Appends a string in quotes, with what JSON forbids inside them escaped.
  package static func write(_ bytes: [UInt8], into result: inout [UInt8]) {
    result.append(UInt8(ascii: "\""))
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case 0x0A: result += Array("\\n".utf8)
      case 0x0D: result += Array("\\r".utf8)
      case 0x09: result += Array("\\t".utf8)
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        result += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: result.append(byte)
      }
    }
    result.append(UInt8(ascii: "\""))
  }
}
