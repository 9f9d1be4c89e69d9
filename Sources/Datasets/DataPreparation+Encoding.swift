import Core
import Foundation
import Tokenizers

// The second pass over the text: documents become tokens, for training or for validation.
extension DataPreparation {
  mutating func write(
    _ input: TextInput, _ heldOut: [SourceFile], _ tokenizer: Tokenizer, _ fingerprint: String, _ work: String,
    _ warnings: [String]
  ) throws -> DatasetManifest {
    let end = try endToken(tokenizer)
    let split = heldOut.isEmpty ? try splitMethod(input) : .document
    let tokenizerFingerprint = tokenizer.fingerprint()
    func writer(_ prefix: String, _ vocabularySize: Int, targets: TokenShardWriter? = nil) -> TokenShardWriter {
      TokenShardWriter(
        folder: work, prefix: prefix, vocabularySize: vocabularySize, tokenizerFingerprint: tokenizerFingerprint,
        shardTokens: settings.shardTokens, targets: targets)
    }
    let coder = try exampleCoder(input, tokenizer)
    func writer(_ prefix: String) -> TokenShardWriter {
      writer(
        prefix, tokenizer.vocabularySize, targets: coder.map { writer("\(prefix)-targets", $0.labels.count) })
    }
    var sides = (train: writer("train"), validation: writer("validation"))
    var skips: SkipReport
    var reader: DocumentReader
    var withoutText: [String] = []
    var damage: [String] = []
    var licences: [Int: Set<String>] = [:]
    if !heldOut.isEmpty {
      reader = try encode(input, tokenizer, end, coder) { _ in sides.train }
      skips = reader.report
      let counts = tokensOfSources
      let other = try encode(.files(heldOut), tokenizer, end, coder) { _ in sides.validation }
      skips.add(other.report)
      withoutText = other.filesWithoutText
      damage = other.damage
      let list = sources(input).count
      for (source, names) in other.licences { licences[list + source] = names }
      tokensOfSources = counts + [Int](repeating: 0, count: max(0, list - counts.count)) + tokensOfSources
    } else if split == .tail {
      let all = writer("all")
      reader = try encode(input, tokenizer, end, nil) { _ in all }
      skips = reader.report
      try divide(all, sides, work)
    } else {
      var chooser = SplitChooser(seed: settings.seed, fraction: settings.validationFraction)
      reader = try encode(input, tokenizer, end, coder) { chooser.isValidation($0) ? sides.validation : sides.train }
      skips = reader.report
      if chooser.mustForce {
        // By chance one side got nothing. The document nearest to the limit changes sides, and all is written anew.
        chooser.force()
        sides = (writer("train"), writer("validation"))
        skips = try encode(input, tokenizer, end, coder) {
          chooser.isValidation($0) ? sides.validation : sides.train
        }.report
      }
    }
    try sides.train.finish()
    try sides.validation.finish()
    withoutText = reader.filesWithoutText + withoutText
    damage = reader.damage + damage
    licences.merge(reader.licences) { $1 }
    var version: String?
    if case .corpus(let sequence) = input { version = sequence.version.id }
    guard sides.train.tokenCount > 0 else { throw emptyCorpus(skips) }
    return DatasetManifest(
      fingerprint: fingerprint, corpusVersion: version, settings: settings.json,
      sources: (sources(input) + heldOut.map { .init(path: $0.path, bytes: $0.bytes, sha256: $0.sha256) })
        .enumerated().map { index, source in
          var source = source
          source.tokens = index < tokensOfSources.count ? tokensOfSources[index] : 0
          source.licences = (licences[index] ?? []).sorted()
          return source
        },
      report: skips,
      tokenizerFingerprint: tokenizerFingerprint, vocabularySize: tokenizer.vocabularySize, split: split,
      endOfDocument: end.flatMap { tokenizer.token(of: $0) }, labels: coder?.labels ?? [],
      train: part(sides.train, tokenizer), validation: part(sides.validation, tokenizer),
      unigramEntropy: unigramEntropy(
        of: (sides.validation.targets ?? sides.validation).counts, under: (sides.train.targets ?? sides.train).counts),
      warnings: warnings + withoutText.map { "there is no text in \($0)" } + damage)
  }

  private func sources(_ input: TextInput) -> [DatasetManifest.Source] {
    switch input {
    case .files(let files): files.map { .init(path: $0.path, bytes: $0.bytes, sha256: $0.sha256) }
    case .corpus(let sequence):
      sequence.version.manifest.inputs.map { .init(path: $0.name, bytes: $0.bytes, sha256: $0.sha256) }
    }
  }

