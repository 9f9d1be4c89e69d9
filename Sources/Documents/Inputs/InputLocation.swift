import Core

/// Where input is, as a recipe or a command line says it.
public enum InputLocation: Sendable, Hashable {
  /// A file, a folder or a pipe.
  case path(String)
  /// Files whose names match a pattern.
  case pattern(String)
  /// What another program gives to this one: `-`.
  case standardInput
  /// A file to be fetched.
  case address(WebAddress)

  /// Reads a location: `-`, an address that begins with `http://` or `https://`, a path, or a pattern with `*`, `**`, `?`,
  /// `[...]` or `{...}`; what is there under exactly the name is a path.
  ///
  /// Throws: `MartletError` with code `invalidArgument` or `unsupported`.
  public init(_ text: String) throws {
    if text == "-" {
      self = .standardInput
    } else if let scheme = Self.scheme(of: text) {
      guard scheme == "http" || scheme == "https" else {
        throw MartletError(
          .unsupported, "addresses that begin with \(scheme): are not read", at: text,
          remedy: "Give an address with http: or https:, or fetch the file and give its path.")
      }
      self = .address(try WebAddress(text))
    } else if text.isEmpty || text.utf8.contains(0) {
      throw MartletError(
        .invalidArgument, "this is no path", at: text.isEmpty ? "\"\"" : text.debugDescription,
        remedy: "Give a file, a folder, a pattern, an address or - for standard input.")
    } else if GlobPattern.isPattern(text), FileSystem.kind(of: text) == nil {
      self = .pattern(text)
    } else {
      self = .path(text)
    }
  }

  private static func scheme(of text: String) -> String? {
    let name = text.utf8.prefix { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
    guard !name.isEmpty, text.utf8[name.endIndex...].starts(with: "://".utf8) else { return nil }
    return String(Substring(name)).lowercased()
  }
}

/// The address of a file on the web, and the hash that its content must have.
public struct WebAddress: Sendable, Hashable {
  /// The address to ask, without a fragment.
  public let url: String
  /// The SHA-256 that the file must have, in hexadecimal digits.
  public let sha256: String?
  /// The address as it is shown and kept: without a password.
  public let name: String

  /// Reads an address; `#sha256=` and 64 hexadecimal digits behind it are the hash of the file.
  ///
  /// Throws: `MartletError` with code `invalidArgument`.
  public init(_ text: String) throws {
    let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    url = String(parts[0])
    var hash: String?
    if parts.count > 1 {
      let digits = parts[1].hasPrefix("sha256=") ? parts[1].dropFirst(7).lowercased() : ""
      guard digits.utf8.count == 64, [UInt8](hexadecimal: digits) != nil else {
        throw MartletError(
          .invalidArgument, "what follows # must be sha256= and 64 hexadecimal digits",
          at: Self.shown(String(parts[0])),
          remedy: "Leave out what follows #, or give the SHA-256 of the file.")
      }
      hash = digits
    }
    sha256 = hash
    guard !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
      throw MartletError(
        .invalidArgument, "the address has white space or control characters", at: Self.shown(url).debugDescription,
        remedy: "Write %20 for a space.")
    }
    name = Self.shown(url)
    let host = name.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).dropFirst(2).first ?? ""
    guard let first = host.utf8.first, first != UInt8(ascii: "/"), first != UInt8(ascii: "?") else {
      throw MartletError(.invalidArgument, "the address has no host", at: name, remedy: "Write https://host/path.")
    }
  }

  /// The path of the file on its host, without what follows a question mark.
  public var filePath: String { String(name.prefix { $0 != "?" }) }

  /// An address without the name and password that may stand before the host.
  private static func shown(_ url: String) -> String {
    guard let start = url.firstRange(of: "://")?.upperBound else { return url }
    let authority = url[start...].prefix { $0 != "/" && $0 != "?" }
    guard let at = authority.lastIndex(of: "@") else { return url }
    return String(url[..<start] + url[url.index(after: at)...])
  }
}
