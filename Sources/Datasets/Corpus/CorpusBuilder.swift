import Core
import Curation
import Documents
import Foundation
import Tokenizers

/// Makes versions of a corpus: reads what is new, runs the steps, and leaves out duplicates.
public struct CorpusBuilder {
  /// How far things are.
  public struct Progress: Sendable, Equatable {
    /// What is being done.
    public enum Phase: Sendable { case fetching, inspecting, reading, comparing }
    /// What is being done.
    public var phase: Phase
    /// The input.
    public var name = ""
    /// Documents so far.
    public var documents = 0
    /// Bytes so far, and of all that there are where that is known.
    public var done = 0, total = 0
  }

  /// What came of it.
  public struct Outcome: Sendable {
    /// The version.
    public var version: Corpus.Version
    /// How many inputs were read, and how many were there already.
    public var read: Int, reused: Int
    /// What a person should know.
    public var warnings: [String]
  }

  private let settings: CorpusSettings
  private let corpus: Corpus
  private let defaults: SourceFormat.Defaults
  /// How much is read at once, and written between two notes of the state.
  package var batchBytes = 8 << 20, bytesBetweenNotes = 64 << 20
  private let progress: (Progress) throws -> Void

  /// A builder.
  ///
  /// - Parameter progress: told how far things are; what it throws ends the run, which can go on later.
  public init(_ settings: CorpusSettings, folder: String, progress: @escaping (Progress) throws -> Void = { _ in }) {
    self.init(settings, folder: folder, defaults: .init(), progress: progress)
  }

  init(
    _ settings: CorpusSettings, folder: String, defaults: SourceFormat.Defaults,
    progress: @escaping (Progress) throws -> Void
  ) {
    self.settings = settings
    self.defaults = defaults
    corpus = Corpus(folder: folder)
    self.progress = progress
  }

  /// Makes the version of the settings, or with `adding` one that has the documents of the newest version first.
  ///
  /// Inputs that were read before with the same settings are not read again.
  ///
  /// Throws: `MartletError` for settings or inputs that cannot be used, a full disk, or what `progress` throws.
  public func run(adding: Bool = false) throws -> Outcome { try run(adding: adding, of: nil) }

  /// - Parameter inspected: the files of the sources where they are known.
  func run(adding: Bool = false, of inspected: [SourceFile]?) throws -> Outcome {
    let catalog = try StepCatalog(settings)
    let lock = try FolderLock(corpus.folder, purpose: "preparing data")
    defer { withExtendedLifetime(lock) {} }
    for folder in ["parts", "versions"] { try FileSystem.createFolder(joinPath(corpus.folder, folder)) }
    for folder in [corpus.folder, joinPath(corpus.folder, "versions")] { try AtomicFile.removeLeftovers(in: folder) }
    // What a killed run has put aside.
    for name in try FileSystem.list(joinPath(corpus.folder, "versions")) where name.hasPrefix(".") {
      try FileSystem.remove(joinPath(corpus.folder, "versions/\(name)"))
    }
    let earlier = adding ? try corpus.version().manifest : nil
    var warnings: [String] = []
    var (read, reused) = (0, 0)
    var manifest = CorpusManifest(inputs: earlier?.inputs ?? [], settings: settings.json, duplicatesSHA256: "")
    var sources = earlier?.settings["sources"]?.arrayValue ?? []
    let firstSource = sources.count
    if let earlier {
      guard earlier.settings["steps"] == manifest.settings["steps"] else {
        throw MartletError(
          .mismatch, "the steps are not those of the version that is added to", at: corpus.folder,
          remedy: "Give the steps that it was made with, or run `martlet data` to make all anew.")
      }
      sources += manifest.settings["sources"]?.arrayValue ?? []
      manifest.settings["sources"] = .array(sources)
      manifest.parent = earlier.id
    }
    let known = Set(manifest.inputs.map(\.part))
    let files = try inspected ?? inspect(&warnings)
    let keys = files.map { key(of: $0, catalog) }
    if !adding, let version = try? corpus.version(), version.manifest.isAddition(to: manifest, keys) {
      return Outcome(version: version, read: 0, reused: files.count, warnings: warnings)
    }
    for (file, key) in zip(files, keys) where !known.contains(key) {
      let (part, isNew) = try part(key, of: file, catalog)
      if isNew { read += 1 } else { reused += 1 }
      if part.summary.documents == 0 { warnings.append("there is no text in \(file.path)") }
      if let skip = part.summary.skips.samples[InputReader.damage]?.first { warnings.append(InputReader.warning(skip)) }
      manifest.inputs.append(
        .init(
          name: file.path, bytes: file.bytes, sha256: file.sha256, source: firstSource + file.source, part: key,
          documents: part.summary.documents, documentsSHA256: part.sha256))
    }
    let version = try finish(manifest, catalog)
    return Outcome(version: version, read: read, reused: reused, warnings: warnings)
  }

