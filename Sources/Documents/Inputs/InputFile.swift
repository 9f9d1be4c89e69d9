import Core

/// A file to be read, wherever it is.
public struct InputFile: Sendable, Hashable {
  /// What the file is called in provenance and errors: its path, its address or `-`.
  public let name: String
  /// Where it is, never a pattern.
  public let location: InputLocation
  /// The path of the bytes on this machine: nil for an address until it was fetched.
  public let path: String?

  init(name: String, location: InputLocation, path: String?) {
    self.name = name
    self.location = location
    self.path = path
  }

  /// What the content of a file is, so that a changed one is known.
  public struct Identity: Sendable, Hashable {
    /// The file's name.
    public var name: String
    /// The size in bytes, as it lies there: compressed files are not decompressed.
    public var size: Int
    /// The SHA-256 of those bytes in hexadecimal digits.
    public var sha256: String

    /// An identity.
    public init(name: String, size: Int, sha256: String) {
      self.name = name
      self.size = size
      self.sha256 = sha256
    }
  }

  /// The endings of files that are taken from folders and archives; each may be followed by that of a compression.
  public static let endings: Set<String> = [
    "txt", "text", "md", "markdown", "jsonl", "ndjson", "json", "csv", "tsv", "parquet", "html", "htm", "xhtml", "epub",
    "warc", "wet", "arc", "xml", "zip", "tar", "tgz", "tbz2", "txz", "tzst",
  ]
  private static let compressions: Set<String> = ["gz", "bz2", "xz", "zst"]

  /// The ending of a name in lower case without that of a compression: "jsonl" of `a.jsonl.gz`; empty where there is none.
  public static func ending(of name: String) -> String {
    var parts = fileName(of: name).split(separator: ".", omittingEmptySubsequences: false)[...]
    if parts.count > 2, let last = parts.last, compressions.contains(last.lowercased()) { parts.removeLast() }
    guard parts.count > 1, let last = parts.last?.lowercased() else { return "" }
    // Wikipedia numbers the pieces of its dumps: .xml-p1p41242.bz2
    return last.hasPrefix("xml-p") ? "xml" : last
  }

  /// The ending of the file's name, as in `ending(of:)`; of an address, that of its path.
  public var ending: String {
    if case .address(let address) = location { return Self.ending(of: address.filePath) }
    return Self.ending(of: name)
  }

  /// The files that a person's locations name: paths, patterns, folders, `-`, addresses.
  ///
  /// They come in the order of the locations, those of a folder or pattern sorted by the bytes of their paths, each file
  /// once, also where links lead to it twice. Folders are searched to the bottom for files with one of the endings; hidden
  /// files are left out.
  ///
  /// Throws: `MartletError` if there is nothing at a location, or it cannot be listed.
  public static func list(_ locations: [String], endings: Set<String> = endings) throws -> [InputFile] {
    var files: [InputFile] = []
    var known: Set<String> = []
    for text in locations {
      let location = try InputLocation(text)
      switch location {
      case .standardInput:
        if known.insert("-").inserted { files.append(InputFile(name: "-", location: location, path: "-")) }
      case .address(let address):
        if known.insert(address.url).inserted {
          files.append(InputFile(name: address.name, location: location, path: nil))
        }
      case .path, .pattern:
        var paths: [String] = []
        try find(location, endings) { paths.append($0) }
        for path in paths.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where known.insert(FolderWalk.realPath(path) ?? path).inserted {
          files.append(InputFile(name: path, location: .path(path), path: path))
        }
      }
    }
    return files
  }

  private static func find(_ location: InputLocation, _ endings: Set<String>, _ found: (String) -> Void) throws {
    switch location {
    case .path(let path):
      switch FileSystem.kind(of: path) {
      case nil:
        throw MartletError(
          .notFound, "there is no such file or folder", at: path,
          remedy: "Check the path; relative paths start at the folder where the command runs.")
      case .folder?:
        var isEmpty = true
        try FolderWalk.files(below: path) { file in
          guard endings.contains(ending(of: file)) else { return }
          isEmpty = false
          found(file)
        }
        guard !isEmpty else {
          throw MartletError(
            .notFound, "the folder has no files to read", at: path,
            remedy:
              "Files from folders end in \(endings.sorted().map { ".\($0)" }.joined(separator: ", ")), also compressed."
          )
        }
      default: found(path)
      }
    case .pattern(let pattern):
      var isEmpty = true
      try GlobPattern.expand(pattern) { path in
        isEmpty = false
        if FileSystem.kind(of: path) == .folder {
          try FolderWalk.files(below: path) { if endings.contains(ending(of: $0)) { found($0) } }
        } else {
          found(path)
        }
      }
      guard !isEmpty else {
        throw MartletError(
          .notFound, "no file matches the pattern", at: pattern,
          remedy: "Check the pattern; relative ones start at the folder where the command runs.")
      }
    case .standardInput, .address: break
    }
  }

  /// The bytes as they lie on the disk or come through a pipe.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, or `invalidArgument` for an address that was not fetched.
  public func openRaw() throws -> any ByteInput {
    guard let path else {
      throw MartletError(.invalidArgument, "the file was not fetched yet", at: name, remedy: "Call `fetched` first.")
    }
    return try FileInput(path)
  }

  /// The content, decompressed if it is compressed.
  ///
  /// Throws: `MartletError` as `openRaw`; reading throws `malformedFile` where a compressed stream is damaged.
  public func open() throws -> any ByteInput { DecompressedInput(try openRaw(), named: name) }

  /// Reads the file to the end for its size and hash; a pipe can be read once only, so `fetched` comes first for those.
  ///
  /// - Parameter progress: called with the number of bytes of each piece that was read.
  ///
  /// Throws: `MartletError`, or what `progress` throws.
  public func identity(_ progress: (Int) throws -> Void = { _ in }) throws -> Identity {
    let input = try openRaw()
    var hash = SHA256()
    var size = 0
    while true {
      let piece = try input.read()
      if piece.isEmpty { break }
      piece.withUnsafeBytes { hash.update($0) }
      size += piece.count
      try progress(piece.count)
    }
    return Identity(name: name, size: size, sha256: hash.finish().hex)
  }
}
