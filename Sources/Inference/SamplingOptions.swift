import Core

/// How the next token is chosen from logits, with the meaning and the order that Hugging Face's `transformers` has:
/// repetition penalty, temperature, top-k, top-p, min-p.
public struct SamplingOptions: Sendable, Hashable {
  /// What logits are divided by; 0 always takes the likeliest token.
  public var temperature: Double
  /// Only this many of the likeliest tokens (and those that tie with the last) are kept; nil for all.
  public var topK: Int?
  /// Only the likeliest tokens are kept that together have this probability; 1 for all.
  public var topP: Double
  /// Only tokens are kept with at least this share of the likeliest token's probability; 0 for all.
  public var minP: Double
  /// What the logits of tokens that came before are divided by where positive, multiplied by where negative.
  public var repetitionPenalty: Double

  /// Options, checked when they are used.
  public init(
    temperature: Double = 1, topK: Int? = nil, topP: Double = 1, minP: Double = 0, repetitionPenalty: Double = 1
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
  }

  /// Always the likeliest token.
  public static let greedy = SamplingOptions(temperature: 0)

  /// Checks the ranges.
  ///
  /// Throws: `MartletError(.invalidArgument)`, naming the option.
  public func validate() throws {
    func check(_ holds: Bool, _ name: String, _ value: some CustomStringConvertible, _ expected: String) throws {
      if !holds { throw MartletError(.invalidArgument, "\(name) must be \(expected), found \(value)") }
    }
    try check(temperature >= 0 && temperature.isFinite, "temperature", temperature, "a number of 0 or more")
    try check((topK ?? 1) >= 1, "top_k", topK ?? 1, "1 or more")
    try check(topP > 0 && topP <= 1, "top_p", topP, "above 0 and at most 1")
    try check(minP >= 0 && minP <= 1, "min_p", minP, "from 0 to 1")
    try check(
      repetitionPenalty > 0 && repetitionPenalty.isFinite, "repetition_penalty", repetitionPenalty, "above 0")
  }
}
