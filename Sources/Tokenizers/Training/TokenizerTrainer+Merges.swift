import Core

extension TokenizerTrainer {
  /// Learns merges from the words that were met at least `threshold` times.
  func trainMerges(from threshold: UInt64, _ progress: (Int) throws -> Void) throws -> Tokenizer {
    var vocabulary = Vocabulary()
    for token in options.specialTokens { _ = vocabulary.add(Array(token.utf8)) }
    if options.algorithm == .characterBytePair {
      for byte in 0..<256 { _ = vocabulary.add(ByteToken.token(of: UInt8(byte))) }
    }
    var learner = MergeLearner()
    let prefix = options.algorithm == .wordPiece ? Array("##".utf8) : []
    if options.algorithm == .byteLevelBytePair {
      for character in ByteLevelAlphabet.characters.sorted() {
        var token: [UInt8] = []
        token.append(scalar: character)
        _ = vocabulary.add(token)
      }
      let byteIDs = (0..<256).map { vocabulary.id(of: ByteLevelAlphabet.written([UInt8($0)])) ?? 0 }
      try counter.forEach { word, count in
        if count >= threshold { learner.add(word.lazy.map { byteIDs[Int($0)] }, count: count) }
      }
    } else {
      let alphabet = try alphabet(threshold)
      for scalar in alphabet { _ = vocabulary.add(TokenizerTrainer.text(scalar)) }
      try addWords(to: &learner, &vocabulary, Set(alphabet), prefix, threshold)
    }
    guard vocabulary.count <= options.vocabularySize else {
      throw MartletError(
        .invalidArgument,
        "the vocabulary of \(options.vocabularySize) tokens has no room for \(vocabulary.count) characters and marks",
        remedy: "Choose a larger vocabulary, or leave rare characters out.")
    }
    let merges = try learner.learn(
      &vocabulary, vocabularySize: options.vocabularySize, minimumFrequency: options.minimumFrequency, prefix: prefix,
      progress: progress)
    let model: any TokenModel =
      if options.algorithm == .wordPiece {
        WordPiece(vocabulary: vocabulary, unknownToken: Array((options.unknownToken ?? "[UNK]").utf8))
      } else {
        BytePairEncoding(
          vocabulary: vocabulary, merges: merges, unknownToken: options.unknownToken.map { Array($0.utf8) },
          fusesUnknown: options.algorithm == .characterBytePair,
          fallsBackToBytes: options.algorithm == .characterBytePair)
      }
    return try tokenizer(model)
  }

  /// The characters of the words by code point, the rarest left out where there are too many.
  private func alphabet(_ threshold: UInt64) throws -> [UInt32] {
    var counts: [UInt32: UInt64] = [:]
    try counter.forEach { word, count in
      guard count >= threshold, let base = word.baseAddress else { return }
      var position = 0
      while position < word.count {
        let scalar = decodeScalar(base, at: position, end: word.count)
        if scalar.isValid { counts[scalar.value, default: 0] &+= count }
        position += scalar.length
      }
    }
    let sorted = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
    return sorted.prefix(options.alphabetLimit ?? sorted.count).map(\.key).sorted()
  }

  /// Divides words into characters, those inside words with the prefix, and leaves out what is not in the alphabet.
  private func addWords(
    to learner: inout MergeLearner, _ vocabulary: inout Vocabulary, _ alphabet: Set<UInt32>, _ prefix: [UInt8],
    _ threshold: UInt64
  ) throws {
    var first: [UInt32: Int32] = [:]
    var inner: [UInt32: Int32] = [:]
    try counter.forEach { word, count in
      guard count >= threshold, let base = word.baseAddress else { return }
      var symbols: [Int32] = []
      var position = 0
      while position < word.count {
        let scalar = decodeScalar(base, at: position, end: word.count)
        if scalar.isValid, alphabet.contains(scalar.value) {
          let isInner = position > 0 && !prefix.isEmpty
          if let id = isInner ? inner[scalar.value] : first[scalar.value] {
            symbols.append(id)
          } else {
            let id = vocabulary.add((isInner ? prefix : []) + TokenizerTrainer.text(scalar.value))
            if isInner { inner[scalar.value] = id } else { first[scalar.value] = id }
            symbols.append(id)
          }
        }
        position += scalar.length
      }
      learner.add(symbols, count: count)
    }
  }

  private static func text(_ scalar: UInt32) -> [UInt8] {
    var text: [UInt8] = []
    text.append(scalar: scalar)
    return text
  }

  /// The tokenizer around a model that was learned.
  func tokenizer(_ model: any TokenModel) throws -> Tokenizer {
    let added = Set(options.specialTokens).compactMap { token in
      model.vocabulary.id(of: Array(token.utf8)).map { AddedToken(id: $0, content: token) }
    }
    return try Tokenizer(
      normalizer: try options.normalizer(), preTokenizer: options.preTokenizer, model: model,
      postProcessor: postProcessor(model), decoder: options.decoder, addedTokens: added, roles: options.roles,
      name: "the trained tokenizer")
  }

  private func postProcessor(_ model: any TokenModel) -> (any PostProcessor)? {
    func template(_ single: [String], _ pair: [String]) -> (any PostProcessor)? {
      var marks: [String: TemplatePostProcessor.Mark] = [:]
      func piece(_ text: String) -> TemplatePostProcessor.Piece? {
        let parts = text.split(separator: ":")
        let type = Int32(parts.count > 1 ? parts[1] : "0") ?? 0
        if parts[0] == "$A" || parts[0] == "$B" { return .sequence(parts[0] == "$A" ? 0 : 1, typeID: type) }
        let name = String(parts[0])
        guard options.specialTokens.contains(name), let id = model.vocabulary.id(of: Array(name.utf8)) else {
          return nil
        }
        marks[name] = .init(ids: [id], tokens: [name])
        return .mark(name, typeID: type)
      }
      let (one, two) = (single.compactMap(piece), pair.compactMap(piece))
      return one.count == single.count && two.count == pair.count
        ? TemplatePostProcessor(single: one, pair: two, marks: marks) : nil
    }
    switch options.algorithm {
    case .byteLevelBytePair: return ByteLevelPostProcessor()
    case .characterBytePair: return template(["<s>", "$A"], ["<s>", "$A", "<s>:1", "$B:1"])
    case .wordPiece: return template(["[CLS]", "$A", "[SEP]"], ["[CLS]", "$A", "[SEP]", "$B:1", "[SEP]:1"])
    case .unigram: return template(["$A", "</s>"], ["$A", "</s>", "$B:1", "</s>:1"])
    }
  }
}
