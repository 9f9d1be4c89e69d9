import Core

/// How a text is made of fields: one field, or several with text between them, as in `{title}\n\n{body}`.
public struct TextTemplate: Sendable, Equatable {
  /// A part of the text.
  public enum Part: Sendable, Equatable {
    /// Text as it is.
    case literal(String)
    /// The text of a field.
    case field(FieldPath)
  }

  /// The parts in order.
  public let parts: [Part]
  /// The fields, each once, in order.
  public let fields: [FieldPath]
  /// Whether the text is one field and nothing else.
  let isOneField: Bool

  private init(_ parts: [Part]) {
    self.parts = parts
    var fields: [FieldPath] = []
    for case .field(let path) in parts where !fields.contains(path) { fields.append(path) }
    self.fields = fields
    isOneField = parts.count == 1 && fields.count == 1
  }

  /// The text of one field.
  public static func field(_ path: FieldPath) -> TextTemplate { TextTemplate([.field(path)]) }

  /// A template with names of fields in braces; `{{` and `}}` are braces of the text.
  ///
  /// Throws: `MartletError` with code `invalidArgument` for a brace without its pair or a template without a field.
  public init(parsing text: String) throws {
    func failure(_ message: String) -> MartletError {
      MartletError(
        .invalidArgument, "\(message) in the template \"\(text)\"",
        remedy: "Write fields in braces, as in \"{title}\\n{body}\", and braces of the text as {{ and }}.")
    }
    var parts: [Part] = []
    var literal: [UInt8] = []
    let bytes = Array(text.utf8)
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      let isDouble = place + 1 < bytes.count && bytes[place + 1] == byte
      switch byte {
      case UInt8(ascii: "{") where !isDouble:
        guard let end = bytes[place...].firstIndex(of: UInt8(ascii: "}")), end > place + 1 else {
          throw failure("there is a { without a name and }")
        }
        if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
        literal = []
        parts.append(.field(FieldPath(String(decoding: bytes[(place + 1)..<end], as: UTF8.self))))
        place = end + 1
      case UInt8(ascii: "}") where !isDouble: throw failure("there is a } without {")
      default:
        literal.append(byte)
        place += byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") ? 2 : 1
      }
    }
    if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
    self.init(parts)
    if fields.isEmpty { throw failure("there is no field") }
  }

  /// The text with the fields' texts; `value` gives nil to give up.
  func text(_ value: (FieldPath) -> String?) -> String? {
    if isOneField { return value(fields[0]) }
    var result = ""
    for part in parts {
      switch part {
      case .literal(let text): result += text
      case .field(let path):
        guard let text = value(path) else { return nil }
        result += text
      }
    }
    return result
  }
}
