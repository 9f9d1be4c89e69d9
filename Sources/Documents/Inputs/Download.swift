import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How patient downloads are.
public struct DownloadSettings: Sendable {
  /// How often in a row a transfer may fail without having brought anything new.
  public var attempts = 8
  /// The pause after the first failure; each further one is twice as long.
  public var firstPause = Duration.seconds(1)
  /// No pause is longer, also where a server asks for one.
  public var longestPause = Duration.seconds(60)
  /// A transfer that brings nothing for so many seconds is broken off and tried again.
  public var stalledSeconds = 30
  /// How many redirects are followed.
  public var redirects = 10

  /// The usual patience.
  public init() {}
}

/// How far a download is.
public struct DownloadProgress: Sendable, Hashable {
  /// The address.
  public var name: String
  /// The bytes that are there.
  public var received: Int
  /// The size of the file, where the server says it.
  public var total: Int?
}

/// Fetches a file into a folder, where it stays; what was fetched in part goes on where it stopped, also after a crash.
///
/// The folder holds `KEY-NAME` and `KEY-NAME.json` for each file, and `.part` files until they are whole.
struct Download {
  let address: WebAddress
  let path: String
  let settings: DownloadSettings
  let progress: (DownloadProgress) throws -> Void

  private var partPath: String { path + ".part" }
  private var partNotes: String { path + ".part.json" }

  init(
    _ address: WebAddress, into folder: String, _ settings: DownloadSettings,
    _ progress: @escaping (DownloadProgress) throws -> Void
  ) {
    self.address = address
    self.settings = settings
    self.progress = progress
    path = joinPath(folder, Self.fileName(for: address))
  }

  /// A name that no other address has, in characters that every file system takes.
  private static func fileName(for address: WebAddress) -> String {
    let key = SHA256.hash(Array(address.url.utf8)).hex.prefix(16)
    let name = Core.fileName(of: address.filePath).unicodeScalars.map { scalar -> String in
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      return isPlain || scalar == "-" || scalar == "_" || scalar == "." ? String(scalar) : "_"
    }
    return "\(key)-\(String(name.joined().suffix(100)))"
  }

  /// Fetches the file, unless it is there, and gives its path.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, or `corrupted` if the hash is another, or what
  /// `progress` throws.
  func run() throws -> String {
    try FileSystem.createFolder(parentFolder(of: path))
    let part = try PartFile(partPath) { try progress(DownloadProgress(name: address.name, received: 0)) }
    if try isThere() {
      try FileSystem.remove(partPath)
      return path
    }
    try transfer(to: part)
    let hash = try part.hash()
    if let expected = address.sha256, hash != expected {
      try FileSystem.remove(partNotes)
      try FileSystem.remove(partPath)
      throw MartletError(
        .corrupted, "the file's SHA-256 is \(hash), not \(expected)", at: address.name,
        remedy: "Check the address and the hash; the file may have been replaced there.")
    }
    try keep(part, hash)
    return path
  }

  /// Whether the file was fetched before, and is what is wanted.
  private func isThere() throws -> Bool {
    guard FileSystem.kind(of: path) == .file, FileSystem.kind(of: path + ".json") == .file else { return false }
    let notes = try JSONFields(file: path + ".json", limit: 1 << 20)
    guard try notes.string("url", default: "") == address.name,
      try notes.integer("size", in: 0...Int.max, default: -1) == FileSystem.size(of: path)
    else { return false }
    let hash = try notes.string("sha256", default: "")
    return address.sha256 == nil || address.sha256 == hash
  }

  private func keep(_ part: PartFile, _ hash: String) throws {
    try part.sync()
    let notes: JSONObject = [
      "url": .string(address.name), "size": .integer(part.count), "sha256": .string(hash),
    ]
    try AtomicFile.write(JSONValue.object(notes).text(indent: 2) + "\n", to: path + ".json")
    try FileSystem.remove(partNotes)
    try FileSystem.move(partPath, to: path)
  }

