/// Why a record of a text, a table or a JSON file gives no document.
public enum SkipReason: String, Sendable, CaseIterable {
  /// A record of a JSON source that is not JSON.
  case notJSON = "not_json"
  /// A record of a JSON source that is JSON but no object.
  case notAnObject = "not_an_object"
  /// An element of an XML source that is not XML.
  case notXML = "not_xml"
  /// A record of a JSON source that is nested deeper than `JSONReader.maximumDepth`.
  case nestedTooDeep = "nested_too_deep"
  /// A record without the text field.
  case noText = "no_text"
  /// A record whose text field is no string.
  case textNotAString = "text_not_a_string"
  /// A text with NUL bytes, as binary files and UTF-16 have them.
  case nulBytes = "nul_bytes"
  /// A record beyond the limit.
  case tooLong = "too_long"
  /// Broken UTF-8, where it is to be dropped and not repaired.
  case brokenUTF8 = "broken_utf8"
  /// Nothing but white space.
  case empty = "empty"
  /// The input ends inside a record.
  case cutOff = "cut_off"
  /// A row of a table with fewer fields than the header or the first row.
  case tooFewFields = "too_few_fields"
  /// A row of a table with more fields than the header or the first row.
  case tooManyFields = "too_many_fields"
  /// A row of a table with a quote that nothing closes; reading goes on in the next line.
  case unclosedQuote = "unclosed_quote"
}

extension Skip {
  /// Something left out of an input, with the beginning of what it was.
  package init(_ reason: SkipReason, _ provenance: Provenance, sample: some Collection<UInt8> = []) {
    self.init(reason: reason.rawValue, provenance, sample: sample)
  }

  package init(reason: String, _ provenance: Provenance, sample: some Collection<UInt8> = []) {
    self.init(
      reason: reason, place: "\(provenance.input), \(provenance.place)",
      sample: String(decoding: sample.prefix(Self.sampleBytes), as: UTF8.self))
  }

  /// How much of what was left out is shown.
  private static var sampleBytes: Int { 160 }
}
