import Core
import Models
import TensorGraph
import Tokenizers

/// Turns texts into others with an encoder-decoder and its tokenizer.
public final class TextTransformer {
  /// What writes the targets.
  public let generator: SequenceGenerator
  /// The tokenizer.
  public let tokenizer: Tokenizer

  /// A transformer of texts.
  ///
  /// Throws: `MartletError(.mismatch)` when the tokenizer has tokens that the model does not know.
  public init(_ generator: SequenceGenerator, _ tokenizer: Tokenizer) throws {
    let size = generator.configuration.vocabularySize
    guard tokenizer.vocabularySize <= size else {
      throw MartletError(
        .mismatch, "the tokenizer has \(tokenizer.vocabularySize) tokens, the model knows \(size)",
        remedy: "Use the tokenizer that belongs to the model.")
    }
    self.generator = generator
    self.tokenizer = tokenizer
  }

  /// The model in a folder of Hugging Face's layout, with its tokenizer.
  ///
  /// - Parameter batchSize: how many texts run at once.
  ///
  /// Throws: `MartletError` that names the file at fault, or `MartletError(.resource)` when memory is short.
  public convenience init(folder: String, on backend: any Backend, batchSize: Int = 32) throws {
    let model = try ModelFolder(folder)
    let generator = SequenceGenerator(
      try model.encoderDecoder(), parameters: try model.loadParameters(on: backend), on: backend, batchSize: batchSize)
    try self.init(generator, try Tokenizer.load(folder))
  }

  /// The tokens of a source, with the one that ends it.
  func source(_ text: String) throws -> [Int32] {
    let end = generator.configuration.endToken
    let tokens = try tokenizer.encodeForModel([Tokenizer.Input(text)])[0].ids
    return tokens.last == end ? tokens : tokens + [end]
  }

  /// The texts that the model makes of others, in their order.
  ///
  /// Throws: as `SequenceGenerator.generate`.
  public func callAsFunction(_ texts: [String], _ options: SequenceOptions = SequenceOptions()) throws -> [String] {
    try generator.generate(texts.map(source), options, allowedTokens: tokenizer.vocabularySize)
      .map { tokenizer.decode($0.tokens, skipsSpecialTokens: true) }
  }
}
