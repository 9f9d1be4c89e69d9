/// A token found in the text before the model sees it, special ones such as `<|endoftext|>` among them.
public struct AddedToken: Sendable, Equatable {
  /// The token's id.
  public var id: Int32
  /// The text that it is found as.
  public var content: String
  /// Whether it is found only where no word character stands next to it.
  public var singleWord = false
  /// Whether it takes the white space on its left with it.
  public var stripsLeft = false
  /// Whether it takes the white space on its right with it.
  public var stripsRight = false
  /// Whether it is looked for in the normalised text.
  public var isNormalized = false
  /// Whether it is a mark, which decoding can leave out, and not text.
  public var isSpecial = true

  /// A special token with an id.
  public init(id: Int32, content: String) {
    self.id = id
    self.content = content
  }
}

/// Finds added tokens in text: the leftmost, and the longest of those that start there.
struct AddedTokenMatcher: Sendable {
  /// Longer tokens are refused, so that no file can make matching slow.
  static let longestToken = 1024

  private struct Node: Sendable {
    var children: [(byte: UInt8, node: Int32)] = []
    var token: Int32 = -1
  }

  private var nodes = [Node()]
  private var roots = [Int32](repeating: -1, count: 256)
  private let tokens: [AddedToken]

  /// Tokens and the form in which each is looked for.
  init(_ patterns: [(token: AddedToken, bytes: [UInt8])]) {
    tokens = patterns.map(\.token)
    for (index, pattern) in patterns.enumerated() where !pattern.bytes.isEmpty {
      var place: Int32 = 0
      for (depth, byte) in pattern.bytes.enumerated() {
        let child = depth == 0 ? roots[Int(byte)] : nodes[Int(place)].children.first { $0.byte == byte }?.node ?? -1
        if child >= 0 {
          place = child
          continue
        }
        nodes.append(Node())
        let new = Int32(nodes.count - 1)
        if depth == 0 { roots[Int(byte)] = new } else { nodes[Int(place)].children.append((byte, new)) }
        place = new
      }
      nodes[Int(place)].token = Int32(index)
    }
  }

  var isEmpty: Bool { tokens.isEmpty }

  /// Calls `body` with the parts of the text in order: what is between added tokens, and the tokens.
  ///
  /// Complexity: O(bytes x the longest token), O(bytes) where few bytes start a token.
  func split(_ text: TextSlice, ignoresSpecial: Bool, _ body: (TextSlice, AddedToken?) -> Void) {
    guard !tokens.isEmpty, let base = text.bytes.baseAddress else { return body(text, nil) }
    var done = 0
    var position = 0
    while position < text.count {
      guard roots[Int(base[position])] >= 0, let (token, end) = longestMatch(base, position, text.count) else {
        position += 1
        continue
      }
      let start = position
      position = end
      if ignoresSpecial && token.isSpecial { continue }
      if token.singleWord && (endsWithWord(base, start) || startsWithWord(base, end, text.count)) { continue }
      let left = token.stripsLeft ? spaceStart(base, before: start, from: done) : max(done, start)
      let right = token.stripsRight ? spaceEnd(base, end, text.count) : end
      if done < left { body(text[done..<left], nil) }
      body(text[left..<max(left, right)], token)
      done = max(left, right)
    }
    if done < text.count { body(text[done..<text.count], nil) }
  }

  private func longestMatch(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> (AddedToken, Int)? {
    var node = roots[Int(base[start])]
    var position = start + 1
    var best: (Int32, Int)?
    while true {
      if nodes[Int(node)].token >= 0 { best = (nodes[Int(node)].token, position) }
      guard position < count, let child = nodes[Int(node)].children.first(where: { $0.byte == base[position] }) else {
        return best.map { (tokens[Int($0.0)], $0.1) }
      }
      node = child.node
      position += 1
    }
  }

  private func endsWithWord(_ base: UnsafePointer<UInt8>, _ end: Int) -> Bool {
    decodeScalar(base, before: end).map { UnicodeProperties.shared.isWordCharacter($0.value) } ?? false
  }

  private func startsWithWord(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Bool {
    start < count && UnicodeProperties.shared.isWordCharacter(decodeScalar(base, at: start, end: count).value)
  }

  private func spaceStart(_ base: UnsafePointer<UInt8>, before end: Int, from limit: Int) -> Int {
    var start = max(end, limit)
    while start > limit, let scalar = decodeScalar(base, before: start), UnicodeProperties.shared.isSpace(scalar.value)
    { start -= scalar.length }
    return max(start, limit)
  }

  private func spaceEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
    var end = start
    while end < count {
      let scalar = decodeScalar(base, at: end, end: count)
      guard UnicodeProperties.shared.isSpace(scalar.value) else { break }
      end += scalar.length
    }
    return end
  }
}