  /// The files of all sources with their hashes; those from elsewhere are fetched.
  func inspect(_ warnings: inout [String]) throws -> [SourceFile] {
    var files: [SourceFile] = []
    var done = 0
    for (index, source) in settings.sources.enumerated() {
      for file in try settings.list(source, &warnings) {
        let file = try file.fetched(into: joinPath(corpus.folder, "downloads")) { download in
          try progress(
            Progress(phase: .fetching, name: download.name, done: download.received, total: download.total ?? 0))
        }
        let identity = try file.identity { bytes in
          done += bytes
          try progress(Progress(phase: .inspecting, name: file.name, done: done))
        }
        let format = try SourceFormat(source, index: index, file: file, folder: settings.folder, defaults)
        files.append(SourceFile(file: file, identity: identity, format: format, source: index, licence: source.licence))
      }
    }
    return files
  }

  /// The name of a file's part: the hash of what decides its documents.
  private func key(of file: SourceFile, _ catalog: StepCatalog) -> String {
    let source = settings.sources[file.source]
    let content: JSONObject = [
      "name": .string(file.path), "sha256": .string(file.sha256), "format": .string(file.format.name),
      "options": .object(source.options.sorted), "licence": source.licence.map { .string($0) } ?? .null,
      "defaults": .string(defaults.text), "inputs": .array(file.format.otherFiles),
      "steps": .array(catalog.fingerprints), "version": .integer(2),
    ]
    return String(SHA256.hash(Array(JSONValue.object(content).text().utf8)).hex.prefix(32))
  }

  private func part(_ key: String, of file: SourceFile, _ catalog: StepCatalog) throws -> (CorpusPart, isNew: Bool) {
    let folder = corpus.part(key)
    if let part = try? CorpusPart(folder: folder) { return (part, false) }
    var builder = PartBuilder(
      source: file.format, runner: catalog.runner, signer: catalog.signer,
      licence: settings.sources[file.source].licence
    ) { documents, bytes in
      try progress(
        Progress(phase: .reading, name: file.path, documents: documents, done: bytes, total: file.bytes))
    }
    builder.batchBytes = batchBytes
    builder.bytesBetweenNotes = bytesBetweenNotes
    return (try builder.build(file.file, in: folder), true)
  }

  /// Finds the duplicates and writes the version down.
  private func finish(_ manifest: CorpusManifest, _ catalog: StepCatalog) throws -> Corpus.Version {
    var manifest = manifest
    let list = joinPath(corpus.folder, "versions/.duplicates")
    defer { try? FileSystem.remove(list) }
    let receipt = try AtomicFile.write(to: list, hashing: true) { file in
      guard let duplicates = catalog.duplicates else { return }
      try findDuplicates(duplicates, &manifest, file)
    }
    manifest.duplicatesSHA256 = receipt.sha256 ?? ""
    // Paragraphs are compared within the documents that are left, which the version without cuts has.
    var id = manifest.id
    try FileSystem.move(list, to: corpus.duplicatesPath(id))
    if let paragraphs = catalog.paragraphs {
      let duplicates = corpus.duplicatesPath(id)
      let draft = try Corpus.Version(corpus, manifest, id)
      let receipt = try AtomicFile.write(to: list, hashing: true) { file in
        manifest.cuts = try findParagraphs(paragraphs, draft, file)
      }
      manifest.cutsSHA256 = receipt.sha256 ?? ""
      id = manifest.id
      try FileSystem.move(duplicates, to: corpus.duplicatesPath(id))
      try FileSystem.move(list, to: corpus.cutsPath(id))
    }
    try AtomicFile.write(
      JSONValue.object(manifest.json).text(indent: 1) + "\n", to: corpus.manifestPath(id))
    try corpus.setCurrent(id)
    return try corpus.version(id)
  }

