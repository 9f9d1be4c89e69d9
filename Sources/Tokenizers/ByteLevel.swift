import Core

/// GPT-2's writing of bytes as printable characters, which keeps `tokenizer.json` free of spaces and broken text.
///
/// Source: `bytes_to_unicode` of GPT-2: printable Latin-1 stands for itself, the rest follows from U+0100 on.
package enum ByteLevelAlphabet {
  /// The character of each byte.
  package static let characters: [UInt32] = {
    var result: [UInt32] = []
    var next: UInt32 = 0x100
    for byte in UInt32(0)..<256 {
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: result.append(byte)
      default:
        result.append(next)
        next += 1
      }
    }
    return result
  }()

  private static let bytes: [UInt32: UInt8] = {
    var result: [UInt32: UInt8] = [:]
    for (byte, character) in characters.enumerated() { result[character] = UInt8(byte) }
    return result
  }()

  /// Bytes written as characters, in UTF-8.
  package static func written(_ raw: some Sequence<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    for byte in raw { result.append(scalar: characters[Int(byte)]) }
    return result
  }

  /// The bytes that a token's characters stand for; nil where one of them stands for none.
  package static func bytes(of token: [UInt8]) -> [UInt8]? {
    guard let scalars = token.scalars else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(scalars.count)
    for scalar in scalars {
      guard let byte = bytes[scalar] else { return nil }
      result.append(byte)
    }
    return result
  }
}

/// Splits by GPT-2's pattern and takes the bytes of each piece as the symbols that the model merges.
struct ByteLevelPreTokenizer: PreTokenizer {
  var addPrefixSpace = false
  var trimOffsets = true
  var usePattern = true

  var json: JSONObject { byteLevelJSON(addPrefixSpace, trimOffsets, usePattern) }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard let first = text.bytes.first else { return }
    guard addPrefixSpace && first != 0x20 else { return splitPieces(text.asByteLevel, body) }
    let bytes: [UInt8] = [0x20] + text.bytes
    var sources: [SourceSpan] = []
    if text.tracksSources {
      // The added space comes from the first character, as the character itself does.
      sources.append(text.source(of: 0))
      for index in 0..<text.count { sources.append(text.source(of: index)) }
    }
    bytes.withUnsafeBufferPointer { bytes in
      sources.withUnsafeBufferPointer { spans in
        splitPieces(
          TextSlice(
            bytes, sources: text.tracksSources ? spans.baseAddress : nil, tracksSources: text.tracksSources,
            isByteLevel: true), body)
      }
    }
  }

  private func splitPieces(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard usePattern, let base = text.bytes.baseAddress else { return body(text) }
    let pattern = GPT2Pattern()
    var start = 0
    while start < text.count {
      let end = pattern.end(ofPieceAt: start, in: base, count: text.count)
      body(text[start..<end])
      start = end
    }
  }
}

/// Takes white space at the ends of tokens out of their offsets.
struct ByteLevelPostProcessor: PostProcessor {
  var addPrefixSpace = false
  var trimOffsets = true
  var usePattern = true

  var json: JSONObject { byteLevelJSON(addPrefixSpace, trimOffsets, usePattern) }

  func process(_ output: inout TokenOutput, vocabulary: Vocabulary, text: UnsafeBufferPointer<UInt8>) {
    guard trimOffsets, output.recordsOffsets else { return }
    for index in output.ids.indices {
      // An added token may have taken white space of the text with it, which its own content does not show.
      let content =
        output.addedPlaces.contains(index)
        ? Array(text[output.offsets[index]]) : vocabulary.token(of: output.ids[index]) ?? []
      guard let scalars = content.scalars else { continue }
      let isSpace = { (scalar: UInt32) in
        scalar == 0x120 || UnicodeProperties.shared.characterClass(scalar) == CharacterClass.space
      }
      var leading = scalars.prefix(while: isSpace).count
      let trailing = scalars.reversed().prefix(while: isSpace).count
      var range = output.offsets[index]
      if leading > 0 {
        if (index == 0 || range.lowerBound == 0) && addPrefixSpace && leading == 1 { leading = 0 }
        range = min(moved(range.lowerBound, by: leading, in: text), range.upperBound)..<range.upperBound
      }
      if trailing > 0 {
        let end = moved(range.upperBound, by: -trailing, in: text)
        range = range.lowerBound..<max(end, range.lowerBound)
      }
      output.offsets[index] = range
    }
  }

  /// The place that many characters further on, or back.
  private func moved(_ place: Int, by characters: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var place = place
    for _ in 0..<abs(characters) {
      if characters > 0 {
        guard place < text.count else { break }
        place += 1
        while place < text.count, text[place] & 0xC0 == 0x80 { place += 1 }
      } else {
        guard place > 0 else { break }
        place -= 1
        while place > 0, text[place] & 0xC0 == 0x80 { place -= 1 }
      }
    }
    return place
  }
}

/// Reads ByteLevel's characters back as bytes; a token with other characters stands for its own UTF-8.
struct ByteLevelDecoder: TokenDecoder {
  var addPrefixSpace = true
  var trimOffsets = true
  var usePattern = true

  var json: JSONObject? { byteLevelJSON(addPrefixSpace, trimOffsets, usePattern) }
  var separator: [UInt8] { [] }

  func bytes(of token: [UInt8]) -> [UInt8] { ByteLevelAlphabet.bytes(of: token) ?? token }
}

private func byteLevelJSON(_ addPrefixSpace: Bool, _ trimOffsets: Bool, _ usePattern: Bool) -> JSONObject {
  [
    "type": .string("ByteLevel"), "add_prefix_space": .bool(addPrefixSpace), "trim_offsets": .bool(trimOffsets),
    "use_regex": .bool(usePattern),
  ]
}
