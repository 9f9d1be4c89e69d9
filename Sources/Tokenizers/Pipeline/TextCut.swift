/// The first place from `start` on where a text can be cut without changing its tokens: before ASCII white space that
/// follows something else, because splitting patterns join white space with what comes after it, never with what is
/// before it.
///
/// `start` is at least 1. Nil where there is no such place.
package func tokenBoundary(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
  guard let base = bytes.baseAddress else { return nil }
  var place = start
  while place < bytes.count {
    let byte = bytes[place]
    if byte == 0x20 || byte >= 0x09 && byte <= 0x0D, !endsWithSpace(base, place) { return place }
    place += 1
  }
  return nil
}

/// Whether the character before `end` is white space, or is broken.
private func endsWithSpace(_ base: UnsafePointer<UInt8>, _ end: Int) -> Bool {
  var start = end - 1
  while start > 0, end - start < 4, base[start] & 0xC0 == 0x80 { start -= 1 }
  let scalar = decodeScalar(base, at: start, end: end)
  return !scalar.isValid || scalar.length != end - start
    || UnicodeProperties.shared.characterClass(scalar.value) == CharacterClass.space
}
