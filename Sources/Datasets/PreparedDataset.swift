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

  /// Opens a folder, and checks that its files belong together and have their full length.
  ///
  /// Throws: `MartletError` that names the file, if one is missing, cut off or of another preparation.
  public init(folder: String) throws {
    self.folder = folder
    manifest = try DatasetManifest(folder: folder)
    tokenizer = try Tokenizer.load(joinPath(folder, "tokenizer.json"))
    let fingerprint = tokenizer.fingerprint()
    guard fingerprint == manifest.tokenizerFingerprint else {
      throw MartletError(
        .mismatch, "the tokenizer is not the one that made the tokens of this folder",
        at: joinPath(folder, "tokenizer.json"), remedy: "Run `martlet data` again.")
    }
    train = try PreparedDataset.open(manifest.train, folder, manifest)
    validation = try PreparedDataset.open(manifest.validation, folder, manifest)
  }

  /// Compares all shards with their hashes.
  ///
  /// Throws: `MartletError` for the first one that is damaged. Complexity: O(bytes).
  public func verify() throws {
    try train.verify()
    try validation.verify()
  }

  private static func open(
    _ part: DatasetManifest.Part, _ folder: String, _ manifest: DatasetManifest
  ) throws -> TokenSequence {
    try TokenSequence(
      part.shards.map { entry in
        let shard = try TokenShard(joinPath(folder, entry.file))
        guard shard.header.tokenCount == entry.tokens, shard.header.documentCount == entry.documents,
          shard.header.vocabularySize == manifest.vocabularySize,
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
