import Core

/// Tokens and their ids; ids may have gaps.
package struct Vocabulary: Sendable {
  private var tokens: [[UInt8]?]
  private var ids: [[UInt8]: Int32]

  /// No tokens yet, with room for as many as are expected.
  package init(expecting count: Int = 0) {
    tokens = []
    ids = [:]
    tokens.reserveCapacity(count)
    ids.reserveCapacity(count)
  }

  /// The largest id plus one: how many rows an embedding of these tokens needs.
  package var size: Int { tokens.count }
  /// How many tokens there are.
  package var count: Int { ids.count }

  package func id(of token: [UInt8]) -> Int32? { ids[token] }

  package func token(of id: Int32) -> [UInt8]? {
    id >= 0 && Int(id) < tokens.count ? tokens[Int(id)] : nil
  }

  /// Adds a token with an id. What is wrong with the pair, where something is, comes back and nothing is added.
  ///
  /// The id may not lie so far out that the gap would cost more memory than the tokens.
  package mutating func insert(_ token: [UInt8], id: Int64, expected: Int) -> String? {
    let text = String(decoding: token, as: UTF8.self)
    guard id >= 0, id <= Int64(Int32.max) else { return "the id \(id) of token '\(text)' is not between 0 and 2^31" }
    guard id < 65_536 + 16 * Int64(expected) else {
      return "the id \(id) of token '\(text)' is far beyond the size of the vocabulary, \(expected)"
    }
    if ids[token] != nil { return "the token '\(text)' comes twice" }
    let place = Int(id)
    while tokens.count <= place { tokens.append(nil) }
    if let other = tokens[place] {
      return "the id \(id) belongs to two tokens, '\(String(decoding: other, as: UTF8.self))' and '\(text)'"
    }
    tokens[place] = token
    ids[token] = Int32(id)
    return nil
  }

  /// Adds a token with the next free id, or finds the one it has.
  package mutating func add(_ token: [UInt8]) -> Int32 {
    if let id = ids[token] { return id }
    let id = Int32(tokens.count)
    tokens.append(token)
    ids[token] = id
    return id
  }

  /// Tokens in the order of their ids.
  package var ordered: [(token: [UInt8], id: Int32)] {
    tokens.enumerated().compactMap { index, token in token.map { ($0, Int32(index)) } }
  }
}
