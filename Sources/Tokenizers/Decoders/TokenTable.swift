/// What ids stand for: by table where each token stands for itself, by the decoder where it depends on the others.
struct TokenTable: Sendable {
  private let decoder: any TokenDecoder
  private let tokens: [[UInt8]?]
  private let special: [Bool]
  /// The bytes of each token in one block, where each stands for itself.
  private var starts: [Int]?
  private var bytes: [UInt8] = []
  private var separator: [UInt8] = []

  /// - Parameter replaced: tokens that are decoded as another text than the vocabulary has.
  init(_ vocabulary: Vocabulary, _ decoder: any TokenDecoder, special: Set<Int32>, replaced: [Int32: [UInt8]]) {
    self.decoder = decoder
    let ids = 0..<Int32(vocabulary.size)
    tokens = ids.map { replaced[$0] ?? vocabulary.token(of: $0) }
    self.special = ids.map { special.contains($0) }
    guard let tokenwise = decoder as? any TokenwiseDecoder else { return }
    separator = tokenwise.separator
    var starts = [0]
    for token in tokens {
      if let token { bytes += tokenwise.bytes(of: token) }
      starts.append(bytes.count)
    }
    self.starts = starts
  }

  /// Whether the text of an id depends on the ids around it.
  var needsContext: Bool { starts == nil }

  func isSpecial(_ id: Int32) -> Bool { id >= 0 && Int(id) < special.count && special[Int(id)] }

  /// How many bytes of text each id stands for, in the middle of a text; special tokens are no text.
  var byteCounts: [Int] {
    if let starts { return special.indices.map { special[$0] ? 0 : starts[$0 + 1] - starts[$0] } }
    let first = Array("x".utf8)
    let alone = decoder.decode([first]).joined().count
    return tokens.indices.map { index in
      guard let token = tokens[index], !special[index] else { return 0 }
      if ByteToken.byte(of: token) != nil { return 1 }
      return max(0, decoder.decode([first, token]).joined().count - alone)
    }
  }

  /// Appends the bytes that ids stand for; ids without a token stand for nothing.
  func decode(_ ids: some Sequence<Int32>, skipsSpecialTokens: Bool) -> [UInt8] {
    var result: [UInt8] = []
    guard needsContext else {
      var isFirst = true
      for id in ids { append(id, skipsSpecialTokens: skipsSpecialTokens, isFirst: &isFirst, to: &result) }
      return result
    }
    let parts = ids.compactMap { id -> [UInt8]? in
      guard id >= 0, Int(id) < tokens.count, !(skipsSpecialTokens && special[Int(id)]) else { return nil }
      return tokens[Int(id)]
    }
    return parts.isEmpty ? [] : Array(decoder.decode(parts).joined())
  }

  /// Appends the bytes of one id, where no context is needed.
  func append(_ id: Int32, skipsSpecialTokens: Bool, isFirst: inout Bool, to result: inout [UInt8]) {
    guard let starts, id >= 0, Int(id) < special.count else { return }
    let index = Int(id)
    if (special[index] && skipsSpecialTokens) || starts[index] == starts[index + 1] { return }
    if !isFirst { result += separator }
    isFirst = false
    result.append(contentsOf: bytes[starts[index]..<starts[index + 1]])
  }
}
