import Core

/// What `dataset.json` says of a folder of prepared data. It is written last: without it a folder is not complete.
public struct DatasetManifest: Sendable, Equatable {
  /// A file that was read.
  public struct Source: Sendable, Equatable {
    /// The path as it was found.
    public var path: String
    /// The size of the file.
    public var bytes: Int
    /// The SHA-256 of the content in hexadecimal digits.
    public var sha256: String
    /// How many tokens came of it, those between documents not counted.
    public var tokens = 0
    /// The licences of its documents, sorted; "unknown" stands for documents that have none.
    public var licences: [String] = []
  }

  /// A shard that was written.
  public struct Shard: Sendable, Equatable {
    /// The name in the folder.
    public var file: String
    /// How many tokens it has.
    public var tokens: Int
    /// How many documents end in it.
    public var documents: Int
    /// The size of the file.
    public var bytes: Int
    /// The SHA-256 of the file in hexadecimal digits.
    public var sha256: String
  }

  /// One side of the split.
  public struct Part: Sendable, Equatable {
    /// Its shards in order.
    public var shards: [Shard]
    /// The shards with the targets of its documents, if they are examples.
    public var targets: [Shard] = []
    /// How many bytes of text a token stands for on average; 0 without tokens.
    public var bytesPerToken: Double

    /// How many tokens the part has.
    public var tokens: Int { shards.reduce(0) { $0 + $1.tokens } }
    /// How many documents end in the part.
    public var documents: Int { shards.reduce(0) { $0 + $1.documents } }
  }

  /// The name of the file.
  public static let fileName = "dataset.json"
  private static let version = 1

  /// The SHA-256 of settings, sources and tokenizer: equal fingerprints stand for equal shards.
  public var fingerprint: String
  /// The settings as they were given.
  public var settings: JSONObject
  /// The name of the version of the curated documents that the tokens are made of, where they are kept.
  public var corpusVersion: String?
  /// The files that were read, in order.
  public var sources: [Source]
  /// What became of the documents.
  public var report: SkipReport
  /// The SHA-256 of `tokenizer.json`.
  public var tokenizerFingerprint: String
  /// The size of the tokenizer's vocabulary.
  public var vocabularySize: Int
  /// How the split was made: by document, or by tail.
  public var split: DataSettings.Split
  /// The token after each document, if there is one.
  public var endOfDocument: String?
  /// The labels of examples in the order of their numbers; none where the text is one stream.
  public var labels: [String]
  /// The training tokens.
  public var train: Part
  /// The validation tokens.
  public var validation: Part
  /// The cross-entropy of the validation tokens under their frequencies in the training tokens, one added to each
  /// count; nil without validation tokens. What a model must beat that knows nothing of order.
  ///
  /// Units: nats per token.
  public var unigramEntropy: Double?
  /// What a person should know: sources without text.
  public var warnings: [String] = []

  /// All shards, also those of targets.
  public var shards: [Shard] { [train, validation].flatMap { $0.shards + $0.targets } }

  /// A loss in nats per validation token as bits per byte of text, which can be compared between tokenizers.
  public func bitsPerByte(loss: Double) -> Double? {
    validation.bytesPerToken > 0 ? loss / 0.693_147_180_559_945_3 / validation.bytesPerToken : nil
  }

  /// The content of the file.
  public func json() -> JSONValue {
    func list(_ shards: [Shard]) -> JSONValue {
      .array(
        shards.map { shard in
          .object([
            "file": .string(shard.file), "tokens": .integer(shard.tokens), "documents": .integer(shard.documents),
            "bytes": .integer(shard.bytes), "sha256": .string(shard.sha256),
          ])
        })
    }
    func part(_ part: Part) -> JSONValue {
      var object: JSONObject = [
        "tokens": .integer(part.tokens), "documents": .integer(part.documents),
        "bytes_per_token": .double(part.bytesPerToken), "shards": list(part.shards),
      ]
      if !part.targets.isEmpty { object["targets"] = list(part.targets) }
      return .object(object)
    }
    var skipped = JSONObject()
    for reason in report.reasons { skipped[reason] = .integer(report.skipped[reason] ?? 0) }
    return .object([
      "format": .string("martlet-dataset"), "version": .integer(DatasetManifest.version),
      "fingerprint": .string(fingerprint), "corpus_version": corpusVersion.map { .string($0) } ?? .null,
      "settings": .object(settings),
      "sources": .array(
        sources.map { source in
          .object([
            "path": .string(source.path), "bytes": .integer(source.bytes), "sha256": .string(source.sha256),
            "tokens": .integer(source.tokens), "licences": .array(source.licences.map { .string($0) }),
          ])
        }),
      "documents": .object([
        "read": .integer(report.read), "written": .integer(report.written), "skipped": .object(skipped),
        "repaired": .integer(report.repaired),
        "examples": .array(
          report.examples.map { .object(["reason": .string($0.reason), "place": .string($0.place)]) }),
      ]),
      "tokenizer": .object([
        "file": .string("tokenizer.json"), "sha256": .string(tokenizerFingerprint),
        "vocabulary_size": .integer(vocabularySize), "end_of_document": endOfDocument.map { .string($0) } ?? .null,
      ]),
      "split": .string(split.rawValue), "labels": .array(labels.map { .string($0) }), "train": part(train),
      "validation": part(validation),
      "unigram_entropy": unigramEntropy.map { .double($0) } ?? .null,
      "warnings": .array(warnings.map { .string($0) }),
    ])
  }

