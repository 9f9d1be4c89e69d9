import Core
import Documents
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
    /// The curated documents that the tokens are made of, where they are kept.
    public var version: Corpus.Version?
  }

  let settings: DataSettings
  let folder: String
  private let progress: (DataProgress) -> Void
  private let isCancelled: () -> Bool
  var phaseStart = DispatchTime.now()
  /// How many tokens came of each source in the last pass.
  var tokensOfSources: [Int] = []

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
    var warnings: [String] = []
    let input = try gather(&warnings)
    let heldOut =
      settings.validationSources.isEmpty
      ? [] : try inspect(validationCorpus, &warnings)
    var version: Corpus.Version?
    if case .corpus(let sequence) = input { version = sequence.version }
    let given = try givenTokenizer()
    let fingerprint = fingerprint(input, heldOut, given)
    if let manifest = try? DatasetManifest(folder: folder), manifest.fingerprint == fingerprint,
      (try? PreparedDataset(folder: folder)) != nil
    {
      try accepting(manifest)
      return Outcome(manifest: manifest, wasUpToDate: true, warnings: manifest.warnings, version: version)
    }
    // What an interrupted run has left is of no use: its place may be in the middle of a file.
    let work = joinPath(folder, ".partial")
    try FileSystem.remove(work)
    try FileSystem.createFolder(work)
    defer { try? FileSystem.remove(work) }
    let tokenizer = try given ?? trainTokenizer(input).tokenizer
    let manifest = try write(input, heldOut, tokenizer, fingerprint, work, warnings)
    try accepting(manifest)
    try publish(manifest, tokenizer, work)
    return Outcome(manifest: manifest, wasUpToDate: false, warnings: manifest.warnings, version: version)
  }

  /// The folder of the curated documents.
  public static func corpusFolder(of folder: String) -> String { joinPath(folder, "corpus") }

  private var validationCorpus: CorpusSettings {
    var corpus = CorpusSettings(sources: settings.validationSources)
    corpus.folder = settings.corpus.folder
    return corpus
  }

  /// The documents: those of the files as they are, where nothing is to be done with them, or curated ones.
  mutating func gather(_ warnings: inout [String]) throws -> TextInput {
    let corpus = settings.corpus
    var files: [SourceFile]?
    if corpus.steps.isEmpty, !corpus.shuffles, corpus.group == nil, corpus.sources.allSatisfy({ $0.weight == 1 }),
      !corpus.sources.contains(where: \.isFetched)
    {
      let found = try inspect(corpus, &warnings)
      if found.allSatisfy(\.format.isCheap) { return .files(found) }
      files = found
    }
    phaseStart = .now()
    let outcome = try builder(corpus).run(of: files)
    warnings += outcome.warnings
    return .corpus(CorpusSequence(outcome.version, corpus))
  }

  /// Makes the newest version of the curated documents, of all sources, or of the newest version and some more.
  ///
  /// Throws: `MartletError` as `CorpusBuilder.run` does, or if the run is cancelled.
  public mutating func curate(adding more: CorpusSettings?) throws -> CorpusBuilder.Outcome {
    phaseStart = .now()
    return try builder(more ?? settings.corpus).run(adding: more != nil)
  }

  private func builder(_ corpus: CorpusSettings) -> CorpusBuilder {
    CorpusBuilder(corpus, folder: Self.corpusFolder(of: folder), defaults: settings.defaults) { progress in
      let phase: DataProgress.Phase =
        switch progress.phase {
        case .fetching: .fetching
        case .inspecting: .inspecting
        case .reading: .curating
        case .comparing: .comparing
        }
      try report(
        phase, documents: progress.documents, done: progress.done, total: progress.total, name: progress.name)
    }
  }

  /// The files of sources with their hashes, each file once.
  package mutating func inspect(_ corpus: CorpusSettings, _ warnings: inout [String]) throws -> [SourceFile] {
    phaseStart = .now()
    let files = try builder(corpus).inspect(&warnings)
    if files.isEmpty { _ = try InputFile.list(corpus.sources.flatMap(\.files)) }
    var known: Set<String> = []
    return files.filter { known.insert($0.path).inserted }
  }

  private func fingerprint(_ input: TextInput, _ heldOut: [SourceFile], _ tokenizer: Tokenizer?) -> String {
    var settings = settings.json
    settings["corpus"] = nil
    settings["tokenizer_sha256"] = tokenizer.map { .string($0.fingerprint()) } ?? .null
    // A tokenizer that was moved is the same one.
    if tokenizer != nil { settings["tokenizer"] = nil }
    settings["validation_sources"] = nil
    func list(_ files: [SourceFile]) -> JSONValue {
      .array(files.map { .array([.string($0.path), .string($0.format.name), .string($0.sha256)]) })
    }
    switch input {
    case .files(let files):
      settings["files"] = list(files)
      settings["options"] = .array(self.settings.corpus.sources.map { .object($0.options) })
      settings["licences"] = .array(self.settings.corpus.sources.map { $0.licence.map { .string($0) } ?? .null })
    case .corpus(let sequence): settings["corpus"] = .string(sequence.version.id)
    }
    settings["validation_files"] = list(heldOut)
    settings["format_version"] = .integer(2)
    return SHA256.hash(Array(JSONValue.object(settings).text().utf8)).hex
  }

  func report(_ phase: DataProgress.Phase, documents: Int, done: Int, total: Int, name: String = "") throws {
    if isCancelled() {
      throw MartletError(
        .interrupted, "the preparation of data was stopped", at: folder,
        remedy: "Run the command again; what was curated stays, the rest is done anew, and nothing is half done.")
    }
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - phaseStart.uptimeNanoseconds) / 1e9
    progress(
      DataProgress(
        phase: phase, documents: documents, done: done, total: total,
        perSecond: seconds > 0 ? Double(done) / seconds : 0, name: name))
  }

  /// Puts the files in their places; the manifest, which makes them count, comes last.
  private func publish(_ manifest: DatasetManifest, _ tokenizer: Tokenizer, _ work: String) throws {
    try FileSystem.remove(joinPath(folder, DatasetManifest.fileName))
    try FileSystem.syncFolder(folder)
    for name in try FileSystem.list(folder) where name.hasSuffix(".tokens") {
      try FileSystem.remove(joinPath(folder, name))
    }
    for shard in manifest.shards {
      try FileSystem.move(joinPath(work, shard.file), to: joinPath(folder, shard.file))
    }
    try tokenizer.save(to: folder)
    try AtomicFile.write(manifest.json().text(indent: 2) + "\n", to: joinPath(folder, DatasetManifest.fileName))
  }
}
