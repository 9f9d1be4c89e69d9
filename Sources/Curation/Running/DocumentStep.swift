import Documents

/// What a step makes of a document.
public enum Verdict: Sendable, Equatable {
  /// The document stays, perhaps changed.
  case keep
  /// The document is left out, for a reason in a few words that is the same for all of a kind.
  case drop(reason: String)
}

/// Numbers of a step by name: "e-mail addresses", "lines dropped".
public typealias Counters = [String: Int]

/// A step that looks at one document at a time. The same document gives the same result, always.
public protocol DocumentStep: Sendable {
  /// The name of the step in recipes and reports.
  static var name: String { get }

  /// Changes the document or decides that it is left out, and counts what was done.
  func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict
}
