import Core
import Foundation
import Tokenizers

/// Turns text into a folder of token shards: `martlet data` as a library.
///
/// The outcome is a function of the settings and the content of the files, not of threads or earlier runs. Nothing in
/// the folder looks complete before all of it is.
public struct DataPreparation {
  /// What a run has come to.
  public struct Outcome: Sendable {
    /// What the folder says of itself now.
    public var manifest: DatasetManifest
    /// Whether nothing was to do.
    public var wasUpToDate: Bool
    /// What a person should know: sources among several that have no text.
    public var warnings: [String]
  }

  let settings: DataSettings
  let folder: String
  private let progress: (DataProgress) -> Void
  private let isCancelled: () -> Bool
  var phaseStart = DispatchTime.now()

  /// A preparation into a folder.
  ///
  /// - Parameters:
  ///   - progress: told from time to time how far things are.
  ///   - isCancelled: asked from time to time whether to stop.
  public init(
    _ settings: DataSettings, folder: String, progress: @escaping (DataProgress) -> Void = { _ in },
    isCancelled: @escaping () -> Bool = { false }
  ) {
    self.settings = settings
    self.folder = folder
    self.progress = progress
    self.isCancelled = isCancelled
  }

  /// Prepares the folder, or finds that it has been prepared from the same files with the same settings.
  ///
  /// - Parameter accepting: is shown what the folder will say of itself, before anything in it is changed; what it throws
  ///   ends the run.
  ///
  /// Throws: `MartletError` if settings or files are unfit, the system refuses, or the run is cancelled.
  public mutating func run(accepting: (DatasetManifest) throws -> Void = { _ in }) throws -> Outcome {
    try settings.validate()
    let lock = try FolderLock(folder, purpose: "preparing data")
    defer { withExtendedLifetime(lock) {} }
    try AtomicFile.removeLeftovers(in: folder)
    let files = try inspect(try SourceFile.paths(of: settings.sources))
    let heldOut =
      settings.validationSources.isEmpty ? [] : try inspect(try SourceFile.paths(of: settings.validationSources))
    let warnings = emptySources(files + heldOut).map { "there is no text in \($0)" }
    let given = try givenTokenizer()
    let fingerprint = fingerprint(files, heldOut, given)
    if let manifest = try? DatasetManifest(folder: folder), manifest.fingerprint == fingerprint,
      (try? PreparedDataset(folder: folder)) != nil
    {
      try accepting(manifest)
      return Outcome(manifest: manifest, wasUpToDate: true, warnings: warnings)
    }
    // What an interrupted run has left is of no use: its place may be in the middle of a file.
    let work = joinPath(folder, ".partial")
    try FileSystem.remove(work)
    try FileSystem.createFolder(work)
    defer { try? FileSystem.remove(work) }
    let tokenizer = try given ?? trainTokenizer(files).tokenizer
    let manifest = try write(files, heldOut, tokenizer, fingerprint, work)
    try accepting(manifest)
    try publish(manifest, tokenizer, work)
    return Outcome(manifest: manifest, wasUpToDate: false, warnings: warnings)
  }

  mutating func inspect(_ paths: [String]) throws -> [SourceFile] {
    phaseStart = .now()
    var done = 0
    return try paths.map { path in
      let file = try SourceFile.inspect(path, settings.format) { bytes in
        done += bytes
        try report(.inspecting, documents: 0, done: done, total: 0)
      }
      return file
    }
  }

  /// The sources with nothing but white space, or no files at all.
  private func emptySources(_ files: [SourceFile]) -> [String] {
    (settings.sources + settings.validationSources).filter { source in
      let below = source.hasSuffix("/") ? source : source + "/"
      return files.allSatisfy { $0.isBlank || $0.path != source && !$0.path.hasPrefix(below) }
    }
  }

  private func fingerprint(_ files: [SourceFile], _ heldOut: [SourceFile], _ tokenizer: Tokenizer?) -> String {
    var settings = settings.json
    settings["sources"] = nil
    settings["tokenizer_sha256"] = tokenizer.map { .string($0.fingerprint()) } ?? .null
    // A tokenizer that was moved is the same one.
    if tokenizer != nil { settings["tokenizer"] = nil }
    settings["validation_sources"] = nil
    for (key, files) in [("files", files), ("validation_files", heldOut)] {
      settings[key] = .array(
        files.map { .array([.string($0.path), .bool($0.isJSONL), .string($0.sha256.hexadecimal)]) })
    }
    settings["format_version"] = .integer(1)
    return SHA256.hash(Array(JSONValue.object(settings).text().utf8)).hex
  }

  func report(_ phase: DataProgress.Phase, documents: Int, done: Int, total: Int) throws {
    if isCancelled() {
      throw MartletError(
        .interrupted, "the preparation of data was stopped", at: folder,
        remedy: "Run the command again; it starts from the beginning and leaves nothing half done.")
    }
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - phaseStart.uptimeNanoseconds) / 1e9
    progress(
      DataProgress(
        phase: phase, documents: documents, done: done, total: total,
        perSecond: seconds > 0 ? Double(done) / seconds : 0))
  }

  /// Puts the files in their places; the manifest, which makes them count, comes last.
  private func publish(_ manifest: DatasetManifest, _ tokenizer: Tokenizer, _ work: String) throws {
    try FileSystem.remove(joinPath(folder, DatasetManifest.fileName))
    try FileSystem.syncFolder(folder)
    for name in try FileSystem.list(folder) where name.hasSuffix(".tokens") {
      try FileSystem.remove(joinPath(folder, name))
    }
    for shard in manifest.train.shards + manifest.validation.shards {
      try FileSystem.move(joinPath(work, shard.file), to: joinPath(folder, shard.file))
    }
    try tokenizer.save(to: folder)
    try AtomicFile.write(manifest.json().text(indent: 2) + "\n", to: joinPath(folder, DatasetManifest.fileName))
  }
}
