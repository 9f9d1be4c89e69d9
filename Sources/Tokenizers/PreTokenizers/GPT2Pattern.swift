/// GPT-2's splitting pattern as a scanner: exact, in one pass, with no regular expression engine.
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// A byte that is not part of valid UTF-8 counts as neither letter, number nor space.
struct GPT2Pattern: Sendable {
  /// The pattern as a regular expression.
  static let expression = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private let properties = UnicodeProperties.shared

  /// The end of the piece that starts at `start`.
  ///
  /// Complexity: O(length of the piece), except that the last character of a run of spaces is read twice.
  @inline(__always)
  func end(ofPieceAt start: Int, in base: UnsafePointer<UInt8>, count: Int) -> Int {
    let first = base[start]
    if first == 0x27, let end = contractionEnd(base, start, count) { return end }
    var (kind, length) = properties.classAndLength(base, start, count)
    if kind != CharacterClass.space { return properties.runEnd(base, start + length, count, kind) }
    if first == 0x20, start + 1 < count {
      let (next, nextLength) = properties.classAndLength(base, start + 1, count)
      if next != CharacterClass.space { return properties.runEnd(base, start + 1 + nextLength, count, next) }
    }
    // White space up to the end of the text is one piece; before a word, its last character goes with the word.
    var last = start
    var position = start + length
    while position < count {
      (kind, length) = properties.classAndLength(base, position, count)
      if kind != CharacterClass.space { return last == start ? position : last }
      last = position
      position += length
    }
    return position
  }

  private func contractionEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
    guard start + 1 < count else { return nil }
    switch base[start + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    default: break
    }
    guard start + 2 < count else { return nil }
    switch (base[start + 1], base[start + 2]) {
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      return start + 3
    default: return nil
    }
  }
}
