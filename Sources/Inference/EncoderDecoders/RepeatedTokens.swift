/// The tokens that would repeat what a text has already.
enum RepeatedTokens {
  /// The tokens after which the last `size` tokens would be a sequence that the text has had before.
  ///
  /// Source: Paulus et al., "A deep reinforced model for abstractive summarization", 2018.
  /// Complexity: O(history * size).
  static func completingSequence(of size: Int, after history: [Int32]) -> Set<Int32> {
    guard size >= 1, history.count >= size else { return [] }
    let last = history.suffix(size - 1)
    var tokens = Set<Int32>()
    for start in 0...history.count - size where history[start..<start + size - 1].elementsEqual(last) {
      tokens.insert(history[start + size - 1])
    }
    return tokens
  }
}
