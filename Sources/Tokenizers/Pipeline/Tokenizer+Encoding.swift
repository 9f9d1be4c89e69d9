import Core

extension Tokenizer {
  /// A text, or two that belong together, to encode for a model.
  public struct Input: Sendable, Equatable {
    /// The text.
    public var text: String
    /// The second text: an answer to a question, the other side of a comparison.
    public var pair: String?

    /// A text, or two.
    public init(_ text: String, pair: String? = nil) {
      self.text = text
      self.pair = pair
    }
  }

  /// The tokens of a text, or of two, as a model wants them: with marks, truncated, padded, as the file says.
  ///
  /// Throws: `MartletError` if truncation as the file asks for it cannot be done.
  public func encodeForModel(
    _ input: Input, addsSpecialTokens: Bool = true, specialTokens: SpecialTokenMatching = .matched
  ) throws -> Encoding {
    var result = [try unpadded(input, addsSpecialTokens, specialTokens)]
    padding?.apply(to: &result)
    return result[0]
  }

  /// The tokens of many texts, encoded on all processors, padded to one length if the file asks for padding.
  ///
  /// Throws: `MartletError` if truncation as the file asks for it cannot be done.
  public func encodeForModel(
    _ inputs: [Input], addsSpecialTokens: Bool = true, specialTokens: SpecialTokenMatching = .matched
  ) throws -> [Encoding] {
    var result = try parallelMap(inputs.count) { index in
      Result { try unpadded(inputs[index], addsSpecialTokens, specialTokens) }
    }.map { try $0.get() }
    padding?.apply(to: &result)
    return result
  }

  /// The ids of many texts, encoded on all processors, without marks around them.
  public func encode(_ texts: [String], specialTokens: SpecialTokenMatching = .matched) -> [[Int32]] {
    let parts = min(texts.count, 64)
    return parallelMap(parts) { part in
      (texts.count * part / parts..<texts.count * (part + 1) / parts).map {
        encode(texts[$0], specialTokens: specialTokens)
      }
    }.flatMap { $0 }
  }

  /// The same tokenizer, whose encodings for a model have at most `length` tokens and no padding, whatever its file says.
  ///
  /// Throws: `MartletError` if the tokenizer's added tokens do not fit, which was checked when it was read.
  public func truncating(to length: Int) throws -> Tokenizer {
    try Tokenizer(
      normalizer: normalizer, preTokenizer: preTokenizer, model: model, postProcessor: postProcessor, decoder: decoder,
      addedTokens: addedTokens, roles: roles, truncation: Truncation(maximumLength: length), name: "the tokenizer")
  }

  private func unpadded(
    _ input: Input, _ addsSpecialTokens: Bool, _ specialTokens: SpecialTokenMatching
  ) throws -> Encoding {
    let texts = [Array(input.text.utf8)] + (input.pair.map { [Array($0.utf8)] } ?? [])
    var parts = texts.enumerated().map { encoding(of: $1, $0, specialTokens) }
    let added = addsSpecialTokens ? postProcessor?.addedTokenCount(isPair: parts.count > 1) ?? 0 : 0
    try truncation?.apply(to: &parts, added: added)
    return postProcessed(parts, texts, addsSpecialTokens: addsSpecialTokens)
  }
}
