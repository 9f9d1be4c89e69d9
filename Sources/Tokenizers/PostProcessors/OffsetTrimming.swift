import Core

/// Takes white space at the ends of tokens out of their places.
struct ByteLevelPostProcessor: PostProcessor {
  var settings = ByteLevelSettings(addsPrefixSpace: false)

  var json: JSONObject { settings.json }

  func addedTokenCount(isPair: Bool) -> Int { 0 }

  func process(_ parts: [Encoding], _ context: PostProcessingContext) -> [Encoding] {
    settings.trimsOffsets
      ? parts.map { context.trimmed($0, addsPrefixSpace: settings.addsPrefixSpace) } : parts
  }
}

extension PostProcessingContext {
  /// The encoding with white space at the ends of tokens taken out of their places.
  func trimmed(_ encoding: Encoding, addsPrefixSpace: Bool) -> Encoding {
    var encoding = encoding
    for index in encoding.ids.indices where encoding.sequenceIDs[index] != nil {
      let text = texts[min(encoding.sequenceIDs[index] ?? 0, texts.count - 1)]
      encoding.offsets[index] = text.withUnsafeBufferPointer { text in
        trimmed(encoding, index, addsPrefixSpace: addsPrefixSpace, in: text)
      }
    }
    encoding.overflowing = encoding.overflowing.map { trimmed($0, addsPrefixSpace: addsPrefixSpace) }
    return encoding
  }

  private func trimmed(
    _ encoding: Encoding, _ index: Int, addsPrefixSpace: Bool, in text: UnsafeBufferPointer<UInt8>
  ) -> Range<Int> {
    var range = encoding.offsets[index]
    // An added token may have taken white space of the text with it, which its own content does not show.
    let content =
      encoding.isAdded[index] ? Array(text[range]) : vocabulary.token(of: encoding.ids[index]) ?? []
    guard let scalars = content.scalars else { return range }
    let isSpace = { (scalar: UInt32) in scalar == 0x120 || UnicodeProperties.shared.isSpace(scalar) }
    var leading = scalars.prefix(while: isSpace).count
    let trailing = scalars.reversed().prefix(while: isSpace).count
    if leading > 0 {
      if (index == 0 || range.lowerBound == 0) && addsPrefixSpace && leading == 1 { leading = 0 }
      range = min(moved(range.lowerBound, by: leading, in: text), range.upperBound)..<range.upperBound
    }
    if trailing > 0 {
      let end = moved(range.upperBound, by: -trailing, in: text)
      range = range.lowerBound..<max(end, range.lowerBound)
    }
    return range
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
