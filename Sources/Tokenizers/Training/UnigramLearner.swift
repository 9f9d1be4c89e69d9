import Foundation

/// Learns a unigram language model of pieces: expectation and maximisation, and pruning, again and again.
///
/// Source: Kudo, "Subword regularization", 2018, as sentencepiece and the `tokenizers` library do it.
struct UnigramLearner {
  struct Piece: Sendable {
    var text: [UInt8]
    var score: Double
  }

  /// A piece expected less often than this goes.
  private static let leastExpected = 0.5
  private static let shrinkingFactor = 0.75
  private static let iterationsBetweenPrunings = 2
  /// Words are divided into so many parts, whatever the number of threads, so that sums are always the same.
  private static let parts = 64

  private let words: [(text: [UInt8], count: UInt64)]
  private(set) var pieces: [Piece]
  private let required: Set<[UInt8]>

  /// Words with their counts.
  init(_ words: [(text: [UInt8], count: UInt64)], seedLimit: Int) {
    self.words = words
    let seeds = SeedPieces(words).find(limit: seedLimit)
    let total = log(seeds.reduce(0) { $0 + $1.score })
    pieces = seeds.map { Piece(text: $0.text, score: log($0.score) - total) }
    required = Set(pieces.lazy.map(\.text).filter { text in text.count { $0 & 0xC0 != 0x80 } == 1 })
  }

  /// How many different characters the words have.
  var characterCount: Int { required.count }

  /// Learns `count` pieces, every character of the words among them; the likeliest come first.
  mutating func learn(count: Int, progress: (Int) throws -> Void) rethrows -> [Piece] {
    let desired = count + count / 10
    while true {
      for _ in 0..<UnigramLearner.iterationsBetweenPrunings {
        maximize(expectations())
        try progress(pieces.count)
      }
      if pieces.count <= desired { break }
      let before = pieces.count
      prune(to: max(desired, Int(Double(pieces.count) * UnigramLearner.shrinkingFactor)))
      if pieces.count == before { break }
    }
    return finished(count)
  }

  // MARK: Expectation and maximisation

  private func expectations() -> [Double] {
    let trie = ByteTrie(pieces.enumerated().map { ($0.element.text, Int32($0.offset)) })
    let results = parallelMap(UnigramLearner.parts) { part in
      var expected = [Double](repeating: 0, count: pieces.count)
      var lattice = MarginalLattice()
      for word in words[range(part)] { lattice.addExpectations(word.text, Double(word.count), trie, pieces, &expected) }
      return expected
    }
    var sum = [Double](repeating: 0, count: pieces.count)
    for result in results { for index in sum.indices { sum[index] += result[index] } }
    return sum
  }

  private func range(_ part: Int) -> Range<Int> {
    words.count * part / UnigramLearner.parts..<words.count * (part + 1) / UnigramLearner.parts
  }

  private mutating func maximize(_ expected: [Double]) {
    var kept: [Piece] = []
    var sum = 0.0
    for (piece, frequency) in zip(pieces, expected) where frequency >= UnigramLearner.leastExpected {
      kept.append(Piece(text: piece.text, score: frequency))
      sum += frequency
    }
    let total = digamma(sum)
    pieces = kept.map { Piece(text: $0.text, score: digamma($0.score) - total) }
  }

  // MARK: Pruning

  /// Keeps the pieces without which the words would be less likely by the most.
  private mutating func prune(to count: Int) {
    let trie = ByteTrie(pieces.enumerated().map { ($0.element.text, Int32($0.offset)) })
    let learner = self
    let results = parallelMap(UnigramLearner.parts) { part in
      let pieces = learner.pieces
      var frequencies = [Double](repeating: 0, count: pieces.count)
      var lattice = MarginalLattice()
      for word in learner.words[learner.range(part)] {
        for id in lattice.best(word.text, trie, pieces) { frequencies[Int(id)] += Double(word.count) }
      }
      return frequencies
    }
    var frequencies = [Double](repeating: 0, count: pieces.count)
    for result in results { for index in frequencies.indices { frequencies[index] += result[index] } }
    let sum = frequencies.reduce(0, +)
    var kept: [Int] = []
    var candidates: [(index: Int, loss: Double)] = []
    var lattice = MarginalLattice()
    for index in pieces.indices {
      let alternatives = lattice.best(pieces[index].text, trie, pieces, without: Int32(index))
      guard !alternatives.isEmpty else {
        // Nothing else stands for it.
        kept.append(index)
        continue
      }
      guard frequencies[index] > 0 else { continue }
      let own = log(frequencies[index]) - log(sum)
      let newSum = log(sum + frequencies[index] * Double(alternatives.count - 1))
      let other = alternatives.reduce(0) { $0 + log(frequencies[Int($1)] + frequencies[index]) - newSum }
      candidates.append((index, frequencies[index] / sum * (own - other)))
    }
    candidates.sort { $0.loss != $1.loss ? $0.loss > $1.loss : $0.index < $1.index }
    let rest = candidates.prefix(max(0, count - kept.count)).map(\.index)
    pieces = (kept + rest).sorted().map { pieces[$0] }
  }

