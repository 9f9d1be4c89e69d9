import Core

extension TokenizerTrainer {
  /// How many substrings learning starts with at most.
  private static let seedLimit = 1_000_000

  /// Learns a unigram model from the words that were met at least `threshold` times.
  func trainUnigram(from threshold: UInt64, _ progress: (Int) throws -> Void) throws -> Tokenizer {
    var words: [(text: [UInt8], count: UInt64)] = []
    try counter.forEach { word, count in
      // Broken bytes are in no token.
      if count >= threshold, firstInvalidUTF8(in: word) == nil { words.append((Array(word), count)) }
    }
    var special: [[UInt8]] = []
    for token in options.specialTokens where !special.contains(Array(token.utf8)) { special.append(Array(token.utf8)) }
    var learner = UnigramLearner(words, seedLimit: TokenizerTrainer.seedLimit)
    let room = options.vocabularySize - special.count
    guard learner.characterCount <= room else {
      throw MartletError(
        .invalidArgument,
        "the vocabulary of \(options.vocabularySize) tokens has no room for \(learner.characterCount) characters",
        remedy: "Choose a larger vocabulary.")
    }
    let pieces = try learner.learn(count: room, progress: progress)
    var vocabulary = Vocabulary(expecting: options.vocabularySize)
    var scores: [ScoreText] = []
    for token in special {
      _ = vocabulary.add(token)
      scores.append(ScoreText(0))
    }
    for piece in pieces where vocabulary.id(of: piece.text) == nil {
      _ = vocabulary.add(piece.text)
      scores.append(ScoreText(piece.score))
    }
    let unknown = options.unknownToken.flatMap { vocabulary.id(of: Array($0.utf8)) }
    return try tokenizer(
      Unigram(vocabulary: vocabulary, scores: scores, unknownID: unknown, fallsBackToBytes: false))
  }
}
