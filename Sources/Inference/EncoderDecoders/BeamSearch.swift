#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What ends a beam search before the length that is allowed.
public enum EarlyStopping: String, Sendable, Hashable, CaseIterable {
  /// As many texts as beams have ended, and the best that goes on is worse for its length than the worst of them.
  case likely = "false"
  /// As many texts as beams have ended.
  case immediate = "true"
  /// As many texts as beams have ended, and none that goes on can become better than the worst of them.
  case never
}

/// The search for the likeliest text of one source, with the meaning that Hugging Face's `transformers` has.
///
/// In each step the beams, which are the likeliest texts so far, are continued by every token. Texts that end are kept
/// with a score: the logarithm of their probability divided by a power of their length.
struct BeamSearch: Sendable {
  /// What is asked of a search.
  struct Options: Sendable, Hashable {
    /// The number of texts that are followed.
    var beamCount: Int
    /// The power of the length that scores are divided by: above 0 favours long texts, below 0 short ones.
    var lengthPenalty: Double
    /// When the search ends.
    var earlyStopping: EarlyStopping
    /// The largest number of tokens.
    var maxNewTokens: Int

    /// Options; see the properties.
    init(
      beamCount: Int, lengthPenalty: Double = 1, earlyStopping: EarlyStopping = .likely, maxNewTokens: Int
    ) {
      self.beamCount = beamCount
      self.lengthPenalty = lengthPenalty
      self.earlyStopping = earlyStopping
      self.maxNewTokens = maxNewTokens
    }
  }

  /// A text and how likely it is.
  struct Text: Sendable, Hashable {
    /// The tokens, with the one that ends the text if there is one.
    var tokens: [Int32]
    /// The logarithm of the probability; of texts that have ended, divided by the power of the length.
    var score: Float
  }

  /// What is asked of the search.
  let options: Options
  /// The texts that go on, the likeliest first.
  private(set) var beams: [Text]
  /// The beam that each of them continues.
  private(set) var parents: [Int]
  /// The best texts that have ended, the best first.
  private(set) var ended: [Text] = []
  /// Whether the search is over.
  private(set) var isOver: Bool
  private let endTokens: Set<Int32>

  /// A score that no text has.
  private static let impossible: Float = -1e9

  /// A search before its first step.
  ///
  /// - Parameter endTokens: the tokens that end a text.
  init(_ options: Options, endTokens: Set<Int32>) {
    self.options = options
    self.endTokens = endTokens
    // All beams begin alike: the others than the first would only repeat it.
    beams = (0..<options.beamCount).map { Text(tokens: [], score: $0 == 0 ? 0 : Self.impossible) }
    parents = Array(0..<options.beamCount)
    isOver = options.maxNewTokens < 1
  }

  /// The best texts, of which at least one has ended when the search is over.
  var best: Text? { ended.first ?? beams.first }

  /// A text that goes on with a token.
  private struct Candidate {
    let beam: Int
    let token: Int32
    let score: Float
    /// Whether it ends there.
    var ends: Bool
  }

  /// Continues each beam by a token.
  ///
  /// - Parameters:
  ///   - logits: of each token, for each beam after each other; minus infinity for one that must not come.
  ///   - logSums: what is subtracted from a beam's logits, so that they are logarithms of probabilities.
  ///   - size: the number of logits of a beam.
  ///   - allowed: how many of them may be chosen.
  ///
  /// Complexity: O(beams * tokens), and for each beam O(beams * length).
  mutating func step(_ logits: UnsafePointer<Float>, logSums: [Float], size: Int, allowed: Int) {
    guard !isOver else { return }
    let count = (beams.first?.tokens.count ?? 0) + 1
    let isLast = count >= options.maxNewTokens
    var candidates = candidates(logits, logSums, size, allowed)
    for index in candidates.indices { candidates[index].ends = isLast || endTokens.contains(candidates[index].token) }

    // Those beyond the first are there only so that enough texts go on.
    let divisor = Float(pow(Double(count), options.lengthPenalty))
    for candidate in candidates.prefix(options.beamCount) where candidate.ends {
      insert(Text(tokens: beams[candidate.beam].tokens + [candidate.token], score: candidate.score / divisor))
    }
    let going = candidates.filter { !$0.ends }.prefix(options.beamCount)
    parents = going.map(\.beam)
    beams = going.map { Text(tokens: beams[$0.beam].tokens + [$0.token], score: $0.score) }
    // Where too few go on, the last is repeated, unseen.
    while let last = beams.last, beams.count < options.beamCount {
      beams.append(Text(tokens: last.tokens, score: Self.impossible))
      parents.append(parents[parents.count - 1])
    }
    isOver = isLast || beams.isEmpty || ended.count == options.beamCount && !canImprove(count)
  }

  /// The likeliest continuations of all beams, twice as many as beams.
  private func candidates(
    _ logits: UnsafePointer<Float>, _ logSums: [Float], _ size: Int, _ allowed: Int
  ) -> [Candidate] {
    let most = (1 + max(1, endTokens.count)) * options.beamCount
    var found: [Candidate] = []
    // What a continuation must be better than.
    var limit = -Float.infinity
    for (index, beam) in beams.enumerated() {
      let row = logits + index * size
      let start = beam.score - logSums[index]
      for token in 0..<min(size, allowed) where row[token] + start > limit {
        let score = row[token] + start
        if found.count == most { found.removeLast() }
        let place = found.firstIndex { $0.score < score } ?? found.count
        found.insert(Candidate(beam: index, token: Int32(token), score: score, ends: false), at: place)
        if found.count == most { limit = found[most - 1].score }
      }
    }
    return found
  }

  private mutating func insert(_ text: Text) {
    // Of equal ones, the earlier stays in front.
    let place = ended.firstIndex { $0.score < text.score } ?? ended.count
    ended.insert(text, at: place)
    if ended.count > options.beamCount { ended.removeLast() }
  }

  /// Whether a text that goes on after `count` tokens may become better than the worst that has ended.
  private func canImprove(_ count: Int) -> Bool {
    guard options.earlyStopping != .immediate, let best = beams.first, let worst = ended.last else { return false }
    let longest = options.earlyStopping == .never && options.lengthPenalty > 0 ? options.maxNewTokens : count
    return best.score / Float(pow(Double(longest), options.lengthPenalty)) > worst.score
  }
}
