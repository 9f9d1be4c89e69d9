/// Sums over the tokens of a folded text, from which the hash of any run of them follows in a step.
struct TokenSums {
  /// The sum of all tokens before each, and at the end of all.
  let sums: UnsafePointer<UInt64>
  /// How many tokens there are.
  let tokens: Int

  /// The hash of the `size` tokens before `end`, with `power` the base to the power of `size`.
  @inline(__always)
  func hash(endingAt end: Int, size: Int, power: UInt64) -> UInt64 {
    TokenHash.mix(sums[end] &- sums[end &- size] &* power)
  }
}

/// Hashes the n-grams of folded texts: each token ends one, of as many tokens as the script of that token asks for.
struct Shingler: Sendable {
  let words: Int
  let characters: Int
  private let wordPower: UInt64
  private let characterPower: UInt64

  /// N-grams of so many words, or of so many characters where words are not separated.
  init(words: Int, characters: Int) {
    self.words = words
    self.characters = characters
    wordPower = TokenHash.power(words)
    characterPower = TokenHash.power(characters)
  }

  /// Calls `body` with the hashes of all n-grams in order, repeated ones included. A text with fewer tokens than an
  /// n-gram needs has one of all its tokens.
  func withShingles<R>(of text: FoldedText, _ body: (UnsafeBufferPointer<UInt64>) -> R) -> R {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: text.tokens + 1) { shingles in
      guard let target = shingles.baseAddress else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
      var count = 0
      forEach(of: text) { hash, _, _ in
        target[count] = hash
        count &+= 1
      }
      if count == 0, text.tokens > 0 {
        target[0] = Self.whole(text)
        count = 1
      }
      return body(UnsafeBufferPointer(start: target, count: count))
    }
  }

  /// Calls `body` with the hash of each n-gram, the token behind its last, and the sums up to there.
  @inline(__always)
  func forEach(of text: FoldedText, _ body: (UInt64, Int, TokenSums) -> Void) {
    forEachToken(of: text) { end, isCharacter, sums in
      let size = isCharacter ? characters : words
      if end >= size { body(sums.hash(endingAt: end, size: size, power: power(isCharacter)), end, sums) }
    }
  }

  /// The base to the power of the tokens of an n-gram that ends in a character or in a word.
  @inline(__always)
  func power(_ isCharacter: Bool) -> UInt64 { isCharacter ? characterPower : wordPower }

  /// Calls `body` for each token with the number of tokens up to it, whether it is a character of a script without
  /// spaces, and the sums up to there.
  @inline(__always)
  func forEachToken(of text: FoldedText, _ body: (Int, Bool, TokenSums) -> Void) {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: text.tokens + 1) { space in
      guard let sums = space.baseAddress else { return }
      let classes = CharacterClasses.shared
      let view = TokenSums(sums: sums, tokens: text.tokens)
      var sum: UInt64 = 0
      var start = 0
      sums[0] = 0
      for token in 0..<text.tokens {
        let end = Int(text.ends[token])
        let bytes = text.bytes + start
        let length = end &- start
        sum = sum &* TokenHash.base &+ TokenHash.hash(bytes, length)
        sums[token &+ 1] = sum
        body(token &+ 1, bytes[0] >= 0xE0 && classes.isUnspaced(bytes, length), view)
        start = end &+ 1
      }
    }
  }

  /// The hash of all tokens of a text, as if they were one n-gram.
  static func whole(_ text: FoldedText) -> UInt64 {
    var sum: UInt64 = 0
    for token in 0..<text.tokens {
      let start = text.start(of: token)
      sum = sum &* TokenHash.base &+ TokenHash.hash(text.bytes + start, Int(text.ends[token]) &- start)
    }
    return TokenHash.mix(sum)
  }
}
