/// How many sentences a line has: what ends in `. ! ?` before white space, or in `。！？…` anywhere, and the rest.
///
/// A full stop behind one letter or a usual abbreviation, or before a small letter, ends no sentence.
///
/// Complexity: O(bytes).
func sentenceCount(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Int {
  var count = 0
  sentences(bytes, line) { _ in count += 1 }
  return count
}

/// The sentences of a piece of text, with the marks that end them.
func sentences(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, _ body: (Range<Int>) -> Void) {
  var start = line.lowerBound
  var place = line.lowerBound
  while place < line.upperBound {
    // Marks are ASCII, or begin with E2, E3 or EF.
    switch bytes[place] {
    case 0x21, 0x2E, 0x3F, 0xE2, 0xE3, 0xEF: break
    default:
      place += 1
      continue
    }
    let next = scalar(bytes, at: place)
    let isWide: Bool
    switch next.value {
    case 0x21, 0x2E, 0x3F: isWide = false
    case 0x3002, 0xFF01, 0xFF1F, 0x2026, 0xFF0E: isWide = true
    default:
      place += next.length
      continue
    }
    // Marks and closing quotes that follow belong to the sentence.
    var end = place + next.length
    while end < line.upperBound {
      let closing = scalar(bytes, at: end)
      guard isClosing(closing.value) else { break }
      end += closing.length
    }
    let isEnd =
      isWide
      || (endsBeforeSpace(bytes, end, line.upperBound)
        && !(next.value == 0x2E && end == place + 1 && isAbbreviation(bytes, start, place, line.upperBound)))
    place = end
    if isEnd {
      body(start..<end)
      start = end
    }
  }
  if !trimmed(bytes, start..<line.upperBound).isEmpty { body(start..<line.upperBound) }
}

private func isClosing(_ value: UInt32) -> Bool {
  switch value {
  case 0x21, 0x22, 0x27, 0x29, 0x2E, 0x3F, 0x5D, 0x2019, 0x201D, 0x2026, 0x3002, 0x300D, 0x300F, 0x300B, 0xFF01, 0xFF09,
    0xFF0E, 0xFF1F:
    true
  default: false
  }
}

private func endsBeforeSpace(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int, _ end: Int) -> Bool {
  place >= end || isSpace(scalar(bytes, at: place).value)
}

/// Abbreviations that names, titles and lists bring, in small letters.
private let abbreviations: Set<String> = [
  "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "rev", "hon", "gen", "col", "lt", "sgt", "capt", "gov", "sen",
  "rep",
  "vs", "etc", "e.g", "i.e", "cf", "al", "no", "vol", "pp", "fig", "ed", "eds", "inc", "ltd", "co", "corp", "dept",
  "est",
  "approx", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "a.m", "p.m", "u.s",
]

/// Whether the full stop at a place belongs to an abbreviation rather than to the end of a sentence.
private func isAbbreviation(
  _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ stop: Int, _ end: Int
) -> Bool {
  var next = stop + 1
  while next < end, bytes[next] == 0x20 { next += 1 }
  guard next < end else { return false }
  if (0x61...0x7A).contains(bytes[next]) { return true }
  var first = stop
  while first > start, stop - first <= 8, bytes[first - 1] == 0x2E || (0x61...0x7A).contains(bytes[first - 1] | 0x20) {
    first -= 1
  }
  let length = stop - first
  if length == 0 || length > 8 { return false }
  if length == 1 { return true }
  return abbreviations.contains(
    String(decoding: bytes[first..<stop].map { $0 | ($0 == 0x2E ? 0 : 0x20) }, as: UTF8.self))
}
