import Core

/// Sentencepiece's table of replacements: a double array over bytes, then the replacements, each ended by a zero byte.
///
/// Source: darts-clone, whose units are read here with every step checked.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]
  /// The table as it was read.
  let blob: [UInt8]

  /// Reads a table: the size of the double array in 4 bytes, the array, the replacements.
  ///
  /// Throws: `MartletError` for one that is cut short or not of that form; `place` says where it stands.
  init(_ blob: [UInt8], at place: String) throws {
    func word(_ start: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(blob[start + $1]) << UInt32(8 * $1) } }
    guard blob.count >= 8 else { throw CharacterMap.malformed("it has only \(blob.count) bytes", place) }
    let size = Int(word(0))
    guard size >= 4, size % 4 == 0, size <= blob.count - 4 else {
      throw CharacterMap.malformed("its trie says it has \(size) bytes, of \(blob.count) in all", place)
    }
    self.blob = blob
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
    replacements = Array(blob[(4 + size)...])
    if let bad = replacements.withUnsafeBufferPointer({ firstInvalidUTF8(in: $0) }) {
      throw CharacterMap.malformed("its replacements are no valid UTF-8 at byte \(4 + size + bad)", place)
    }
  }

  private static func malformed(_ reason: String, _ place: String) -> MartletError {
    MartletError(
      .malformedFile, "the table of character replacements is broken: \(reason)", at: place,
      remedy: "Write the file again with the program that made it.")
  }

  /// The shortest or the longest key that `text` begins with from `start` on, and what replaces it.
  func match(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, takesLongest: Bool
  ) -> (length: Int, replacement: ArraySlice<UInt8>)? {
    var found: (length: Int, value: Int)?
    var node = CharacterMap.offset(units[0])
    var position = start
    while position < end {
      let byte = UInt32(text[position])
      node ^= Int(byte)
      guard node < units.count, units[node] & 0x8000_00FF == byte, byte != 0 || takesLongest else { break }
      let hasLeaf = units[node] >> 8 & 1 == 1
      node ^= CharacterMap.offset(units[node])
      position += 1
      guard node < units.count else { break }
      if hasLeaf {
        found = (position - start, Int(units[node] & 0x7FFF_FFFF))
        if !takesLongest { break }
      }
    }
    guard let found, found.value <= replacements.count else { return nil }
    let end = replacements[found.value...].firstIndex(of: 0) ?? replacements.count
    return (found.length, replacements[found.value..<end])
  }

  private static func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 0x200) >> 6)) }
}

/// Sentencepiece's table applied to characters as readers see them, as the `tokenizers` library does it.
///
/// Where characters begin and end is the standard library's to say.
struct PrecompiledNormalizer: Normalizer {
  let map: CharacterMap

  /// Longer characters are replaced scalar by scalar.
  private static let longestCharacter = 5

  var json: JSONObject {
    ["type": .string("Precompiled"), "precompiled_charsmap": .string(Base64.encode(map.blob))]
  }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    var builder = TextBuilder(text)
    var isModified = false
    var position = 0
    while position < text.count {
      // Between two ASCII characters, other than CR LF, there is always a border.
      if text.bytes[position] < 0x80, position + 1 >= text.count || text.bytes[position + 1] < 0x80,
        text.bytes[position] != 0x0D
      {
        replace(text, position..<position + 1, &builder, &isModified)
        position += 1
        continue
      }
      let end = clusterEnd(text.bytes, position)
      for character in String(decoding: text.bytes[position..<end], as: UTF8.self) {
        let length = min(character.utf8.count, end - position)
        replace(text, position..<position + length, &builder, &isModified)
        position += length
      }
      position = end
    }
    if isModified { builder.finish(body) } else { body(text) }
  }

  /// The end of a run that no two ASCII characters divide, broken bytes ending it.
  private func clusterEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    guard let base = bytes.baseAddress else { return start }
    var end = start
    var previousIsASCII = false
    while end < bytes.count {
      let scalar = decodeScalar(base, at: end, end: bytes.count)
      if !scalar.isValid { return max(end, start + 1) }
      let isASCII = scalar.value < 0x80
      if end > start, isASCII, previousIsASCII, !(scalar.value == 0x0A && bytes[end - 1] == 0x0D) {
        return end - 1 > start ? end - 1 : end
      }
      previousIsASCII = isASCII
      end += scalar.length
    }
    return end
  }

  private func replace(_ text: TextSlice, _ range: Range<Int>, _ builder: inout TextBuilder, _ isModified: inout Bool) {
    if range.count <= PrecompiledNormalizer.longestCharacter,
      let match = map.match(text.bytes, from: range.lowerBound, to: range.upperBound, takesLongest: false)
    {
      isModified = true
      return emit(match.replacement, range, &builder)
    }
    while builder.position < range.upperBound {
      let scalar = builder.position..<builder.position + builder.next.length
      if let match = map.match(text.bytes, from: scalar.lowerBound, to: scalar.upperBound, takesLongest: false) {
        isModified = true
        emit(match.replacement, scalar, &builder)
      } else {
        builder.keep()
      }
    }
  }

  /// Writes a replacement; the last scalars are the new ones where there are more, and take in the rest where fewer.
  private func emit(_ replacement: ArraySlice<UInt8>, _ range: Range<Int>, _ builder: inout TextBuilder) {
    for scalar in Array(replacement).scalars ?? [] {
      if builder.position < range.upperBound { builder.replace(with: scalar) } else { builder.insert(scalar) }
    }
    builder.skip(to: range.upperBound)
  }
}