  private func emptyCorpus(_ skips: SkipReport) -> MartletError {
    let reasons = skips.reasons.compactMap { reason in skips.skipped[reason].map { "\($0) \(reason)" } }
    let detail =
      reasons.isEmpty
      ? "\(skips.read) documents were found"
      : "\(skips.read) documents were found and left out: \(reasons.joined(separator: ", "))"
    let place = skips.examples.first.map { ", the first of them at \($0.place)" } ?? ""
    return MartletError(
      .invalidArgument, "there is no text to train on: \(detail)\(place)",
      at: settings.corpus.sources.flatMap(\.files).joined(separator: ", "),
      remedy:
        "Check that the sources are the right files, and for JSONL that the text field is '\(settings.textField)'.")
  }

  /// What makes examples of documents, if they are to be examples.
  private mutating func exampleCoder(_ input: TextInput, _ tokenizer: Tokenizer) throws -> ExampleCoder? {
    guard let examples = settings.examples else { return nil }
    var labels = examples.labels
    if labels.isEmpty {
      phaseStart = .now()
      var reader = DocumentReader()
      var collector = LabelCollector()
      try readBatches(&reader, input, .inspecting, input.bytes) { parts in
        for part in parts where part.beginsDocument { try collector.add(part, examples) }
      }
      labels = collector.labels
      guard labels.count > 1 else {
        throw MartletError(
          .invalidArgument,
          labels.isEmpty
            ? "no document has a label, the attribute '\(examples.labelAttribute)'"
            : "all documents have the same label, '\(labels[0])'",
          at: settings.corpus.sources.flatMap(\.files).joined(separator: ", "),
          remedy: "Say in data.sources which field has the label, as in `label: stars`.")
      }
    }
    return try ExampleCoder(examples, labels, tokenizer)
  }

  private func endToken(_ tokenizer: Tokenizer) throws -> Int32? {
    // Examples have the marks that the tokenizer puts around texts for a model.
    if settings.examples != nil { return nil }
    switch settings.endOfDocument {
    case .none: return nil
    case .automatic: return tokenizer.endOfTextID
    case .markBehindText: return try tokenizer.marksAroundText().after.last
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
  private func splitMethod(_ input: TextInput) throws -> DataSettings.Split {
    if settings.examples != nil { return .document }
    guard settings.split == .automatic else { return settings.split }
    struct Enough: Error {}
    var reader = DocumentReader()
    var documents = 0
    do {
      try reader.read(input) { part in
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
    _ input: TextInput, _ tokenizer: Tokenizer, _ end: Int32?, _ coder: ExampleCoder?,
    _ side: (DocumentPart) -> TokenShardWriter
  ) throws -> DocumentReader {
    phaseStart = .now()
    tokensOfSources = []
    func count(_ ids: [Int32], of part: DocumentPart) {
      while tokensOfSources.count <= part.source { tokensOfSources.append(0) }
      tokensOfSources[part.source] += ids.count
    }
    var reader = DocumentReader()
    var dropped = SkipReport()
    try readBatches(&reader, input, .encoding, input.bytes) { parts in
      if let coder {
        let examples = parts.filter(\.beginsDocument)
        let encoded = parallelMap(examples.count) { index in Result { try coder(examples[index]) } }
        for (part, outcome) in zip(examples, encoded) {
          switch try outcome.get() {
          case .skip(let reason):
            dropped.skip(reason, at: "\(part.provenance.input), \(part.provenance.place)")
          case .example(let inputs, let targets):
            count(inputs, of: part)
            let writer = side(part)
            try writer.append(inputs)
            try writer.targets?.append(targets)
            writer.endDocument()
          }
        }
        return
      }
      let encoded = parallelMap(parts.count) { index in
        var ids: [Int32] = []
        parts[index].bytes.withUnsafeBufferPointer {
          tokenizer.encode(utf8: $0, specialTokens: .plainText, into: &ids)
        }
        return ids
      }
      for (part, ids) in zip(parts, encoded) {
        count(ids, of: part)
        let writer = side(part)
        try writer.append(ids)
        guard part.endsDocument else { continue }
        if let end { try writer.append(CollectionOfOne(end)) }
        writer.endDocument()
      }
    }
    reader.drop(dropped)
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
    func list(_ writer: TokenShardWriter) -> [DatasetManifest.Shard] {
      writer.shards.map {
        .init(file: $0.name, tokens: $0.tokens, documents: $0.documents, bytes: $0.bytes, sha256: $0.sha256)
      }
    }
    return DatasetManifest.Part(
      shards: list(writer), targets: writer.targets.map(list) ?? [],
      bytesPerToken: writer.tokenCount > 0 ? bytes / Double(writer.tokenCount) : 0)
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
