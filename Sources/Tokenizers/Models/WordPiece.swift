import Core

/// WordPiece: a word is divided into the longest tokens that it begins with, one after the other.
///
/// Source: Schuster, Nakajima, "Japanese and Korean voice search", 2012; Devlin et al., BERT, 2019.
struct WordPiece: TokenModel {
  let vocabulary: Vocabulary
  let unknownToken: [UInt8]?
  /// What tokens inside words begin with.
  let prefix: [UInt8]
  /// Longer words are unknown as they are.
  let longestWord: Int

  private let unknownID: Int32?
  private let beginnings: ByteTrie
  private let continuations: ByteTrie

  init(vocabulary: Vocabulary, unknownToken: [UInt8], prefix: [UInt8] = Array("##".utf8), longestWord: Int = 100) {
    self.vocabulary = vocabulary
    self.unknownToken = unknownToken
    self.prefix = prefix
    self.longestWord = longestWord
    unknownID = vocabulary.id(of: unknownToken)
    beginnings = ByteTrie(vocabulary.ordered.map { ($0.token, $0.id) })
    continuations = ByteTrie(
      vocabulary.ordered.filter { $0.token.starts(with: prefix) }.map {
        (Array($0.token.dropFirst(prefix.count)), $0.id)
      })
  }

  /// Reads the model of a `tokenizer.json`.
  init(_ part: JSONFields) throws {
    self.init(
      vocabulary: try Vocabulary(part), unknownToken: Array(try part.string("unk_token", default: "[UNK]").utf8),
      prefix: Array(try part.string("continuing_subword_prefix", default: "##").utf8),
      longestWord: try part.integer("max_input_chars_per_word", in: 0...1 << 30, default: 100))
  }

  func encode(_ piece: TextSlice, _ workspace: EncodingWorkspace, into output: inout TokenOutput) {
    let first = output.ids.count
    var characters = 0
    for byte in piece.bytes where byte & 0xC0 != 0x80 { characters += 1 }
    var start = 0
    if characters <= longestWord {
      while start < piece.count {
        let trie = start == 0 ? beginnings : continuations
        guard let match = longestMatch(trie, piece.bytes, start) else { break }
        output.append(match.value, piece, start..<match.end)
        start = match.end
      }
    }
    guard start < piece.count else { return }
    output.ids.removeLast(output.ids.count - first)
    if output.recordsOffsets { output.offsets.removeLast(output.offsets.count - first) }
    if let unknownID { output.append(unknownID, piece, 0..<piece.count) }
  }

  /// The longest token that ends between two characters.
  private func longestMatch(
    _ trie: ByteTrie, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int
  ) -> (end: Int, value: Int32)? {
    var found: (Int, Int32)?
    trie.forEachPrefix(bytes, from: start) { end, value in
      if end == bytes.count || bytes[end] & 0xC0 != 0x80 { found = (end, value) }
    }
    return found
  }

  var json: JSONObject {
    [
      "type": .string("WordPiece"), "unk_token": .string(String(decoding: unknownToken ?? [], as: UTF8.self)),
      "continuing_subword_prefix": .string(String(decoding: prefix, as: UTF8.self)),
      "max_input_chars_per_word": .integer(longestWord), "vocab": .object(vocabulary.json),
    ]
  }
}

/// Every piece is a token or unknown.
struct WordLevel: TokenModel {
  let vocabulary: Vocabulary
  let unknownToken: [UInt8]?
  private let unknownID: Int32?

  /// Reads the model of a `tokenizer.json`.
  init(_ part: JSONFields) throws {
    vocabulary = try Vocabulary(part)
    let unknown = Array(try part.string("unk_token", default: "<unk>").utf8)
    unknownToken = unknown
    unknownID = vocabulary.id(of: unknown)
  }

  func encode(_ piece: TextSlice, _ workspace: EncodingWorkspace, into output: inout TokenOutput) {
    if let id = vocabulary.id(of: Array(piece.bytes)) ?? unknownID { output.append(id, piece, 0..<piece.count) }
  }

  var json: JSONObject {
    [
      "type": .string("WordLevel"), "vocab": .object(vocabulary.json),
      "unk_token": .string(String(decoding: unknownToken ?? [], as: UTF8.self)),
    ]
  }
}

extension Vocabulary {
  /// Tokens and ids as `tokenizer.json` has them.
  var json: JSONObject {
    var object = JSONObject()
    for (token, id) in ordered { object[String(decoding: token, as: UTF8.self)] = .integer(Int(id)) }
    return object
  }
}