  /// Transfers until the part is the whole file.
  private func transfer(to part: PartFile) throws {
    var validator = part.count > 0 ? try storedValidator() : nil
    var total: Int?
    var failures = 0
    while true {
      // Without a validator nothing tells whether what is there belongs to what comes.
      if validator == nil { try part.truncate() }
      let before = part.count
      let attempt = Transfer(
        address, to: part, ifUnchangedSince: validator, settings, begun: store,
        progress: {
          total = $0
          try tell(part, $0)
        })
      let outcome = try attempt.run()
      validator = attempt.validator ?? validator
      switch outcome {
      case .complete: return
      case .changed:
        validator = nil
        failures += 1
      case .interrupted: failures = part.count > before ? 1 : failures + 1
      }
      if failures >= settings.attempts { throw attempt.failure("\(attempt.reason), \(failures) times in a row") }
      try pause(after: failures, atLeast: attempt.retryAfter) { try tell(part, total) }
    }
  }

  private func tell(_ part: PartFile, _ total: Int?) throws {
    try progress(DownloadProgress(name: address.name, received: part.count, total: total))
  }

  private func storedValidator() throws -> String? {
    guard FileSystem.kind(of: partNotes) == .file, let notes = try? JSONFields(file: partNotes, limit: 1 << 20),
      try notes.string("url", default: "") == address.name
    else { return nil }
    let validator = try notes.string("validator", default: "")
    return validator.isEmpty ? nil : validator
  }

  private func store(validator: String?) throws {
    guard let validator else { return try FileSystem.remove(partNotes) }
    let notes: JSONObject = ["url": .string(address.name), "validator": .string(validator)]
    try AtomicFile.write(JSONValue.object(notes).text(), to: partNotes)
  }

  private func pause(after failures: Int, atLeast asked: Duration?, _ tick: () throws -> Void) throws {
    let doubled = settings.firstPause * (1 << min(failures - 1, 20))
    let end = ContinuousClock.now + min(max(doubled, asked ?? .zero), settings.longestPause)
    // In small steps, so that a wish to stop is heard.
    while ContinuousClock.now < end {
      try tick()
      usleep(20_000)
    }
  }
}

extension InputFile {
  /// The file with its bytes on this machine: an address is fetched into a folder, unless it was before; what comes through
  /// a pipe or standard input is kept there, so that it can be read again. Other files are as they were.
  ///
  /// - Parameter progress: called often; what it throws ends the download, which can go on later.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, or `corrupted` if the SHA-256 is not the one asked for.
  public func fetched(
    into folder: String, _ settings: DownloadSettings = DownloadSettings(),
    progress: @escaping (DownloadProgress) throws -> Void = { _ in }
  ) throws -> InputFile {
    switch location {
    case .address(let address):
      let path = try Download(address, into: folder, settings, progress).run()
      return InputFile(name: name, location: location, path: path)
    case .standardInput: return try kept(in: folder, progress)
    case .path(let path) where FileSystem.kind(of: path) == .other: return try kept(in: folder, progress)
    case .path, .pattern: return self
    }
  }

  /// Writes what comes to a file that is named by its hash.
  private func kept(in folder: String, _ progress: (DownloadProgress) throws -> Void) throws -> InputFile {
    try FileSystem.createFolder(folder)
    let input = try openRaw()
    let unnamed = joinPath(folder, "input-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
    let receipt = try AtomicFile.write(to: unnamed, hashing: true) { writer in
      while true {
        let piece = try input.read()
        if piece.isEmpty { break }
        try writer.append(piece)
        try progress(DownloadProgress(name: name, received: writer.count))
      }
    }
    let path = joinPath(folder, "input-\((receipt.sha256 ?? "").prefix(16))")
    try FileSystem.move(unnamed, to: path)
    return InputFile(name: name, location: location, path: path)
  }
}
