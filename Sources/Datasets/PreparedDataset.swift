import Core
import Tokenizers

/// A folder that `martlet data` wrote: tokens for training and validation, and the tokenizer that made them.
public struct PreparedDataset: Sendable {
  /// The path of the folder.
  public let folder: String
  /// What the folder says of itself.
  public let manifest: DatasetManifest
  /// The tokenizer that made the tokens.
  public let tokenizer: Tokenizer
  /// The training tokens.
  public let train: TokenSequence
  /// The validation tokens; none if the fraction was 0.
  public let validation: TokenSequence
  /// The examples for training and validation, where documents are examples.
  public let examples: (train: ExampleSequence, validation: ExampleSequence)?

  /// Opens a folder, and checks that its files belong together and have their full length.
  ///
  /// Throws: `MartletError` that names the file, if one is missing, cut off or of another preparation.
  public init(folder: String) throws {
    self.folder = folder
    let manifest = try DatasetManifest(folder: folder)
    self.manifest = manifest
    tokenizer = try Tokenizer.load(joinPath(folder, "tokenizer.json"))
    let fingerprint = tokenizer.fingerprint()
    guard fingerprint == manifest.tokenizerFingerprint else {
      throw MartletError(
        .mismatch, "the tokenizer is not the one that made the tokens of this folder",
        at: joinPath(folder, "tokenizer.json"), remedy: "Run `martlet data` again.")
    }
    func open(_ part: DatasetManifest.Part) throws -> TokenSequence {
      try Self.open(part.shards, folder, manifest, vocabularySize: manifest.vocabularySize)
    }
    let (train, validation) = (try open(manifest.train), try open(manifest.validation))
    (self.train, self.validation) = (train, validation)
    func pair(_ part: DatasetManifest.Part, _ tokens: TokenSequence) throws -> ExampleSequence {
      try ExampleSequence(
        inputs: tokens, targets: Self.open(part.targets, folder, manifest, vocabularySize: manifest.labels.count))
    }
    examples =
      manifest.labels.isEmpty
      ? nil : (train: try pair(manifest.train, train), validation: try pair(manifest.validation, validation))
  }

  /// Compares all shards with their hashes.
  ///
  /// Throws: `MartletError` for the first one that is damaged. Complexity: O(bytes).
  public func verify() throws {
    try train.verify()
    try validation.verify()
    try examples?.train.verify()
    try examples?.validation.verify()
  }

  private static func open(
    _ shards: [DatasetManifest.Shard], _ folder: String, _ manifest: DatasetManifest, vocabularySize: Int
  ) throws -> TokenSequence {
    try TokenSequence(
      shards.map { entry in
        let shard = try TokenShard(joinPath(folder, entry.file))
        guard shard.header.tokenCount == entry.tokens, shard.header.documentCount == entry.documents,
          shard.header.vocabularySize == vocabularySize,
          shard.header.tokenizerFingerprint == manifest.tokenizerFingerprint
        else {
          throw MartletError(
            .mismatch, "the shard does not belong to the \(DatasetManifest.fileName) beside it", at: shard.path,
            remedy: "Run `martlet data` again.")
        }
        return shard
      })
  }
}
