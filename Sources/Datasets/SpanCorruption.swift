import Core
import Tokenizers

/// Hides spans of texts behind sentinels, for models that read what is left and write what is missing.
///
/// The source is the text with each hidden span replaced by a sentinel of its own, the target each sentinel with the
/// tokens behind it; both end with the token that ends texts. A text begins with tokens that are left
/// and ends with hidden ones.
/// Source: Raffel et al., "Exploring the limits of transfer learning with a unified text-to-text transformer", 2020,
/// section 3.1.4.
public struct SpanCorruption: Sendable {
  /// The part of a text's tokens that is hidden.
  public let rate: Double
  /// The mean number of tokens in a span.
  public let meanSpanLength: Double
  private let sentinels: [Int32]
  private let endToken: Int32

  /// Hiding with the sentinels of a tokenizer, `<extra_id_0>`, `<extra_id_1>` and so on, and its end of text.
  ///
  /// Throws: `MartletError(.invalidArgument)` for a rate that is not between 0 and 1, spans shorter than 1, or a tokenizer
  /// that lacks the tokens.
  public init(_ tokenizer: Tokenizer, rate: Double = 0.15, meanSpanLength: Double = 3) throws {
    var sentinels: [Int32] = []
    while let id = tokenizer.id(of: "<extra_id_\(sentinels.count)>") { sentinels.append(id) }
    guard let end = tokenizer.endOfTextID, !sentinels.isEmpty else {
      throw MartletError(
        .invalidArgument, "the tokenizer lacks \(sentinels.isEmpty ? "<extra_id_0>" : "a token that ends texts")",
        remedy: "Use one that was made for hidden spans, or add <extra_id_0> to <extra_id_99> to its special tokens.")
    }
    try self.init(sentinels: sentinels, endToken: end, rate: rate, meanSpanLength: meanSpanLength)
  }

  /// Hiding with these sentinels; a text has no more hidden spans than there are.
  ///
  /// Throws: `MartletError(.invalidArgument)` for a rate that is not between 0 and 1, spans shorter than 1, or no sentinels.
  public init(sentinels: [Int32], endToken: Int32, rate: Double = 0.15, meanSpanLength: Double = 3) throws {
    guard rate > 0, rate < 1, meanSpanLength >= 1, meanSpanLength.isFinite, !sentinels.isEmpty else {
      throw MartletError(
        .invalidArgument,
        "\(sentinels.count) sentinels for spans of \(meanSpanLength) tokens that are \(rate) of a text",
        remedy: "Use a part between 0 and 1, such as 0.15, spans of 1 token or more, and a sentinel at least.")
    }
    self.rate = rate
    self.meanSpanLength = meanSpanLength
    self.sentinels = sentinels
    self.endToken = endToken
  }

  /// How many tokens of a text are hidden, and in how many spans.
  private func hidden(of length: Int) -> (tokens: Int, spans: Int) {
    guard length > 1 else { return (0, 0) }
    let tokens = min(max(Int((Double(length) * rate).rounded(.toNearestOrEven)), 1), length - 1)
    let spans = max(Int((Double(tokens) / meanSpanLength).rounded(.toNearestOrEven)), 1)
    return (tokens, min(spans, tokens, length - tokens, sentinels.count))
  }

  /// The lengths of the source and the target of a text of `length` tokens.
  public func lengths(of length: Int) -> (source: Int, target: Int) {
    let (tokens, spans) = hidden(of: length)
    return (length - tokens + spans + 1, tokens + spans + 1)
  }

  /// The length of the longest text whose source and target are no longer than these, or 0.
  ///
  /// Complexity: O(length).
  public func textLength(source: Int, target: Int) -> Int {
    var length = 0
    while true {
      let needed = lengths(of: length + 1)
      if needed.source > source || needed.target > target { return length }
      length += 1
    }
  }

  /// Hides spans of a text, given without the token that ends it.
  ///
  /// The choice is a function of the text's length and the key. Complexity: O(tokens).
  public func callAsFunction(_ tokens: [Int32], key: RandomKey) -> (source: [Int32], target: [Int32]) {
    let (count, spans) = hidden(of: tokens.count)
    var random = RandomStream(key)
    let hiddenLengths = Self.parts(of: count, spans, &random)
    let leftLengths = Self.parts(of: tokens.count - count, spans, &random)
    var (source, target): ([Int32], [Int32]) = ([], [])
    var place = 0
    for (index, (left, hidden)) in zip(leftLengths, hiddenLengths).enumerated() {
      source += tokens[place..<place + left] + [sentinels[index]]
      target += [sentinels[index]] + tokens[place + left..<place + left + hidden]
      place += left + hidden
    }
    return (source + tokens[place...] + [endToken], target + [endToken])
  }

  /// Lengths of at least 1 whose sum is `total`, each way to choose them as likely as the others.
  private static func parts(of total: Int, _ count: Int, _ random: inout RandomStream) -> [Int] {
    guard count > 0 else { return [] }
    // The places where a new part begins: all but the first token of the first may be one.
    var places = Array(1..<total)
    for index in 0..<count - 1 { places.swapAt(index, Int.random(in: index..<places.count, using: &random)) }
    let cuts = [0] + places.prefix(count - 1).sorted() + [total]
    return zip(cuts, cuts.dropFirst()).map { $1 - $0 }
  }
}
