import Core

extension BytePairEncoding {
  /// Reads the model of a `tokenizer.json`: merges are pairs, or strings with a space between the two tokens.
  init(_ part: JSONPart) throws {
    for key in ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"] {
      try part.requireOff(key)
    }
    var vocabulary = Vocabulary()
    let members = try part.members("vocab")
    for member in members {
      guard case .integer(let id) = member.value else {
        let token = String(decoding: member.key, as: UTF8.self)
        throw part.malformed("the id of token '\(token)' in 'vocab' must be an integer, not \(member.value.kind)")
      }
      if let problem = vocabulary.insert(member.key, id: id, expected: members.count) {
        throw part.malformed("\(problem), in 'vocab'")
      }
    }
    var merges: [(first: Int32, second: Int32, merged: Int32)] = []
    let elements = try part.elements("merges")
    merges.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      guard let (first, second) = BytePairEncoding.pair(element) else {
        if index == 0, case .string(let text) = element, text.starts(with: Array("#version".utf8)) { continue }
        throw part.malformed("merge \(index) in 'merges' must be two tokens, as [\"a\", \"b\"] or \"a b\"")
      }
      func id(_ token: [UInt8]) throws -> Int32 {
        if let id = vocabulary.id(of: token) { return id }
        let text = String(decoding: token, as: UTF8.self)
        throw part.malformed("merge \(index) in 'merges' needs the token '\(text)', which 'vocab' does not have")
      }
      merges.append((try id(first), try id(second), try id(first + second)))
    }
    let unknown = try part.optionalBytes("unk_token")
    if let unknown, vocabulary.id(of: unknown) == nil {
      let text = String(decoding: unknown, as: UTF8.self)
      throw part.malformed("the unknown token '\(text)' is not in 'vocab'")
    }
    self.init(
      vocabulary: vocabulary, merges: merges, unknownToken: unknown,
      fusesUnknown: try part.bool("fuse_unk", or: false), ignoresMerges: try part.bool("ignore_merges", or: false))
  }

  private static func pair(_ value: JSONValue) -> ([UInt8], [UInt8])? {
    switch value {
    case .array(let parts):
      guard parts.count == 2, case .string(let first) = parts[0], case .string(let second) = parts[1] else {
        return nil
      }
      return (first, second)
    case .string(let text):
      let parts = text.split(separator: 0x20, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      return (Array(parts[0]), Array(parts[1]))
    default: return nil
    }
  }
}
