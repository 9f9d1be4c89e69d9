import Core
import Tokenizers

/// Hides words of texts, for models that are trained to find them again.
///
/// Of the tokens to find, 80% are replaced by the mask, 10% by any token, 10% stay as they are.
/// Source: Devlin et al., "BERT", 2019, appendix A.1; whole words: the authors' code of May 2019.
public struct WordMasking: Sendable {
  /// The part of a text's tokens that are to be found, special ones not counted.
  public let rate: Double
  /// Whether words are hidden with all of their tokens.
  public let wholeWords: Bool
  private let maskID: Int32
  private let kinds: [Kind]
  /// The tokens that stand for text.
  private let texts: [Int32]

  private enum Kind: UInt8, Sendable { case special, begins, continues }

  /// Masking with the mask and the words of a tokenizer.
  ///
  /// Throws: `MartletError(.invalidArgument)` for a rate that is not above 0 and at most 1, or a tokenizer without a mask.
  public init(_ tokenizer: Tokenizer, rate: Double = 0.15, wholeWords: Bool = false) throws {
    guard rate > 0, rate <= 1 else {
      throw MartletError(
        .invalidArgument, "the rate of masked tokens is \(rate)",
        remedy: "Use one above 0 and at most 1; 0.15 is usual.")
    }
    guard let mask = ["[MASK]", "<mask>"].lazy.compactMap(tokenizer.id(of:)).first else {
      throw MartletError(
        .invalidArgument, "the tokenizer has no token [MASK] or <mask>",
        remedy: "Use one that was made for masked words, or add the token to its special tokens.")
    }
    self.rate = rate
    self.wholeWords = wholeWords
    maskID = mask
    let written = (0..<Int32(tokenizer.vocabularySize)).map { id in
      tokenizer.isSpecial(id) ? nil : tokenizer.token(of: id)
    }
    let kind = Self.reading(written.compactMap { $0 })
    let kinds = written.map { text in text.map { kind($0) } ?? .special }
    texts = kinds.indices.filter { kinds[$0] != .special }.map(Int32.init)
    self.kinds = kinds
  }

  /// How the tokens of a vocabulary say where words begin: by a mark in front of those that go on with one, or by a mark
  /// in front of those that begin one.
  private static func reading(_ tokens: [String]) -> (String) -> Kind {
    func share(_ mark: String) -> Int { tokens.count { $0.hasPrefix(mark) } }
    if share("##") > 0, share("##") >= share("Ġ"), share("##") >= share("▁") {
      return { $0.hasPrefix("##") ? .continues : .begins }
    }
    guard let mark = ["Ġ", "▁"].max(by: { share($0) < share($1) }), share(mark) > 0 else { return { _ in .begins } }
    // Punctuation has no mark, and belongs to no word either.
    return { text in
      text.hasPrefix(mark) || !(text.first.map { $0.isLetter || $0.isNumber } ?? false) ? .begins : .continues
    }
  }

  /// How many tokens of a text of `length` tokens are hidden at most.
  public func mostHidden(length: Int) -> Int { max(1, Int((Double(length) * rate).rounded())) }

  /// Hides words of a text: what the model reads, and what it is to find there, -100 where nothing is hidden.
  ///
  /// The choice is a function of the text and the key. A word that would be too much is left for a shorter one.
  /// Complexity: O(tokens).
  public func callAsFunction(_ tokens: [Int32], key: RandomKey) -> (inputs: [Int32], targets: [Int32]) {
    var (inputs, targets) = (tokens, [Int32](repeating: EvaluationBatches.ignoredTarget, count: tokens.count))
    var random = RandomStream(key)
    var words: [Range<Int>] = []
    var count = 0
    for (place, token) in tokens.enumerated() {
      let kind = kinds.indices.contains(Int(token)) ? kinds[Int(token)] : .special
      guard kind != .special else { continue }
      count += 1
      if wholeWords, kind == .continues, let last = words.last, last.upperBound == place {
        words[words.count - 1] = last.lowerBound..<place + 1
      } else {
        words.append(place..<place + 1)
      }
    }
    var left = min(count, mostHidden(length: count))
    var next = 0
    while left > 0, next < words.count {
      words.swapAt(next, Int.random(in: next..<words.count, using: &random))
      let word = words[next]
      next += 1
      guard word.count <= left else { continue }
      left -= word.count
      for place in word {
        targets[place] = tokens[place]
        let draw = random.unit()
        if draw < 0.8 {
          inputs[place] = maskID
        } else if draw < 0.9 {
          inputs[place] = texts[Int.random(in: 0..<texts.count, using: &random)]
        }
      }
    }
    return (inputs, targets)
  }
}
