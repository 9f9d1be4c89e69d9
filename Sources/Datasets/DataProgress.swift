/// How far `martlet data` is, for a bar.
public struct DataProgress: Sendable, Equatable {
  /// What is being done.
  public enum Phase: String, Sendable {
    /// Files come from the web.
    case fetching
    /// Files are read for their hashes.
    case inspecting
    /// Inputs are read and their documents go through the steps.
    case curating
    /// Documents are compared with each other; `done` and `total` are documents.
    case comparing
    /// The tokenizer sees the documents.
    case countingWords
    /// The tokenizer learns; `done` and `total` are tokens.
    case learning
    /// Documents become tokens.
    case encoding
    /// The last tokens become the validation set; `done` and `total` are tokens.
    case splitting
  }

  /// What is being done.
  public var phase: Phase
  /// Documents so far in this phase.
  public var documents: Int
  /// Bytes of files, or tokens, so far in this phase.
  public var done: Int
  /// What `done` will be at the end of the phase; 0 if that is not known.
  public var total: Int
  /// How much of `done` a second; 0 at the beginning.
  public var perSecond: Double
  /// The input that is read, where one at a time is.
  public var name = ""
}