  /// The characters, and the likeliest other pieces as far as there is room.
  private func finished(_ count: Int) -> [Piece] {
    let known = Dictionary(pieces.map { ($0.text, $0.score) }, uniquingKeysWith: { first, _ in first })
    let lowest = pieces.map(\.score).min() ?? 0
    var result: [Piece] = []
    var penalty = 0.0
    for text in required.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      if let score = known[text] {
        result.append(Piece(text: text, score: score))
      } else {
        result.append(Piece(text: text, score: lowest + penalty))
        penalty += 0.0001
      }
    }
    let others = pieces.filter { !required.contains($0.text) }.sorted { a, b in
      a.score != b.score ? a.score > b.score : a.text.lexicographicallyPrecedes(b.text)
    }
    result += others.prefix(max(0, count - result.count))
    return result.sorted { a, b in a.score != b.score ? a.score > b.score : a.text.lexicographicallyPrecedes(b.text) }
  }
}

/// The digamma function, which makes rare pieces rarer still.
///
/// Source: the asymptotic series, after the recurrence has brought the argument above 7.
private func digamma(_ argument: Double) -> Double {
  var x = argument
  var result = 0.0
  while x < 7 {
    result -= 1 / x
    x += 1
  }
  x -= 0.5
  let square = 1 / (x * x)
  let series = square * (1.0 / 24 - square * (7.0 / 960 - square * (31.0 / 8064 - square * (127.0 / 30720))))
  return result + log(x) + series
}

/// All ways to divide a word into pieces.
private struct MarginalLattice {
  private struct Edge {
    var start: Int32
    var end: Int32
    var id: Int32
  }

  private var edges: [Edge] = []
  private var forward: [Double] = []
  private var backward: [Double] = []

  private mutating func build(_ text: [UInt8], _ trie: ByteTrie) {
    edges.removeAll(keepingCapacity: true)
    text.withUnsafeBufferPointer { bytes in
      for start in 0..<bytes.count where bytes[start] & 0xC0 != 0x80 {
        trie.forEachPrefix(bytes, from: start) { end, id in
          edges.append(Edge(start: Int32(start), end: Int32(end), id: id))
        }
      }
    }
  }

  /// Adds how often each piece is expected in a word that was met `count` times.
  mutating func addExpectations(
    _ text: [UInt8], _ count: Double, _ trie: ByteTrie, _ pieces: [UnigramLearner.Piece], _ expected: inout [Double]
  ) {
    build(text, trie)
    forward = Array(repeating: -.infinity, count: text.count + 1)
    backward = forward
    forward[0] = 0
    backward[text.count] = 0
    for edge in edges where forward[Int(edge.start)] > -.infinity {
      let score = forward[Int(edge.start)] + pieces[Int(edge.id)].score
      forward[Int(edge.end)] = MarginalLattice.sum(forward[Int(edge.end)], score)
    }
    for edge in edges.reversed() where backward[Int(edge.end)] > -.infinity {
      let score = backward[Int(edge.end)] + pieces[Int(edge.id)].score
      backward[Int(edge.start)] = MarginalLattice.sum(backward[Int(edge.start)], score)
    }
    let total = forward[text.count]
    guard total > -.infinity else { return }
    for edge in edges {
      let score = forward[Int(edge.start)] + pieces[Int(edge.id)].score + backward[Int(edge.end)] - total
      if score > -60 { expected[Int(edge.id)] += count * exp(score) }
    }
  }

  /// log(exp(a) + exp(b)).
  @inline(__always)
  private static func sum(_ a: Double, _ b: Double) -> Double {
    let (low, high) = a < b ? (a, b) : (b, a)
    return high > low + 50 ? high : high + log1p(exp(low - high))
  }

  /// The likeliest pieces of a word, or of a piece without itself; none where no pieces give it.
  mutating func best(
    _ text: [UInt8], _ trie: ByteTrie, _ pieces: [UnigramLearner.Piece], without excluded: Int32 = -1
  ) -> [Int32] {
    build(text, trie)
    forward = Array(repeating: -.infinity, count: text.count + 1)
    forward[0] = 0
    var last = [Int](repeating: -1, count: text.count + 1)
    for (index, edge) in edges.enumerated() where edge.id != excluded && forward[Int(edge.start)] > -.infinity {
      let score = forward[Int(edge.start)] + pieces[Int(edge.id)].score
      if score > forward[Int(edge.end)] {
        forward[Int(edge.end)] = score
        last[Int(edge.end)] = index
      }
    }
    var result: [Int32] = []
    var end = text.count
    while end > 0 {
      guard last[end] >= 0 else { return [] }
      result.append(edges[last[end]].id)
      end = Int(edges[last[end]].start)
    }
    return result.reversed()
  }
}
