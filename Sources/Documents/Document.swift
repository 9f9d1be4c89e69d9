import Core

/// A text, and where it is from.
public struct Document: Sendable, Equatable {
  /// The text: paragraphs end in a line feed.
  public var text: String
  /// Where the text is from.
  public var provenance: Provenance
  /// What else is known of it: `title`, `language`, `label`, `messages`, `translation`, by the names that JSONL files use.
  public var attributes: [String: JSONValue]
  /// Whether the next document of the same input goes on with this text, which was too long for one document.
  public var continues: Bool

  /// A document.
  public init(
    text: String, provenance: Provenance, attributes: [String: JSONValue] = [:], continues: Bool = false
  ) {
    self.text = text
    self.provenance = provenance
    self.attributes = attributes
    self.continues = continues
  }
}

/// Where a document is from, so that each token of a model's training can be traced.
public struct Provenance: Sendable, Equatable {
  /// The input: a path, or the address it was fetched from.
  public var input: String
  /// The place in the input, as a person would look it up: "line 12", "record 3, byte 4096", "chapter2.xhtml".
  public var place: String
  /// The address of the page or article.
  public var url: String?
  /// The licence of the text, a name by SPDX where there is one.
  public var licence: String?
  /// When the text was written or fetched, as in the input.
  public var date: String?

  /// The place of a document.
  public init(input: String, place: String, url: String? = nil, licence: String? = nil, date: String? = nil) {
    self.input = input
    self.place = place
    self.url = url
    self.licence = licence
    self.date = date
  }
}