  /// Writes down the paragraphs of kept documents that others have; gives their number.
  private func findParagraphs(
    _ paragraphs: ParagraphSettings, _ version: Corpus.Version, _ file: FileWriter
  ) throws -> Int {
    let work = joinPath(corpus.folder, ".paragraphs")
    try FileSystem.remove(work)
    try FileSystem.createFolder(work)
    defer { try? FileSystem.remove(work) }
    let hasher = try ParagraphHasher(paragraphs)
    let search = try DuplicateParagraphs(paragraphs, folder: work, maximumMemory: settings.maximumMemory)
    let readers = PartReaders(version.parts)
    var texts: [(ordinal: UInt64, text: String)] = []
    var size = 0
    func take() throws {
      let batch = texts
      let hashes = parallelMap(batch.count) { hasher.hashes(of: batch[$0].text) }
      for (document, hashes) in zip(batch, hashes) { try search.add(document.ordinal, hashes) }
      try progress(Progress(phase: .comparing, done: Int(batch.last?.ordinal ?? 0), total: version.documents))
      texts.removeAll(keepingCapacity: true)
      size = 0
    }
    try version.forEachKept { ordinal, part, index in
      let text = try readers[part].document(index).text
      texts.append((UInt64(ordinal), text))
      size += text.utf8.count
      if texts.count >= 512 || size >= 8 << 20 { try take() }
    }
    try take()
    let cuts = try search.finish()
    var count = 0
    try version.forEachKept { ordinal, _, _ in
      for number in try cuts.paragraphs(of: UInt64(ordinal)) {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt64(ordinal))
        bytes.append(littleEndian: UInt64(number))
        try file.append(bytes)
        count += 1
      }
    }
    return count
  }

  private func findDuplicates(
    _ duplicates: DuplicateSettings, _ manifest: inout CorpusManifest, _ file: FileWriter
  ) throws {
    let work = joinPath(corpus.folder, ".duplicates")
    try FileSystem.remove(work)
    try FileSystem.createFolder(work)
    defer { try? FileSystem.remove(work) }
    let search = try NearDuplicates(duplicates, folder: work, maximumMemory: settings.maximumMemory)
    var ordinal: UInt64 = 0
    let total = manifest.documents
    for input in manifest.inputs {
      guard let part = try CorpusPart(folder: corpus.part(input.part)) else {
        throw MartletError(
          .corrupted, "the documents of '\(input.name)' are missing", at: corpus.part(input.part),
          remedy: "Run `martlet data` again; they are made anew.")
      }
      try part.forEachSignature(duplicates) { signature in
        try search.add(ordinal, signature)
        ordinal += 1
        if ordinal & 0xFFF == 0 { try progress(Progress(phase: .comparing, done: Int(ordinal), total: total)) }
      }
    }
    var count = 0
    let summary = try search.finish { duplicate in
      count += 1
      var bytes: [UInt8] = []
      bytes.append(littleEndian: duplicate.ordinal)
      bytes.append(littleEndian: duplicate.kept)
      bytes.append(littleEndian: duplicate.similarity.bitPattern)
      try file.append(bytes)
    }
    manifest.duplicates = count
    manifest.exactDuplicates = summary.exact
  }
}

/// A path of a recipe, made relative to the folder that the command runs in; addresses and `-` stay.
func resolvedPath(_ path: String, from folder: String) -> String {
  path == "-" || path.contains("://") || folder == "." ? path : joinPath(folder, path)
}