  /// Reads the manifest of a folder.
  ///
  /// Throws: `MartletError` with code `notFound` if the folder has none, `malformedFile` if it is not one.
  public init(folder: String) throws {
    let path = joinPath(folder, DatasetManifest.fileName)
    guard FileSystem.kind(of: path) != nil else {
      throw MartletError(
        .notFound, "the folder has no prepared data: there is no \(DatasetManifest.fileName)", at: folder,
        remedy: "Run `martlet data`; if it ran, it was interrupted, and running it again completes it.")
    }
    let file = try JSONFields(file: path)
    guard file.object["format"]?.stringValue == "martlet-dataset" else {
      throw file.failure("format", mustBe: "\"martlet-dataset\"")
    }
    guard file.object["version"]?.integerValue == DatasetManifest.version else {
      throw file.failure("version", mustBe: String(DatasetManifest.version))
    }
    fingerprint = try file.string("fingerprint")
    corpusVersion = file.object["corpus_version"]?.stringValue
    settings = try file.fields("settings").object
    sources = try file.objects("sources").map {
      Source(
        path: try $0.string("path"), bytes: try $0.integer("bytes", in: 0...Int.max), sha256: try $0.string("sha256"),
        tokens: try $0.integer("tokens", in: 0...1 << 52, default: 0), licences: try $0.strings("licences", default: [])
      )
    }
    let documents = try file.fields("documents")
    report = SkipReport()
    report.read = try documents.integer("read", in: 0...Int.max)
    report.written = try documents.integer("written", in: 0...Int.max)
    report.repaired = try documents.integer("repaired", in: 0...Int.max)
    let skipped = try documents.fields("skipped")
    for reason in skipped.object.keys {
      let count = try skipped.integer(reason, in: 0...Int.max)
      if count > 0 { report.skipped[reason] = count }
    }
    report.examples = try documents.objects("examples").map {
      SkipReport.Example(reason: try $0.string("reason"), place: try $0.string("place"))
    }
    let tokenizer = try file.fields("tokenizer")
    tokenizerFingerprint = try tokenizer.string("sha256")
    vocabularySize = try tokenizer.integer("vocabulary_size", in: 1...Int(Int32.max))
    endOfDocument = tokenizer.object["end_of_document"]?.stringValue
    split = DataSettings.Split(rawValue: try file.string("split", choices: ["document", "tail"])) ?? .document
    labels = try file.strings("labels", default: [])
    train = try DatasetManifest.part(file, "train")
    validation = try DatasetManifest.part(file, "validation")
    unigramEntropy = file.object["unigram_entropy"]?.doubleValue
    warnings = try file.strings("warnings", default: [])
  }

  init(
    fingerprint: String, corpusVersion: String?, settings: JSONObject, sources: [Source], report: SkipReport,
    tokenizerFingerprint: String,
    vocabularySize: Int, split: DataSettings.Split, endOfDocument: String?, labels: [String], train: Part,
    validation: Part,
    unigramEntropy: Double?, warnings: [String]
  ) {
    self.fingerprint = fingerprint
    self.corpusVersion = corpusVersion
    self.settings = settings
    self.sources = sources
    self.report = report
    self.tokenizerFingerprint = tokenizerFingerprint
    self.vocabularySize = vocabularySize
    self.split = split
    self.endOfDocument = endOfDocument
    self.labels = labels
    self.train = train
    self.validation = validation
    self.unigramEntropy = unigramEntropy
    self.warnings = warnings
  }

  private static func part(_ file: JSONFields, _ key: String) throws -> Part {
    let fields = try file.fields(key)
    let targets = fields.object["targets"] == nil ? [] : try Self.shards(fields, "targets")
    return Part(
      shards: try Self.shards(fields, "shards"), targets: targets,
      bytesPerToken: try fields.number("bytes_per_token"))
  }

  private static func shards(_ fields: JSONFields, _ key: String) throws -> [Shard] {
    let shards = try fields.objects(key).map { shard in
      let name = try shard.string("file")
      guard Core.fileName(of: name) == name, name != "..", !name.isEmpty else {
        throw shard.failure("file", mustBe: "a name in the same folder")
      }
      return Shard(
        file: name, tokens: try shard.integer("tokens", in: 0...1 << 48),
        documents: try shard.integer("documents", in: 0...1 << 48), bytes: try shard.integer("bytes", in: 0...1 << 56),
        sha256: try shard.string("sha256"))
    }
    guard shards.count <= 1 << 14 else { throw fields.failure(key, mustBe: "at most 16384 shards") }
    return shards
  }
}
