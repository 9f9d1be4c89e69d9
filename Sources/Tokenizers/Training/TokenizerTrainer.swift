import Core

/// Trains a tokenizer on documents, which come in any number of parts and are counted in bounded memory.
///
/// The merges and tokens are those of the `tokenizers` library with the same settings; counts have 64 bits. Memory grows
/// with the number of different words, not with the text, and not beyond `Options.maximumMemory`.
public struct TokenizerTrainer: Sendable {
  /// What kind of tokenizer is made.
  public enum Algorithm: String, Sendable, CaseIterable {
    /// Byte-pair encoding of bytes, words split by GPT-2's pattern: any text comes back byte by byte.
    case byteLevelBytePair = "bpe"
    /// Byte-pair encoding of characters, spaces visible in tokens, rare characters as bytes: as Llama 2 has it.
    case characterBytePair = "char_bpe"
    /// BERT's words in pieces.
    case wordPiece = "wordpiece"
    /// A unigram language model of pieces, as T5 has it.
    case unigram = "unigram"
  }

  /// What to learn.
  public struct Options: Sendable, Equatable {
    /// What kind of tokenizer is made.
    public var algorithm: Algorithm
    /// How many tokens to have, special ones and the alphabet counted in.
    public var vocabularySize: Int
    /// Pairs met less often do not become tokens.
    public var minimumFrequency: UInt64
    /// Tokens that get the first ids and are never learned from text.
    public var specialTokens: [String]
    /// Which of the special tokens play which roles; by their names where this is nil.
    public var roles: SpecialTokenRoles?
    /// How many different characters to have at most, the rarest left out; byte-level tokenizers need no limit.
    public var alphabetLimit: Int?
    /// Whether WordPiece makes letters small and takes accents away.
    public var lowercases = true
    /// How many bytes of memory counting and learning may take.
    public var maximumMemory = 4 << 30

    /// Options with the usual settings for the rest.
    public init(_ algorithm: Algorithm = .byteLevelBytePair, vocabularySize: Int) {
      self.algorithm = algorithm
      self.vocabularySize = vocabularySize
      switch algorithm {
      case .byteLevelBytePair: (specialTokens, minimumFrequency) = (["<|endoftext|>"], 2)
      case .characterBytePair: (specialTokens, minimumFrequency) = (["<unk>", "<s>", "</s>"], 2)
      case .wordPiece: (specialTokens, minimumFrequency) = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], 2)
      case .unigram: (specialTokens, minimumFrequency) = (["<pad>", "</s>", "<unk>"], 1)
      }
      if algorithm == .characterBytePair { alphabetLimit = 6000 }
    }
  }

  /// What to learn.
  public let options: Options
  /// How many different words were met, as far as they are in memory.
  public var distinctWords: Int { counter.distinct }

  var counter: WordCounter

  /// Less memory does not hold the tables themselves.
  private static let leastMemory = 16 << 20

  /// A trainer that has seen nothing yet.
  ///
  /// Throws: `MartletError` if the vocabulary has no room for the special tokens and the alphabet, or memory is too
  /// small to work in.
  public init(_ options: Options) throws {
    let bytes = options.algorithm == .byteLevelBytePair || options.algorithm == .characterBytePair ? 256 : 0
    let smallest = bytes + Set(options.specialTokens).count
    guard options.vocabularySize >= smallest, options.vocabularySize <= 1 << 24 else {
      throw MartletError(
        .invalidArgument,
        "a vocabulary of \(options.vocabularySize) tokens is not between \(smallest) and \(1 << 24)",
        remedy: bytes > 0
          ? "The 256 bytes and the special tokens need \(smallest) tokens."
          : "The special tokens need \(smallest) tokens.")
    }
    guard options.maximumMemory >= TokenizerTrainer.leastMemory else {
      throw MartletError(
        .invalidArgument, "training a tokenizer needs more memory than \(options.maximumMemory) bytes",
        remedy: "Allow at least \(TokenizerTrainer.leastMemory) bytes.")
    }
    self.options = options
    counter = WordCounter(
      normalizer: try options.normalizer(), preTokenizer: options.preTokenizer, memoryLimit: options.maximumMemory / 2)
  }

  /// Counts the words of documents, on all processors; the outcome does not depend on how many there are.
  ///
  /// Throws: `MartletError` if words must be put aside and the system refuses.
  public mutating func add(_ documents: [[UInt8]]) throws { try counter.add(documents) }

  /// Counts the words of a text.
  ///
  /// Throws: `MartletError` if words must be put aside and the system refuses.
  public mutating func add(_ text: String) throws { try counter.add([Array(text.utf8)]) }

  /// What was learned.
  public struct Outcome: Sendable {
    /// The tokenizer.
    public let tokenizer: Tokenizer
    /// How many different words were too rare to be learned from in the memory that is allowed.
    public let droppedWords: Int
    /// How often those words were met together.
    public let droppedOccurrences: UInt64
  }

  /// Learns the tokenizer. The vocabulary is smaller than asked for if the text has no more to learn from.
  ///
  /// - Parameter progress: told the size of the vocabulary as it grows; stops the training by throwing.
  ///
  /// Throws: what `progress` throws; `MartletError` if the system refuses, or the alphabet alone is too large.
  public func train(progress: (Int) throws -> Void = { _ in }) throws -> Tokenizer {
    try learn(progress: progress).tokenizer
  }

  /// Learns the tokenizer, and says what had to be left out.
  ///
  /// Throws: as `train` does.
  public func learn(progress: (Int) throws -> Void = { _ in }) throws -> Outcome {
    // Symbols of 4 bytes, and lists of where pairs stand, about twice as much; pieces of the unigram model more.
    let dropped = try counter.threshold(
      memory: options.maximumMemory / 2, bytesPerByte: options.algorithm == .unigram ? 40 : 16)
    let tokenizer =
      options.algorithm == .unigram
      ? try trainUnigram(from: dropped.threshold, progress) : try trainMerges(from: dropped.threshold, progress)
    return Outcome(
      tokenizer: tokenizer, droppedWords: dropped.words, droppedOccurrences: dropped.occurrences)
  }
}

