/// Finds the substrings of words that come often: what a unigram model starts from.
///
/// Suffixes are sorted and compared with their neighbours, as a suffix array does; of substrings that always come
/// together with a longer one only the longer is taken. Source: the seeds of sentencepiece's unigram trainer.
struct SeedPieces {
  /// A substring and how often it comes, times its characters: what it would save.
  struct Seed: Sendable {
    var text: [UInt8]
    var score: Double
  }

  /// Longer pieces are not made.
  static let longestPiece = 16

  private let words: [(text: [UInt8], count: UInt64)]

  init(_ words: [(text: [UInt8], count: UInt64)]) { self.words = words }

  /// Characters first, all of them, then the best substrings.
  func find(limit: Int) -> [Seed] {
    var characters: [[UInt8]: Double] = [:]
    // Where each suffix begins: word << 32 | byte.
    var suffixes: [UInt64] = []
    for (index, word) in words.enumerated() {
      var start = 0
      for place in 1...max(1, word.text.count) where place == word.text.count || word.text[place] & 0xC0 != 0x80 {
        guard start < word.text.count else { break }
        characters[Array(word.text[start..<place]), default: 0] += Double(word.count)
        suffixes.append(UInt64(index) << 32 | UInt64(start))
        start = place
      }
    }
    suffixes.sort { precedes($0, $1) }
    var seeds = substrings(suffixes)
    seeds.sort { $0.score != $1.score ? $0.score > $1.score : $0.text.lexicographicallyPrecedes($1.text) }
    var result = characters.map { Seed(text: $0.key, score: $0.value) }
    result.sort { $0.score != $1.score ? $0.score > $1.score : $0.text.lexicographicallyPrecedes($1.text) }
    return result + seeds.prefix(max(0, limit - result.count))
  }

  private func suffix(_ entry: UInt64) -> ArraySlice<UInt8> {
    words[Int(entry >> 32)].text[Int(entry & 0xFFFF_FFFF)...]
  }

  private func precedes(_ a: UInt64, _ b: UInt64) -> Bool {
    let (left, right) = (suffix(a), suffix(b))
    // Beyond the longest piece the order does not matter, but must be one.
    let limit = 4 * SeedPieces.longestPiece
    let (x, y) = (left.prefix(limit), right.prefix(limit))
    if x.elementsEqual(y) { return a < b }
    return x.lexicographicallyPrecedes(y)
  }

  /// The substrings that begin at least two suffixes, each as long as all of those agree.
  private func substrings(_ suffixes: [UInt64]) -> [Seed] {
    var seeds: [Seed] = []
    // Open groups of suffixes: how many bytes agree, where the group begins in the order.
    var open: [(length: Int, start: Int)] = []
    var totals: [Double] = [0]
    for entry in suffixes { totals.append(totals[totals.count - 1] + Double(words[Int(entry >> 32)].count)) }
    for place in 1...max(1, suffixes.count) {
      let common = place < suffixes.count ? commonLength(suffixes[place - 1], suffixes[place]) : 0
      var start = place - 1
      while let last = open.last, last.length > common {
        open.removeLast()
        start = last.start
        let text = Array(suffix(suffixes[last.start]).prefix(last.length))
        let characters = text.count { $0 & 0xC0 != 0x80 }
        if characters > 1, characters <= SeedPieces.longestPiece {
          seeds.append(Seed(text: text, score: (totals[place] - totals[last.start]) * Double(characters)))
        }
      }
      if common > 0, open.last.map({ $0.length < common }) ?? true { open.append((common, start)) }
    }
    return seeds
  }

  /// How many bytes of whole characters two suffixes have in common, up to the longest piece.
  private func commonLength(_ a: UInt64, _ b: UInt64) -> Int {
    let (left, right) = (suffix(a), suffix(b))
    var length = 0
    var whole = 0
    var characters = 0
    for (x, y) in zip(left, right) {
      if x & 0xC0 != 0x80 {
        whole = length
        characters += 1
        if characters > SeedPieces.longestPiece { return whole }
      }
      guard x == y else {
        return y & 0xC0 == 0x80 || x & 0xC0 == 0x80 ? whole : length
      }
      length += 1
    }
    // A character that one suffix has whole, the other has whole too.
    return length
  }
}
