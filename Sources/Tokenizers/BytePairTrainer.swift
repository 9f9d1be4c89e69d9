import Core
import Foundation

/// Trains a byte-level BPE tokenizer on documents, with GPT-2's splitting pattern.
///
/// The merges are those of the `tokenizers` library: `BpeTrainer` with `initial_alphabet` = `ByteLevel.alphabet()`.
/// The counts have 64 bits; memory grows with the number of different words, not with the text.
public struct BytePairTrainer: Sendable {
  /// What to learn.
  public struct Options: Sendable, Equatable {
    /// How many tokens to have, special ones and the 256 bytes counted in.
    public var vocabularySize: Int
    /// Pairs met less often do not become tokens.
    public var minimumFrequency: UInt64 = 2
    /// Tokens that get the first ids and are never learned from text.
    public var specialTokens = ["<|endoftext|>"]
    /// Which of the special tokens play which roles; by their names where this is nil.
    public var roles: SpecialTokenRoles?

    /// Options with the usual settings for the rest.
    public init(vocabularySize: Int) { self.vocabularySize = vocabularySize }
  }

  /// What to learn.
  public let options: Options
  /// How many different words were met.
  public var distinctWords: Int { counts.distinct }

  private var counts = WordCounts()

  /// A trainer that has seen nothing yet.
  ///
  /// Throws: `MartletError` if the vocabulary has no room for the special tokens and the 256 bytes.
  public init(_ options: Options) throws {
    let smallest = 256 + Set(options.specialTokens).count
    guard options.vocabularySize >= smallest, options.vocabularySize <= 1 << 24 else {
      throw MartletError(
        .invalidArgument,
        "a vocabulary of \(options.vocabularySize) tokens is not between \(smallest) and \(1 << 24)",
        remedy: "The 256 bytes and the special tokens need \(smallest) tokens.")
    }
    self.options = options
  }

  /// Counts the words of documents, on all processors; the outcome does not depend on how many there are.
  public mutating func add(_ documents: [[UInt8]]) {
    let total = documents.reduce(0) { $0 + $1.count }
    let workers = min(ProcessInfo.processInfo.activeProcessorCount, documents.count, total >> 18)
    guard workers > 1 else {
      for document in documents { document.withUnsafeBufferPointer { BytePairTrainer.count($0, &counts) } }
      return
    }
    let parts = parallelMap(workers) { worker in
      var part = WordCounts()
      for index in stride(from: worker, to: documents.count, by: workers) {
        documents[index].withUnsafeBufferPointer { BytePairTrainer.count($0, &part) }
      }
      return part
    }
    for part in parts { counts.add(part) }
  }

  /// Counts the words of a text.
  public mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { BytePairTrainer.count($0, &counts) }
  }

  private static func count(_ text: UnsafeBufferPointer<UInt8>, _ counts: inout WordCounts) {
    guard let base = text.baseAddress else { return }
    let pattern = GPT2Pattern()
    var start = 0
    while start < text.count {
      let end = pattern.end(ofPieceAt: start, in: base, count: text.count)
      counts.add(UnsafeBufferPointer(start: base + start, count: end - start))
      start = end
    }
  }

  /// Learns the merges. The vocabulary is smaller than asked for if the text has no more pairs.
  ///
  /// - Parameter progress: told the size of the vocabulary as it grows; stops the training by throwing.
  ///
  /// Throws: what `progress` throws.
  public func train(progress: (Int) throws -> Void = { _ in }) throws -> Tokenizer {
    var vocabulary = Vocabulary()
    for token in options.specialTokens { _ = vocabulary.add(Array(token.utf8)) }
    for character in ByteLevelAlphabet.characters.sorted() {
      var token: [UInt8] = []
      token.append(scalar: character)
      _ = vocabulary.add(token)
    }
    let byteIDs = (0..<256).map { vocabulary.id(of: ByteLevelAlphabet.written([UInt8($0)])) ?? 0 }
    var learner = MergeLearner()
    counts.forEachSorted { word, count in learner.add(word.lazy.map { byteIDs[Int($0)] }, count: count) }
    let merges = try learner.learn(
      &vocabulary, vocabularySize: options.vocabularySize, minimumFrequency: options.minimumFrequency,
      progress: progress)
    let added = Set(options.specialTokens).compactMap { token in
      vocabulary.id(of: Array(token.utf8)).map { AddedToken(id: $0, content: token) }
    }
    return try Tokenizer(
      preTokenizer: ByteLevelPreTokenizer(), model: BytePairEncoding(vocabulary: vocabulary, merges: merges),
      postProcessor: ByteLevelPostProcessor(), decoder: ByteLevelDecoder(), addedTokens: added,
      roles: options.roles, name: "the trained tokenizer")
  }
}
