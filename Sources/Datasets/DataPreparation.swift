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
  }

  private let settings: DataSettings
  private let folder: String
  private let progress: (DataProgress) -> Void
  private let isCancelled: () -> Bool
  private var phaseStart = DispatchTime.now()

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
  /// Throws: `MartletError` if settings or files are unfit, the system refuses, or the run is cancelled.
  public mutating func run() throws -> Outcome {
    try settings.validate()
    let lock = try FolderLock(folder, purpose: "preparing data")
    defer { withExtendedLifetime(lock) {} }
    let files = try inspect(try SourceFile.paths(of: settings.sources))
    let heldOut =
      settings.validationSources.isEmpty ? [] : try inspect(try SourceFile.paths(of: settings.validationSources))
    let given = try givenTokenizer()
    let fingerprint = fingerprint(files, heldOut, given)
    if let manifest = try? DatasetManifest(folder: folder), manifest.fingerprint == fingerprint,
      (try? PreparedDataset(folder: folder)) != nil
    {
      return Outcome(manifest: manifest, wasUpToDate: true)
    }
    // What an interrupted run has left is of no use: its place may be in the middle of a file.
    let work = joinPath(folder, ".partial")
    try FileSystem.remove(work)
    try FileSystem.createFolder(work)
    defer { try? FileSystem.remove(work) }
    let tokenizer = try given ?? trainTokenizer(files)
    let manifest = try write(files, heldOut, tokenizer, fingerprint, work)
    try publish(manifest, tokenizer, work)
    return Outcome(manifest: manifest, wasUpToDate: false)
  }

  // MARK: Stages

  private mutating func inspect(_ paths: [String]) throws -> [SourceFile] {
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

  private func givenTokenizer() throws -> Tokenizer? {
    guard case .file(let path) = settings.tokenizer else { return nil }
    return try Tokenizer.load(path)
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

  private mutating func trainTokenizer(_ files: [SourceFile]) throws -> Tokenizer {
    phaseStart = .now()
    var reader = DocumentReader(settings)
    let total = files.reduce(0) { $0 + $1.bytes }
    var marks: [String] = []
    if case .token(let token) = settings.endOfDocument { marks = [token] }
    if case .bytePair(let size) = settings.tokenizer {
      var options = BytePairTrainer.Options(vocabularySize: size)
      if let mark = marks.first {
        options.specialTokens = [mark]
        options.roles = SpecialTokenRoles(beginningOfText: mark, endOfText: mark)
      }
      var trainer = try BytePairTrainer(options)
      try readBatches(&reader, files, .countingWords, total) { trainer.add($0.map(\.bytes)) }
      phaseStart = .now()
      return try trainer.train { tokens in
        if tokens % 64 == 0 { try report(.learning, documents: 0, done: tokens, total: size) }
      }
    }
    var trainer = CharacterTrainer()
    trainer.specialTokens = marks
    if let mark = marks.first { trainer.roles = SpecialTokenRoles(beginningOfText: mark, endOfText: mark) }
    try readBatches(&reader, files, .countingWords, total) { parts in
      for part in parts { part.bytes.withUnsafeBufferPointer { trainer.add($0) } }
    }
    return try trainer.train()
  }

  /// Reads all documents, some megabytes of parts at a time.
  private func readBatches(
    _ reader: inout DocumentReader, _ files: [SourceFile], _ phase: DataProgress.Phase, _ total: Int,
    _ body: ([DocumentPart]) throws -> Void
  ) throws {
    var parts: [DocumentPart] = []
    var size = 0
    var documents = 0
    var bytes = 0
    try reader.read(files) { part in
      parts.append(part)
      size += part.bytes.count
      bytes += part.bytes.count
      if part.endsDocument { documents += 1 }
      guard size >= 4 << 20 || parts.count >= 4096 else { return }
      try body(parts)
      parts.removeAll(keepingCapacity: true)
      size = 0
      try report(phase, documents: documents, done: bytes, total: total)
    }
    try body(parts)
    try report(phase, documents: documents, done: total, total: total)
  }

  private func report(_ phase: DataProgress.Phase, documents: Int, done: Int, total: Int) throws {
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

  private mutating func write(
    _ files: [SourceFile], _ heldOut: [SourceFile], _ tokenizer: Tokenizer, _ fingerprint: String, _ work: String
  ) throws -> DatasetManifest {
    let end = try endToken(tokenizer)
    let split = heldOut.isEmpty ? try splitMethod(files) : .document
    let tokenizerFingerprint = tokenizer.fingerprint()
    func writer(_ prefix: String) -> TokenShardWriter {
      TokenShardWriter(
        folder: work, prefix: prefix, vocabularySize: tokenizer.vocabularySize,
        tokenizerFingerprint: tokenizerFingerprint, shardTokens: settings.shardTokens)
    }
    var sides = (train: writer("train"), validation: writer("validation"))
    var skips: SkipReport
    if !heldOut.isEmpty {
      skips = try encode(files, tokenizer, end) { _ in sides.train }.report
      skips.add(try encode(heldOut, tokenizer, end) { _ in sides.validation }.report)
    } else if split == .tail {
      let all = writer("all")
      skips = try encode(files, tokenizer, end) { _ in all }.report
      try divide(all, sides, work)
    } else {
      var chooser = SplitChooser(seed: settings.seed, fraction: settings.validationFraction)
      let pass = try encode(files, tokenizer, end) { chooser.isValidation($0) ? sides.validation : sides.train }
      skips = pass.report
      if chooser.mustForce {
        // By chance one side got nothing. The document nearest to the limit changes sides, and all is written anew.
        chooser.force()
        sides = (writer("train"), writer("validation"))
        skips = try encode(files, tokenizer, end) { chooser.isValidation($0) ? sides.validation : sides.train }.report
      }
    }
    try sides.train.finish()
    try sides.validation.finish()
    guard sides.train.tokenCount > 0 else { throw emptyCorpus(skips) }
    return DatasetManifest(
      fingerprint: fingerprint, settings: settings.json,
      sources: (files + heldOut).map { .init(path: $0.path, bytes: $0.bytes, sha256: $0.sha256.hexadecimal) },
      report: skips,
      tokenizerFingerprint: tokenizerFingerprint, vocabularySize: tokenizer.vocabularySize, split: split,
      endOfDocument: end.flatMap { tokenizer.token(of: $0) }, train: part(sides.train, tokenizer),
      validation: part(sides.validation, tokenizer),
      unigramEntropy: unigramEntropy(of: sides.validation.counts, under: sides.train.counts))
  }

  private func emptyCorpus(_ skips: SkipReport) -> MartletError {
    let reasons = SkipReason.allCases.compactMap { reason in
      skips.skipped[reason].map { "\($0) \(reason.rawValue)" }
    }
    let detail =
      reasons.isEmpty
      ? "\(skips.read) documents were found"
      : "\(skips.read) documents were found and left out: \(reasons.joined(separator: ", "))"
    let place = skips.examples.first.map { ", the first of them at \($0.place)" } ?? ""
    return MartletError(
      .invalidArgument, "there is no text to train on: \(detail)\(place)",
      at: settings.sources.joined(separator: ", "),
      remedy:
        "Check that the sources are the right files, and for JSONL that the text field is '\(settings.textField)'.")
  }

  private func endToken(_ tokenizer: Tokenizer) throws -> Int32? {
    switch settings.endOfDocument {
    case .none: return nil
    case .automatic: return tokenizer.endOfTextID
    case .token(let token):
      guard let id = tokenizer.id(of: token) else {
        throw MartletError(
          .invalidArgument, "the tokenizer has no token '\(token)' to end documents with",
          remedy: "Name a token that it has, or leave the setting out.")
      }
      return id
    }
  }

  /// The method, with `automatic` decided by whether there are 10 documents.
  private func splitMethod(_ files: [SourceFile]) throws -> DataSettings.Split {
    guard settings.split == .automatic else { return settings.split }
    struct Enough: Error {}
    var reader = DocumentReader(settings)
    var documents = 0
    do {
      try reader.read(files) { part in
        if part.endsDocument { documents += 1 }
        if documents >= 10 { throw Enough() }
      }
      return .tail
    } catch is Enough {
      return .document
    }
  }

  /// Encodes all documents on all processors and gives the ids, in order, to the writer that `side` chooses.
  private mutating func encode(
    _ files: [SourceFile], _ tokenizer: Tokenizer, _ end: Int32?, _ side: (DocumentPart) -> TokenShardWriter
  ) throws -> DocumentReader {
    phaseStart = .now()
    var reader = DocumentReader(settings)
    try readBatches(&reader, files, .encoding, files.reduce(0) { $0 + $1.bytes }) { parts in
      let encoded = parallelMap(parts.count) { index in
        var ids: [Int32] = []
        parts[index].bytes.withUnsafeBufferPointer {
          tokenizer.encode(utf8: $0, specialTokens: .plainText, into: &ids)
        }
        return ids
      }
      for (part, ids) in zip(parts, encoded) {
        let writer = side(part)
        try writer.append(ids)
        guard part.endsDocument else { continue }
        if let end { try writer.append(CollectionOfOne(end)) }
        writer.endDocument()
      }
    }
    return reader
  }

  /// Copies all tokens but the last to one side and the last to the other.
  private mutating func divide(
    _ all: TokenShardWriter, _ sides: (train: TokenShardWriter, validation: TokenShardWriter), _ work: String
  ) throws {
    try all.finish()
    phaseStart = .now()
    let kept = Int(Double(all.tokenCount) * (1 - settings.validationFraction))
    var position = 0
    var buffer = [Int32](repeating: 0, count: 1 << 16)
    for entry in all.shards {
      let shard = try TokenShard(joinPath(work, entry.name))
      var local = 0
      func copy(to end: Int) throws {
        while local < end {
          let limit = position < kept ? kept - position : Int.max
          let count = min(end - local, buffer.count, limit)
          try buffer.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { try shard.copy(local..<local + count, to: base) }
          }
          try (position < kept ? sides.train : sides.validation).append(buffer[..<count])
          local += count
          position += count
        }
        try report(.splitting, documents: 0, done: position, total: all.tokenCount)
      }
      for document in 0..<shard.header.documentCount {
        try copy(to: try shard.documentEnd(document))
        (position <= kept ? sides.train : sides.validation).endDocument()
      }
      try copy(to: shard.header.tokenCount)
      try FileSystem.remove(shard.path)
    }
  }

  private func part(_ writer: TokenShardWriter, _ tokenizer: Tokenizer) -> DatasetManifest.Part {
    let bytes = zip(writer.counts, tokenizer.byteCounts).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    return DatasetManifest.Part(
      shards: writer.shards.map {
        .init(file: $0.name, tokens: $0.tokens, documents: $0.documents, bytes: $0.bytes, sha256: $0.sha256)
      },
      bytesPerToken: writer.tokenCount > 0 ? bytes / Double(writer.tokenCount) : 0)
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

/// The cross-entropy of tokens with the counts `counts` under the frequencies of `base`, one added to each.
///
/// Units: nats per token.
func unigramEntropy(of counts: [UInt64], under base: [UInt64]) -> Double? {
  let tokens = counts.reduce(0.0) { $0 + Double($1) }
  guard tokens > 0 else { return nil }
  let total = base.reduce(0.0) { $0 + Double($1) } + Double(base.count)
  let sum = zip(counts, base).reduce(0.0) { sum, pair in
    pair.0 == 0 ? sum : sum - Double(pair.0) * log((Double(pair.1) + 1) / total)
  }
  return sum / tokens
}
