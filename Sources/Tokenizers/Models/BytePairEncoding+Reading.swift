import Core

extension BytePairEncoding {
  /// Reads the model of a `tokenizer.json`: merges are pairs, or strings with a space between the two tokens.
  init(_ part: JSONFields) throws {
    try part.requireOff("dropout")
    let prefix = Array((try part.optionalString("continuing_subword_prefix") ?? "").utf8)
    let vocabulary = try Vocabulary(part)
    guard let elements = part.object["merges"]?.arrayValue else { throw part.failure("merges", mustBe: "an array") }
    var merges: [(first: Int32, second: Int32, merged: Int32)] = []
    merges.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      if index == 0, let text = element.stringValue, text.hasPrefix("#version") { continue }
      guard let (first, second) = BytePairEncoding.pair(element) else {
        throw part.malformed("merge \(index) in model.merges must be two tokens, as [\"a\", \"b\"] or \"a b\"")
      }
      func id(_ token: [UInt8]) throws -> Int32 {
        if let id = vocabulary.id(of: token) { return id }
        let text = String(decoding: token, as: UTF8.self)
        throw part.malformed(
          "merge \(index) in model.merges needs the token '\(text)', which model.vocab does not have")
      }
      let rest = second.count >= prefix.count ? second.dropFirst(prefix.count) : second[...]
      merges.append((try id(first), try id(second), try id(first + rest)))
    }
    let unknown = try part.optionalString("unk_token")
    if let unknown, vocabulary.id(of: Array(unknown.utf8)) == nil {
      throw part.malformed("the unknown token '\(unknown)' is not in model.vocab")
    }
    self.init(
      vocabulary: vocabulary, merges: merges, unknownToken: unknown.map { Array($0.utf8) },
      fusesUnknown: try part.bool("fuse_unk", default: false),
      ignoresMerges: try part.bool("ignore_merges", default: false),
      fallsBackToBytes: try part.bool("byte_fallback", default: false), prefix: prefix,
      suffix: Array((try part.optionalString("end_of_word_suffix") ?? "").utf8))
  }

  private static func pair(_ value: JSONValue) -> ([UInt8], [UInt8])? {
    switch value {
    case .array(let parts):
      guard parts.count == 2, let first = parts[0].stringValue, let second = parts[1].stringValue else { return nil }
      return (Array(first.utf8), Array(second.utf8))
    case .string(let text):
      let parts = text.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      return (Array(parts[0]), Array(parts[1]))
    default: return nil
    }
  }
}

extension Vocabulary {
  /// Reads the object of tokens and ids under `vocab`.
  init(_ part: JSONFields) throws {
    guard let object = part.object["vocab"]?.objectValue else { throw part.failure("vocab", mustBe: "an object") }
    self.init(expecting: object.keys.count)
    for (token, value) in object.members {
      guard let id = value.integerValue else {
        throw part.malformed("the id of token '\(token)' in model.vocab must be an integer")
      }
      if let problem = insert(Array(token.utf8), id: Int64(id), expected: object.keys.count) {
        throw part.malformed("\(problem), in model.vocab")
      }
    }
  }
}
