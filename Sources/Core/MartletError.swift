/// What went wrong, where, and what would be right: the one error type that reaches a person.
///
/// `message` is one sentence that names the thing at fault; `place` a file with a line, offset, key or tensor;
/// `remedy` what to do about it.
public struct MartletError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure that a program may want to tell apart.
  public enum Code: String, Sendable {
    /// A value that a person gave (flag, key of a recipe, argument) is wrong.
    case invalidArgument
    /// A file or folder is not there.
    case notFound
    /// A file's content breaks its format.
    case malformedFile
    /// A file is intact in form and wrong in content: its hash differs from the manifest's.
    case corrupted
    /// The system refused to read or write: permissions, full disk, device errors.
    case inputOutput
    /// Two things that must agree (vocabulary and model, checkpoint and recipe) do not.
    case mismatch
    /// Shapes or types of tensors do not fit an operation.
    case shape
    /// The numbers left the range of sense: a NaN or infinite loss.
    case divergence
    /// Memory or disk that a run needs is not there.
    case resource
    /// The person asked to stop.
    case interrupted
    /// What was asked for exists elsewhere but not in this backend or version.
    case unsupported
  }

  /// The kind of failure.
  public var code: Code
  /// What went wrong, in one sentence.
  public var message: String
  /// The file with its line, offset, key or tensor; the flag; the folder.
  public var place: String?
  /// What to do about it.
  public var remedy: String?

  /// An error of a kind, in words.
  public init(_ code: Code, _ message: String, at place: String? = nil, remedy: String? = nil) {
    self.code = code
    self.message = message
    self.place = place
    self.remedy = remedy
  }

  /// The error as a person reads it: `place: message` and, on a line of its own, the remedy.
  public var description: String {
    var text = place.map { "\($0): \(message)" } ?? message
    if let remedy { text += "\n  \(remedy)" }
    return text
  }
}