extension TokenizerTrainer.Options {
  func normalizer() throws -> (any Normalizer)? {
    switch algorithm {
    case .byteLevelBytePair, .characterBytePair: return nil
    case .wordPiece: return BertNormalizer(lowercases: lowercases)
    case .unigram:
      // Line ends become spaces, as T5 has it.
      let spaces = TextPattern.expression(try RegularExpression(" {2,}", at: "the trained tokenizer"))
      return SequenceNormalizer(parts: [
        NmtNormalizer(), FormNormalizer(.nfkc), ReplaceNormalizer(pattern: spaces, content: [0x20]),
      ])
    }
  }

  var preTokenizer: any PreTokenizer {
    switch algorithm {
    case .byteLevelBytePair: ByteLevelPreTokenizer()
    case .characterBytePair:
      // Tokens end where lines end.
      SequencePreTokenizer(parts: [
        MetaspacePreTokenizer(),
        SplitPreTokenizer(pattern: .literal([0x0A]), behavior: .isolated, isInverted: false),
      ])
    case .unigram: MetaspacePreTokenizer()
    case .wordPiece: BertPreTokenizer()
    }
  }

  var decoder: any TokenDecoder {
    switch algorithm {
    case .byteLevelBytePair: ByteLevelDecoder()
    case .characterBytePair:
      SequenceDecoder(parts: [
        ReplaceDecoder(pattern: .literal(SentencePieceNormalizer.mark), content: [0x20]), ByteFallbackDecoder(),
        FuseDecoder(), StripDecoder(content: 0x20, start: 1, stop: 0),
      ])
    case .wordPiece: WordPieceDecoder()
    case .unigram: MetaspaceDecoder()
    }
  }

  /// The token for the unknown, where the algorithm has one: the first special token that looks like it.
  var unknownToken: String? {
    algorithm == .byteLevelBytePair ? nil : specialTokens.first { ["<unk>", "[UNK]", "<UNK>"].contains($0) }
  }
}
