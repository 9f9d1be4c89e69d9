import Core

/// Byte-pair vocabularies of OpenAI's tiktoken: a line a token, its bytes in Base64 and its rank.
enum Tiktoken {
  /// What a vocabulary file does not say: the splitting pattern and the special tokens.
  public struct Preset: Sendable {
    var name: String
    /// How many tokens such a file has.
    var tokenCount: Int
    var pattern: String
    var special: [(String, Int32)]
  }

  /// The encodings of OpenAI, which are told apart by how many tokens their files have.
  static let presets = [
    Preset(
      name: "r50k_base", tokenCount: 50256, pattern: GPT2Pattern.expression, special: [("<|endoftext|>", 50256)]),
    Preset(
      name: "p50k_base", tokenCount: 50280, pattern: GPT2Pattern.expression, special: [("<|endoftext|>", 50256)]),
    Preset(
      name: "cl100k_base", tokenCount: 100_256, pattern: WordPattern.cl100kExpression,
      special: [
        ("<|endoftext|>", 100_257), ("<|fim_prefix|>", 100_258), ("<|fim_middle|>", 100_259),
        ("<|fim_suffix|>", 100_260), ("<|endofprompt|>", 100_276),
      ]),
    Preset(
      name: "o200k_base", tokenCount: 199_998, pattern: o200kExpression,
      special: [("<|endoftext|>", 199_999), ("<|endofprompt|>", 200_018)]),
  ]

  private static let o200kExpression =
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"#
    + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"#
    + #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// Reads the lines of a file.
  ///
  /// Throws: `MartletError` that names the line.
  static func ranks(_ bytes: [UInt8], name: String) throws -> [(token: [UInt8], rank: Int)] {
    var result: [(token: [UInt8], rank: Int)] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let words = line.split { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
      if words.isEmpty { continue }
      guard words.count == 2, let token = Base64.decode(String(decoding: words[0], as: UTF8.self)), !token.isEmpty,
        let rank = Int(String(decoding: words[1], as: UTF8.self)), rank >= 0
      else {
        throw MartletError(
          .malformedFile, "a line must be a token in Base64, a space and its rank", at: "\(name), line \(index + 1)",
          remedy: "Check that this is a tiktoken vocabulary; copy it again.")
      }
      result.append((token, rank))
    }
    return result
  }
}

extension Tokenizer {
  /// Reads a tiktoken vocabulary; the pattern and the special tokens are those of the encoding with as many tokens.
  ///
  /// Throws: `MartletError` that names the line or the token for content that is broken; `unsupported` where the file
  /// is of no encoding that is known.
  public convenience init(tiktoken bytes: [UInt8], name: String) throws {
    let ranks = try Tiktoken.ranks(bytes, name: name)
    guard let preset = Tiktoken.presets.first(where: { $0.tokenCount == ranks.count }) else {
      let known = Tiktoken.presets.map { "\($0.name) (\($0.tokenCount))" }.joined(separator: ", ")
      throw MartletError(
        .unsupported, "a vocabulary of \(ranks.count) tokens is of no known encoding", at: name,
        remedy: "Known are \(known). For another, convert the vocabulary to tokenizer.json.")
    }
    try self.init(
      ranks: ranks, pattern: preset.pattern, special: preset.special,
      roles: SpecialTokenRoles(endOfText: "<|endoftext|>"),
      name: name)
  }

  /// Reads the content of Mistral's `tekken.json`.
  ///
  /// Throws: `MartletError` that names the key for content that is broken.
  public convenience init(tekken bytes: [UInt8], name: String) throws {
    let file = try JSONFields(parsing: bytes, name: name)
    let config = try file.fields("config")
    let specialCount = try config.integer("default_num_special_tokens", in: 0...1 << 20)
    let size = try config.integer("default_vocab_size", in: specialCount...1 << 24)
    var ranks: [(token: [UInt8], rank: Int)] = []
    for part in try file.objects("vocab").prefix(size - specialCount) {
      guard let token = Base64.decode(try part.string("token_bytes")), !token.isEmpty else {
        throw part.failure("token_bytes", mustBe: "bytes in Base64")
      }
      ranks.append((token, try part.integer("rank", in: 0...1 << 24) + specialCount))
    }
    var special = try file.objects("special_tokens", default: []).map {
      (try $0.string("token_str"), Int32(try $0.integer("rank", in: 0...1 << 24)))
    }
    if special.isEmpty { special = [("<unk>", 0), ("<s>", 1), ("</s>", 2)] }
    for id in Int32(special.count)..<Int32(max(special.count, specialCount)) { special.append(("<SPECIAL_\(id)>", id)) }
    try self.init(
      ranks: ranks, pattern: try config.string("pattern"), special: special,
      roles: SpecialTokenRoles(beginningOfText: "<s>", endOfText: "</s>", unknown: "<unk>"), name: name)
  }

  /// Byte-level BPE from ranked tokens: two tokens merge where what they make is one, the lowest rank first.
  private convenience init(
    ranks: [(token: [UInt8], rank: Int)], pattern: String, special: [(String, Int32)], roles: SpecialTokenRoles,
    name: String
  ) throws {
    var vocabulary = Vocabulary(expecting: ranks.count)
    var ids: [[UInt8]: Int32] = [:]
    ids.reserveCapacity(ranks.count)
    let sorted = ranks.sorted { $0.rank < $1.rank }
    for (token, rank) in sorted {
      if let problem = vocabulary.insert(
        ByteLevelAlphabet.written(token), id: Int64(rank), expected: ranks.count + special.count)
      {
        throw MartletError(.malformedFile, problem, at: name, remedy: "Copy the file again.")
      }
      ids[token] = Int32(rank)
    }
    var merges: [(first: Int32, second: Int32, merged: Int32)] = []
    var places: [UInt32] = []
    for (token, rank) in sorted where token.count > 1 {
      for cut in 1..<token.count {
        guard let first = ids[Array(token[..<cut])], let second = ids[Array(token[cut...])] else { continue }
        merges.append((first, second, Int32(rank)))
        places.append(UInt32(rank))
      }
    }
    let expression = try RegularExpression(pattern, at: name)
    try self.init(
      preTokenizer: SequencePreTokenizer(parts: [
        SplitPreTokenizer(pattern: .expression(expression), behavior: .isolated, isInverted: false),
        ByteLevelPreTokenizer(settings: ByteLevelSettings(addsPrefixSpace: false, usesPattern: false)),
      ]),
      model: BytePairEncoding(vocabulary: vocabulary, merges: merges, ignoresMerges: true, ranks: places),
      postProcessor: ByteLevelPostProcessor(
        settings: ByteLevelSettings(addsPrefixSpace: false, trimsOffsets: false, usesPattern: false)),
      decoder: ByteLevelDecoder(), addedTokens: special.map { AddedToken(id: $1, content: $0) }, roles: roles,
      name: name)
  }
}
