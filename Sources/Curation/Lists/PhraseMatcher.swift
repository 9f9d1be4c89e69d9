import Core
import Tokenizers

/// Finds any of many phrases in a text, in one pass however many there are.
///
/// In scripts with spaces a phrase must stand as a whole word or words; Chinese characters and Japanese syllables need no
/// space around them.
///
/// Source: Aho and Corasick 1975, "Efficient string matching: an aid to bibliographic search", over bytes.
public struct PhraseMatcher: Sendable {
  /// A phrase at a place.
  package struct Match: Sendable, Equatable {
    /// The number of the phrase.
    package var phrase: Int
    /// Where it stands.
    package var range: Range<Int>
  }

  /// The phrases, without empty and repeated ones.
  public let phrases: [String]
  /// Whether the case of letters does not matter.
  public let ignoresCase: Bool
  /// Whether phrases must stand as whole words.
  public let wholeWords: Bool

  /// For the states nearest to the beginning, the next state for every byte: rows of 256.
  private var rows: [Int32] = []
  /// How many states have rows.
  private var rowCount = 0
  /// For the other states: where their edges begin in `edgeBytes` and `edgeStates`.
  private var edgeStarts: [Int32] = []
  private var edgeBytes: [UInt8] = []
  private var edgeStates: [Int32] = []
  /// The state to go on with where a state has no edge for a byte.
  private var failures: [Int32] = []
  /// The phrase that ends in a state, or -1.
  private var ends: [Int32] = []
  /// The next state, on the way of failures, in which a phrase ends, or -1.
  private var nextEnds: [Int32] = []
  private var lengths: [Int] = []

  /// How many states have rows of 1 KiB; deeper ones are visited seldom.
  private static let rowLimit = 2048

  /// A matcher of phrases.
  public init(_ phrases: [String], ignoresCase: Bool = true, wholeWords: Bool = true) {
    self.ignoresCase = ignoresCase
    self.wholeWords = wholeWords
    var kept: [String] = []
    var known: Set<[UInt8]> = []
    var bytes: [[UInt8]] = []
    for phrase in phrases {
      let folded = PhraseMatcher.folded(phrase, ignoresCase: ignoresCase)
      if folded.isEmpty || !known.insert(folded).inserted { continue }
      kept.append(phrase)
      bytes.append(folded)
    }
    self.phrases = kept
    lengths = bytes.map(\.count)
    build(bytes)
  }

  /// Reads phrases from a file, one a line; lines that begin with `#` are comments.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput` or `malformedFile`.
  public init(file path: String, ignoresCase: Bool = true, wholeWords: Bool = true) throws {
    self.init(try listEntries(of: path), ignoresCase: ignoresCase, wholeWords: wholeWords)
  }

  /// The bytes of a phrase as they are looked for.
  private static func folded(_ phrase: String, ignoresCase: Bool) -> [UInt8] {
    var phrase = phrase
    return phrase.withUTF8 { bytes in
      let range = trimmed(bytes, 0..<bytes.count)
      var folded: [UInt8] = []
      var place = range.lowerBound
      while place < range.upperBound {
        let next = CaseFolding.next(bytes, at: place, ignoresCase: ignoresCase)
        folded.append(next.first)
        if next.length == 2 { folded.append(next.second) }
        place += next.length
      }
      return folded
    }
  }

  private mutating func build(_ phrases: [[UInt8]]) {
    // The phrases in order of their bytes give the trie level by level without maps: a state is a range of phrases.
    struct Node {
      var phrases: Range<Int>
      var depth: Int
      var parent: Int32
      var byte: UInt8
    }
    let order = phrases.indices.sorted { phrases[$0].lexicographicallyPrecedes(phrases[$1]) }
    var nodes = [Node(phrases: 0..<order.count, depth: 0, parent: 0, byte: 0)]
    var state = 0
    while state < nodes.count {
      let node = nodes[state]
      var end: Int32 = -1
      var place = node.phrases.lowerBound
      if place < node.phrases.upperBound, phrases[order[place]].count == node.depth {
        end = Int32(order[place])
        place += 1
      }
      ends.append(end)
      edgeStarts.append(Int32(edgeBytes.count))
      while place < node.phrases.upperBound {
        let byte = phrases[order[place]][node.depth]
        var next = place
        while next < node.phrases.upperBound, phrases[order[next]][node.depth] == byte { next += 1 }
        edgeBytes.append(byte)
        edgeStates.append(Int32(nodes.count))
        nodes.append(Node(phrases: place..<next, depth: node.depth + 1, parent: Int32(state), byte: byte))
        place = next
      }
      state += 1
    }
    edgeStarts.append(Int32(edgeBytes.count))
    failures = [Int32](repeating: 0, count: nodes.count)
    nextEnds = [Int32](repeating: -1, count: nodes.count)
    for state in nodes.indices {
      let node = nodes[state]
      if node.depth > 1 {
        failures[state] = edges(from: failures[Int(node.parent)], by: node.byte)
      }
      let failure = Int(failures[state])
      if state > 0 { nextEnds[state] = ends[failure] >= 0 ? Int32(failure) : nextEnds[failure] }
    }
    let rowCount = min(nodes.count, PhraseMatcher.rowLimit)
    rows.reserveCapacity(rowCount * 256)
    for state in 0..<rowCount {
      // A failure is nearer to the beginning, so its row is there already.
      let failure = Int(failures[state])
      for byte in 0..<256 { rows.append(state == 0 ? 0 : rows[failure * 256 + byte]) }
      for edge in Int(edgeStarts[state])..<Int(edgeStarts[state + 1]) {
        rows[state * 256 + Int(edgeBytes[edge])] = edgeStates[edge]
      }
    }
    self.rowCount = rowCount
  }

