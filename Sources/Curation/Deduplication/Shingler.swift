/// Hashes the n-grams of folded texts: each token ends one, of as many tokens as the script of that token asks for.
struct Shingler: Sendable {
  private let words: Int
  private let characters: Int
  private let wordPower: UInt64
  private let characterPower: UInt64

  private static let window = 64

  /// N-grams of so many words, or of so many characters where words are not separated; 32 at most.
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
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.window) { prefixes in
        guard let target = shingles.baseAddress, let prefixes = prefixes.baseAddress else {
          return body(UnsafeBufferPointer(start: nil, count: 0))
        }
        let classes = CharacterClasses.shared
        prefixes.initialize(repeating: 0, count: Self.window)
        var count = 0
        var sum: UInt64 = 0
        var start = 0
        for token in 0..<text.tokens {
          let end = Int(text.ends[token])
          let bytes = text.bytes + start
          let length = end &- start
          sum = sum &* TokenHash.base &+ TokenHash.hash(bytes, length)
          let isCharacter = bytes[0] >= 0xE0 && classes.isUnspaced(bytes, length)
          let size = isCharacter ? characters : words
          // The sum of the last `size` tokens, from the sums of all tokens up to here and up to before them.
          let before = prefixes[(token &+ Self.window &- size) & (Self.window &- 1)]
          let gram = sum &- before &* (isCharacter ? characterPower : wordPower)
          target[count] = TokenHash.mix(gram)
          count &+= token &+ 1 >= size ? 1 : 0
          prefixes[token & (Self.window &- 1)] = sum
          start = end &+ 1
        }
        if count == 0, text.tokens > 0 {
          target[0] = TokenHash.mix(sum)
          count = 1
        }
        return body(UnsafeBufferPointer(start: target, count: count))
      }
    }
  }
}
