/// Splitting patterns that many tokenizers have, as scanners: exact, in one pass, with no regular expression engine.
enum PieceScanner: Sendable {
  case gpt2(GPT2Pattern)
  case words(WordPattern)

  /// The scanner for a pattern, letter by letter one of those known; nil for another.
  init?(pattern: String) {
    if pattern == GPT2Pattern.expression {
      self = .gpt2(GPT2Pattern())
    } else if let known = WordPattern.known[pattern] {
      self = .words(known)
    } else {
      return nil
    }
  }

  /// Calls `body` with the pieces in order.
  @inline(__always)
  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard let base = text.bytes.baseAddress else { return }
    var start = 0
    while start < text.count {
      let end =
        switch self {
        case .gpt2(let pattern): pattern.end(ofPieceAt: start, in: base, count: text.count)
        case .words(let pattern): pattern.end(ofPieceAt: start, in: base, count: text.count)
        }
      body(text[start..<end])
      start = end
    }
  }
}

/// The pattern of GPT-4, Llama 3 and Qwen, which differ in a few places, as a scanner.
///
///     (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
///
/// A byte that is not part of valid UTF-8 counts as neither letter, number nor space.
struct WordPattern: Sendable {
  /// How many characters a number has at most.
  var longestNumber = 3
  /// Whether white space at the end of the text is one piece whatever line ends are in it.
  var takesTrailingSpaceWhole = false

  static let llama3 = WordPattern()
  static let qwen2 = WordPattern(longestNumber: 1)
  static let cl100k = WordPattern(takesTrailingSpaceWhole: true)

  /// Scanners by their patterns.
  static let known: [String: WordPattern] = [
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#:
      llama3,
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#:
      qwen2,
    cl100kExpression: cl100k,
  ]

  /// The pattern of OpenAI's cl100k_base.
  static let cl100kExpression =
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"#

  /// The end of the piece that starts at `start`.
  ///
  /// Complexity: O(length of the piece), except that the last character of a run of spaces is read twice.
  @inline(__always)
  func end(ofPieceAt start: Int, in base: UnsafePointer<UInt8>, count: Int) -> Int {
    let first = base[start]
    if first == 0x27, let end = contractionEnd(base, start, count) { return end }
    let (kind, length) = UnicodeProperties.shared.classAndLength(base, start, count)
    if kind == CharacterClass.letter {
      return UnicodeProperties.shared.runEnd(base, start + length, count, CharacterClass.letter)
    }
    if kind == CharacterClass.number { return numberEnd(base, start + length, count) }
    let isLineEnd = first == 0x0A || first == 0x0D
    if !isLineEnd, start + length < count {
      // Whatever is no line end goes with the letters behind it.
      let (next, nextLength) = UnicodeProperties.shared.classAndLength(base, start + length, count)
      if next == CharacterClass.letter {
        return UnicodeProperties.shared.runEnd(base, start + length + nextLength, count, next)
      }
      if kind == CharacterClass.other { return symbolsEnd(base, start + length, count) }
      if first == 0x20, next == CharacterClass.other {
        return symbolsEnd(base, start + length + nextLength, count)
      }
    } else if kind == CharacterClass.other {
      return start + length
    }
    return spaceEnd(base, start, count)
  }

  private func numberEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
    var position = start
    var characters = 1
    while characters < longestNumber, position < count {
      let (kind, length) = UnicodeProperties.shared.classAndLength(base, position, count)
      if kind != CharacterClass.number { break }
      position += length
      characters += 1
    }
    return position
  }

  /// The end of a run of what is neither letter, number nor space, and the line ends behind it.
  private func symbolsEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
    var position = UnicodeProperties.shared.runEnd(base, start, count, CharacterClass.other)
    while position < count, base[position] == 0x0A || base[position] == 0x0D { position += 1 }
    return position
  }

  /// White space up to its last line end; without one, up to its last character where something follows.
  private func spaceEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
    var position = start
    var last = start
    var lineEnd: Int?
    while position < count {
      let (kind, length) = UnicodeProperties.shared.classAndLength(base, position, count)
      if kind != CharacterClass.space { break }
      last = position
      position += length
      if base[last] == 0x0A || base[last] == 0x0D { lineEnd = position }
    }
    if position == count, takesTrailingSpaceWhole { return position }
    if let lineEnd { return lineEnd }
    return position == count || last == start ? position : last
  }

  /// Small or capital letters; the long s counts as an s.
  private func contractionEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
    guard start + 1 < count else { return nil }
    switch base[start + 1] | 0x20 {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return base[start + 1] >= 0x40 ? start + 2 : nil
    default: break
    }
    guard start + 2 < count else { return nil }
    if base[start + 1] == 0xC5, base[start + 2] == 0xBF { return start + 3 }
    switch (base[start + 1] | 0x20, base[start + 2] | 0x20) {
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      return start + 3
    default: return nil
    }
  }
}
