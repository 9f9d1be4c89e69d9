/// How far back a paragraph's or a line's end is looked for.
private let cutWindow = 1 << 16

/// How many bytes behind a part's size decide where it ends: who has not all of a text needs as many.
let textCutReach = 64

/// Where a part of at most `size` bytes of a text ends: before a blank line if one is near, otherwise before a line
/// feed, otherwise where a word ends, otherwise between two characters.
///
/// White space goes to the next part, because tokenizers join it with what comes after it.
package func textCut(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, size: Int) -> Int {
  if bytes.count - start <= size { return bytes.count }
  let last = start + size
  let near = max(start + size / 2, last - cutWindow)
  var lineEnd: Int?
  var wordEnd: Int?
  var place = last
  while place > near {
    defer { place -= 1 }
    guard isWhiteSpace(bytes[place]), bytes[place - 1] > 0x20, bytes[place - 1] < 0x80 else { continue }
    if bytes[place] != 0x0A && bytes[place] != 0x0D {
      wordEnd = wordEnd ?? place
      continue
    }
    lineEnd = lineEnd ?? place
    if isBlankLine(bytes, after: place) { return place }
  }
  if let end = lineEnd ?? wordEnd { return end }
  // Text without spaces, like Chinese: a line's end behind any character, then any character.
  place = last
  while place > near {
    if bytes[place] == 0x0A, bytes[place - 1] != 0x0A { return place }
    place -= 1
  }
  place = last
  while place > start + 1, place > last - 4, bytes[place] & 0xC0 == 0x80 { place -= 1 }
  return place
}

/// Whether the line that begins after the line feed at `place` is blank.
private func isBlankLine(_ bytes: UnsafeBufferPointer<UInt8>, after place: Int) -> Bool {
  var feeds = 0
  var next = place
  while next < bytes.count, next < place + textCutReach, isWhiteSpace(bytes[next]) {
    if bytes[next] == 0x0A { feeds += 1 }
    next += 1
  }
  return feeds > 1
}
