import Core

/// Why a document was left out.
public enum SkipReason: String, Sendable, CaseIterable {
  /// A line of a JSONL file that is not JSON.
  case notJSON = "not_json"
  /// A line of a JSONL file that is JSON but no object.
  case notAnObject = "not_an_object"
  /// An object without the text field.
  case noText = "no_text"
  /// An object whose text field is no string.
  case textNotAString = "text_not_a_string"
  /// A text with NUL bytes, as binary files and UTF-16 have them.
  case nulBytes = "nul_bytes"
  /// A line or document beyond the limit.
  case tooLong = "too_long"
  /// Broken UTF-8, where it is to be dropped and not repaired.
  case brokenUTF8 = "broken_utf8"
  /// Nothing but white space.
  case empty = "empty"
}

/// What became of the documents that were read: `read` is `written` plus all that were skipped.
public struct SkipReport: Sendable, Equatable {
  /// One document that was skipped or repaired.
  public struct Example: Sendable, Equatable {
    /// A `SkipReason`, or "repaired_utf8".
    public var reason: String
    /// The file, and in it the line or the byte.
    public var place: String
  }

  /// The documents found.
  public internal(set) var read = 0
  /// The documents whose tokens were written.
  public internal(set) var written = 0
  /// How many were left out, by reason.
  public internal(set) var skipped: [SkipReason: Int] = [:]
  /// How many of the written ones had broken UTF-8 replaced by U+FFFD.
  public internal(set) var repaired = 0
  /// The first few of each kind.
  public internal(set) var examples: [Example] = []

  static let examplesPerReason = 5

  mutating func skip(_ reason: SkipReason, at place: String) {
    read += 1
    skipped[reason, default: 0] += 1
    note(reason.rawValue, place)
  }

  mutating func repair(at place: String) {
    repaired += 1
    note("repaired_utf8", place)
  }

  /// Adds what became of other documents.
  mutating func add(_ other: SkipReport) {
    read += other.read
    written += other.written
    repaired += other.repaired
    skipped.merge(other.skipped, uniquingKeysWith: +)
    for example in other.examples { note(example.reason, example.place) }
  }

  private mutating func note(_ reason: String, _ place: String) {
    guard examples.count(where: { $0.reason == reason }) < SkipReport.examplesPerReason else { return }
    examples.append(Example(reason: reason, place: place))
  }
}