  /// The state behind a state by a byte, by edges alone.
  private func edges(from start: Int32, by byte: UInt8) -> Int32 {
    var state = Int(start)
    while true {
      if let next = edge(of: state, by: byte) { return next }
      if state == 0 { return 0 }
      state = Int(failures[state])
    }
  }

  private func edge(of state: Int, by byte: UInt8) -> Int32? {
    var (low, high) = (Int(edgeStarts[state]), Int(edgeStarts[state + 1]))
    while low < high {
      let middle = (low + high) / 2
      if edgeBytes[middle] == byte { return edgeStates[middle] }
      if edgeBytes[middle] < byte { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// Calls `body` with the phrases of a range by their ends, longer ones first, until it returns false.
  ///
  /// Complexity: O(bytes + matches).
  package func forEachMatch(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Match) -> Bool
  ) {
    guard !phrases.isEmpty else { return }
    rows.withUnsafeBufferPointer { rows in
      var state = 0
      var place = range.lowerBound
      @inline(__always) func advance(_ byte: UInt8) {
        while state >= rowCount {
          if let next = edge(of: state, by: byte) {
            state = Int(next)
            return
          }
          state = Int(failures[state])
        }
        state = Int(rows[state << 8 | Int(byte)])
      }
      while place < range.upperBound {
        let next = CaseFolding.next(bytes, at: place, ignoresCase: ignoresCase)
        advance(next.first)
        if next.length == 2 { advance(next.second) }
        place += next.length
        var found = ends[state] >= 0 ? state : Int(nextEnds[state])
        while found >= 0 {
          let phrase = Int(ends[found])
          let match = Match(phrase: phrase, range: place - lengths[phrase]..<place)
          if !wholeWords || isWhole(match.range, bytes, range) {
            if !body(match) { return }
          }
          found = Int(nextEnds[found])
        }
      }
    }
  }

  /// Whether any phrase stands in a range.
  package func hasMatch(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    var isFound = false
    forEachMatch(bytes, range) { _ in
      isFound = true
      return false
    }
    return isFound
  }

  private func isWhole(_ match: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    if match.lowerBound > range.lowerBound, isWordPart(scalar(bytes, before: match.lowerBound).value),
      isWordPart(scalar(bytes, at: match.lowerBound).value)
    {
      return false
    }
    if match.upperBound < range.upperBound, isWordPart(scalar(bytes, at: match.upperBound).value),
      isWordPart(scalar(bytes, before: match.upperBound).value)
    {
      return false
    }
    return true
  }
}

/// Whether a scalar goes on with a word that is divided from others by spaces.
func isWordPart(_ value: UInt32) -> Bool {
  if value < 0x80 { return value == 0x5F || (0x30...0x39).contains(value) || (0x61...0x7A).contains(value | 0x20) }
  return !isUnspaced(value) && TextProperties.isLetterOrNumber(value)
}

/// Small letters for capital ones, byte by byte, where both have as many bytes.
enum CaseFolding {
  /// The small form of each scalar of two bytes.
  private static let table: [UInt16] = (0..<0x800).map { value in
    let lower = TextProperties.lowercase(UInt32(value))
    return value >= 0x80 && lower >= 0x80 && lower < 0x800 ? UInt16(lower) : UInt16(value)
  }

  /// The byte at a place, or two bytes where a scalar of two bytes begins.
  @inline(__always)
  static func next(
    _ bytes: UnsafeBufferPointer<UInt8>, at place: Int, ignoresCase: Bool
  ) -> (first: UInt8, second: UInt8, length: Int) {
    let byte = bytes[place]
    if byte < 0x80 {
      return (ignoresCase && byte &- 0x41 < 26 ? byte | 0x20 : byte, 0, 1)
    }
    guard ignoresCase, byte >= 0xC2, byte < 0xE0, place + 1 < bytes.count else { return (byte, 0, 1) }
    let folded = table[Int(byte & 0x1F) << 6 | Int(bytes[place + 1] & 0x3F)]
    return (UInt8(0xC0 | folded >> 6), UInt8(0x80 | folded & 0x3F), 2)
  }
}

/// How large a file of a list may be.
private let largestList = 1 << 30

/// The entries of a file, one a line, without comments and white space around them.
///
/// Throws: `MartletError` with code `notFound`, `inputOutput` or `malformedFile`.
func listEntries(of path: String) throws -> [String] {
  var text = try FileSystem.readText(path, limit: largestList)
  var entries: [String] = []
  text.withUTF8 { bytes in
    // A mark of byte order is no part of the first entry.
    let start = bytes.has("\u{FEFF}", at: 0, before: bytes.count) ? 3 : 0
    anyLines(bytes.slice(start..<bytes.count)) { line in
      let range = trimmed(bytes, start + line.lowerBound..<start + line.upperBound)
      if range.isEmpty || bytes[range.lowerBound] == UInt8(ascii: "#") { return }
      entries.append(String(decoding: bytes[range], as: UTF8.self))
    }
  }
  return entries
}
