/// A piece of a YAML document with its place in the text.
package struct YAMLNode: Sendable {
  /// What a node is.
  package enum Content: Sendable {
    /// Text; `isPlain` where it had no quotes, so that it may be a number or a truth value.
    case scalar(String, isPlain: Bool)
    /// A list.
    case sequence([YAMLNode])
    /// Keys and values in the order of the text, each key once.
    case mapping([(key: String, place: Place, value: YAMLNode)])
  }

  /// A place in a text; both count from 1.
  package struct Place: Sendable, Hashable {
    /// The line.
    package var line: Int
    /// The column.
    package var column: Int

    /// A place.
    package init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  /// What it is.
  package var content: Content
  /// Where it begins.
  package var place: Place

  /// A node.
  package init(content: Content, place: Place) {
    self.content = content
    self.place = place
  }

  /// The text of a scalar without quotes.
  package var plain: String? { if case .scalar(let text, true) = content { text } else { nil } }

  /// Whether it says that there is no value.
  package var isNull: Bool { plain.map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false }

  /// The node as a short text for errors.
  package var found: String {
    switch content {
    case .scalar(let text, let isPlain):
      let short = text.count > 40 ? text.prefix(40) + "…" : text
      return isNull ? "nothing" : isPlain ? "\(short)" : "the text \"\(short)\""
    case .sequence: return "a list"
    case .mapping: return "a section"
    }
  }
}
