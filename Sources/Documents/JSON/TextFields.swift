import Core

/// Which fields of a record are the text, and which go with it.
public struct TextFields: Sendable, Equatable {
  /// The text.
  public var text: TextTemplate
  /// Fields that are kept as attributes, by the names of the attributes.
  public var attributes: [String: FieldPath]
  /// The field that names the record in its place.
  public var id: FieldPath?
  /// The field with the address of the page.
  public var url: FieldPath?
  /// The field with the licence.
  public var licence: FieldPath?
  /// The field with the date.
  public var date: FieldPath?

  /// Fields of a record.
  public init(
    text: TextTemplate = .field("text"), attributes: [String: FieldPath] = [:], id: FieldPath? = nil,
    url: FieldPath? = nil,
    licence: FieldPath? = nil, date: FieldPath? = nil
  ) {
    self.text = text
    self.attributes = attributes
    self.id = id
    self.url = url
    self.licence = licence
    self.date = date
  }

  /// All fields that are read.
  var all: [FieldPath] { text.fields + attributes.values + [id, url, licence, date].compactMap { $0 } }

  /// The provenance with what the fields say.
  func provenance(_ start: Provenance, _ value: (FieldPath) -> JSONValue?) -> Provenance {
    var result = start
    if let id = id.flatMap(value)?.scalarText { result.place += ", id \(id)" }
    result.url = url.flatMap(value)?.scalarText ?? start.url
    result.licence = licence.flatMap(value)?.scalarText ?? start.licence
    result.date = date.flatMap(value)?.scalarText ?? start.date
    return result
  }
}

extension JSONValue {
  /// The text of a string or number.
  var scalarText: String? {
    switch self {
    case .string(let text), .number(let text): text
    default: nil
    }
  }
}
