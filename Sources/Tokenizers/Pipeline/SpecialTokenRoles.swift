/// Which tokens mark the beginning and end of a text, padding and the unknown: keys of `tokenizer_config.json`.
public struct SpecialTokenRoles: Sendable, Equatable {
  /// The token before a text (`bos_token`).
  public var beginningOfText: String?
  /// The token after a text (`eos_token`).
  public var endOfText: String?
  /// The token that fills places without text (`pad_token`).
  public var padding: String?
  /// The token for what the vocabulary lacks (`unk_token`).
  public var unknown: String?

  /// Roles by name; those not given are not played.
  public init(
    beginningOfText: String? = nil, endOfText: String? = nil, padding: String? = nil, unknown: String? = nil
  ) {
    self.beginningOfText = beginningOfText
    self.endOfText = endOfText
    self.padding = padding
    self.unknown = unknown
  }

  /// The customary names, for files that don't say.
  init(guessedFrom tokens: [AddedToken], unknown: [UInt8]?) {
    func first(_ names: String...) -> String? {
      names.first { name in tokens.contains { $0.isSpecial && $0.content == name } }
    }
    endOfText = first("<|endoftext|>", "<|end_of_text|>", "</s>", "[SEP]")
    beginningOfText = first("<|begin_of_text|>", "<s>", "<|endoftext|>", "[CLS]")
    padding = first("<|padding|>", "<pad>", "[PAD]")
    self.unknown = unknown.map { String(decoding: $0, as: UTF8.self) } ?? first("<unk>", "[UNK]")
  }
}
