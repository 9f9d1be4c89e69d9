import Core
import Curation
import Documents

/// What is in a part of a corpus, and what became of the input that it was made of.
struct PartSummary: Sendable, Equatable {
  /// Records and skips that the reader gave.
  var events = 0
  /// Documents before the steps.
  var found = 0
  /// Documents that stayed.
  var documents = 0
  /// Bytes and characters of the texts that stayed.
  var textBytes = 0
  var characters = 0
  /// What readers and extraction left out.
  var skips = SkipCounts()
  /// What the steps did.
  var steps: [StepReport]
  /// Documents that stayed, by the language that was found.
  var languages: [String: Int] = [:]
  /// Documents that stayed, by the number of binary digits of their characters.
  var lengths = [Int](repeating: 0, count: 48)
  /// Documents that stayed, by licence.
  var licences: [String: Int] = [:]

  init(steps: [StepReport]) { self.steps = steps }

  /// Counts a document that stayed.
  mutating func count(_ document: Document) {
    documents += 1
    let characters = document.text.unicodeScalars.count
    textBytes += document.text.utf8.count
    self.characters += characters
    lengths[min(lengths.count - 1, Int.bitWidth - characters.leadingZeroBitCount)] += 1
    if let language = document.attributes["language"]?.stringValue { languages[language, default: 0] += 1 }
    licences[document.provenance.licence ?? "unknown", default: 0] += 1
  }

  mutating func add(_ other: PartSummary) throws {
    events += other.events
    found += other.found
    documents += other.documents
    textBytes += other.textBytes
    characters += other.characters
    skips.add(other.skips)
    try steps.merge(other.steps)
    languages.merge(other.languages, uniquingKeysWith: +)
    licences.merge(other.licences, uniquingKeysWith: +)
    for index in lengths.indices { lengths[index] += other.lengths[index] }
  }

  var json: JSONObject {
    [
      "events": .integer(events), "found": .integer(found), "documents": .integer(documents),
      "text_bytes": .integer(textBytes), "characters": .integer(characters), "skips": skips.json,
      "steps": .array(steps.map(\.json)), "languages": .counts(languages), "licences": .counts(licences),
      "lengths": .array(lengths.map { .integer($0) }),
    ]
  }

  init(_ fields: JSONFields) throws {
    func number(_ key: String) throws -> Int { try fields.integer(key, in: 0...1 << 52) }
    self.init(steps: try fields.objects("steps").map { try StepReport($0) })
    events = try number("events")
    found = try number("found")
    documents = try number("documents")
    textBytes = try number("text_bytes")
    characters = try number("characters")
    skips = try SkipCounts(fields.fields("skips"))
    languages = try fields.counts("languages")
    licences = try fields.counts("licences")
    let values = (fields.object["lengths"]?.arrayValue ?? []).compactMap(\.integerValue)
    guard values.count == lengths.count else { throw fields.failure("lengths", mustBe: "\(lengths.count) numbers") }
    lengths = values
  }
}
