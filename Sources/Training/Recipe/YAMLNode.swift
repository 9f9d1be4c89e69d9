/// A piece of a YAML document with its place in the text.
public struct YAMLNode: Sendable {
  /// What a node is.
  public enum Content: Sendable {
    /// Text; `isPlain` where it had no quotes, so that it may be a number or a truth value.
    case scalar(String, isPlain: Bool)
    /// A list.
    case sequence([YAMLNode])
    /// Keys and values in the order of the text, each key once.
    case mapping([(key: String, place: Place, value: YAMLNode)])
  }

  /// A place in a text; both count from 1.
  public struct Place: Sendable, Hashable {
    /// The line.
    public var line: Int
    /// The column.
    public var column: Int
  }

  /// What it is.
  public var content: Content
  /// Where it begins.
  public var place: Place

  /// The text of a scalar without quotes.
  var plain: String? { if case .scalar(let text, true) = content { text } else { nil } }

  /// Whether it says that there is no value.
  var isNull: Bool { plain.map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false }

  /// The node as a short text for errors.
  var found: String {
    switch content {
    case .scalar(let text, let isPlain):
      let short = text.count > 40 ? text.prefix(40) + "…" : text
      return isNull ? "nothing" : isPlain ? "\(short)" : "the text \"\(short)\""
    case .sequence: return "a list"
    case .mapping: return "a section"
    }
  }
}
