import Core

/// Makes a character-level tokenizer: every Unicode scalar of the documents is a token.
///
/// In `tokenizer.json` it is BPE without merges, which reads a text character by character.
public struct CharacterTrainer: Sendable {
  /// The token of characters that the documents did not have; without one they are left out of a text.
  public var unknownToken: String? = "<unk>"
  /// More tokens, which come before the characters.
  public var specialTokens: [String] = []
  /// Which of the special tokens play which roles; by their names where this is nil.
  public var roles: SpecialTokenRoles?

  private var seen = [UInt64](repeating: 0, count: 0x110000 / 64)

  /// A trainer that has seen nothing yet.
  public init() {}

  /// Notes the characters of a text; bytes that are no valid UTF-8 are passed over.
  public mutating func add(_ text: UnsafeBufferPointer<UInt8>) {
    guard let base = text.baseAddress else { return }
    var position = 0
    while position < text.count {
      let scalar = decodeScalar(base, at: position, end: text.count)
      if scalar.isValid { seen[Int(scalar.value >> 6)] |= 1 << UInt64(scalar.value & 63) }
      position += scalar.length
    }
  }

  /// Notes the characters of a text.
  public mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { add($0) }
  }

  /// The tokenizer: special tokens first, then the characters by code point.
  ///
  /// Throws: `MartletError` if a special token is not fit to be one.
  public func train() throws -> Tokenizer {
    var vocabulary = Vocabulary()
    let special = ([unknownToken].compactMap { $0 } + specialTokens)
    for token in special { _ = vocabulary.add(Array(token.utf8)) }
    for scalar in UInt32(0)..<0x110000 where seen[Int(scalar >> 6)] >> UInt64(scalar & 63) & 1 == 1 {
      var token: [UInt8] = []
      token.append(scalar: scalar)
      _ = vocabulary.add(token)
    }
    let added = Set(special).compactMap { token in
      vocabulary.id(of: Array(token.utf8)).map { AddedToken(id: $0, content: token) }
    }
    let model = BytePairEncoding(
      vocabulary: vocabulary, merges: [], unknownToken: unknownToken.map { Array($0.utf8) })
    var roles = roles
    if roles?.unknown == nil { roles?.unknown = unknownToken }
    return try Tokenizer(
      model: model, decoder: FuseDecoder(), addedTokens: added, roles: roles,
      name: "the character-level tokenizer")
  }
}
