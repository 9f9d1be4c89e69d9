import Core
import Documents

/// What became of the documents that were read: `read` is `written` plus all that were skipped.
public struct SkipReport: Sendable, Equatable {
  /// One document that was skipped or repaired.
  public struct Example: Sendable, Equatable {
    /// Why it was skipped, or "repaired_utf8".
    public var reason: String
    /// The file, and in it the line or the byte.
    public var place: String
  }

  /// The documents found.
  public internal(set) var read = 0
  /// The documents whose tokens were written.
  public internal(set) var written = 0
  /// How many were left out, by reason: a `SkipReason`, or what a format says.
  public internal(set) var skipped: [String: Int] = [:]
  /// How many of the written ones had broken UTF-8 replaced by U+FFFD.
  public internal(set) var repaired = 0
  /// The first few of each kind.
  public internal(set) var examples: [Example] = []

  static let examplesPerReason = 5

  /// The reasons in a fixed order.
  public var reasons: [String] {
    let usual = SkipReason.allCases.map(\.rawValue).filter { skipped[$0] != nil }
    return usual + skipped.keys.filter { !usual.contains($0) }.sorted()
  }

  mutating func skip(_ reason: String, at place: String) {
    read += 1
    skipped[reason, default: 0] += 1
    note(reason, place)
  }

  mutating func repair(at place: String) {
    repaired += 1
    note(TextRules.repairedAttribute, place)
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
