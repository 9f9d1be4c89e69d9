import Core
import HTTPServer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The word that lets people in.
public enum LabellingToken {
  /// The environment variable that may hold it.
  public static let variable = "MARTLET_LABEL_TOKEN"

  /// The token of a project: from its file, from the environment, or a new one.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput` for a file that cannot be read, `invalidArgument` for
  /// one that is easy to guess.
  public static func find(for project: LabellingProject) throws -> (token: String, isNew: Bool) {
    if let path = project.tokenFile {
      let text = try FileSystem.readText(path, limit: 4096)
      return (try checked(text, at: path), false)
    }
    if let value = getenv(variable) {
      return (try checked(String(cString: value), at: "environment variable \(variable)"), false)
    }
    return (Secret.randomWord(), true)
  }

  private static func checked(_ text: String, at place: String) throws -> String {
    var token = text[...]
    while token.last?.isWhitespace == true { token.removeLast() }
    while token.first?.isWhitespace == true { token.removeFirst() }
    guard token.utf8.count >= 12, token.utf8.count <= 1000 else {
      throw MartletError(
        .invalidArgument, "the token must have 12 characters or more, so that nobody guesses it", at: place,
        remedy: "Make one: head -c 24 /dev/urandom | base64")
    }
    return String(token)
  }
}
