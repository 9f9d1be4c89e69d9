import Core

/// BERT's cleaning: control characters go, white space becomes plain, Chinese characters get spaces around them,
/// accents go, letters become small.
struct BertNormalizer: Normalizer {
  var cleansText = true
  var handlesChineseCharacters = true
  /// Nil: where letters become small.
  var stripsAccents: Bool?
  var lowercases = true

  var json: JSONObject {
    [
      "type": .string("BertNormalizer"), "clean_text": .bool(cleansText),
      "handle_chinese_chars": .bool(handlesChineseCharacters),
      "strip_accents": stripsAccents.map { .bool($0) } ?? .null, "lowercase": .bool(lowercases),
    ]
  }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    if text.bytes.allSatisfy({ $0 < 0x80 }) { return normalizeASCII(text, body) }
    cleanText(text) { text in
      spaceChineseCharacters(text) { text in
        stripAccents(text) { text in
          if lowercases { LowercaseNormalizer().normalize(text, body) } else { body(text) }
        }
      }
    }
  }

  private func normalizeASCII(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    var builder = TextBuilder(text)
    while !builder.isAtEnd {
      switch text.bytes[builder.position] {
      case 0x09...0x0D where cleansText && !ScalarSet.controls.contains(UInt32(text.bytes[builder.position])):
        builder.replace(with: 0x20)
      case 0..<0x20 where cleansText, 0x7F where cleansText: builder.skip()
      case let byte where lowercases && byte >= 0x41 && byte <= 0x5A: builder.replace(with: UInt32(byte | 0x20))
      default: builder.keep()
      }
    }
    builder.finish(body)
  }

  private func cleanText(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard cleansText else { return body(text) }
    var builder = TextBuilder(text)
    while !builder.isAtEnd {
      let scalar = builder.next.value
      if ScalarSet.controls.contains(scalar) || scalar == DecodedScalar.invalid {
        // Broken bytes go as U+FFFD does.
        builder.skip()
      } else if UnicodeProperties.shared.isSpace(scalar) {
        builder.replace(with: 0x20)
      } else {
        builder.keep()
      }
    }
    builder.finish(body)
  }

  private func spaceChineseCharacters(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard handlesChineseCharacters else { return body(text) }
    var builder = TextBuilder(text)
    while !builder.isAtEnd {
      let scalar = builder.next.value
      guard BertNormalizer.isChinese(scalar) else {
        builder.keep()
        continue
      }
      builder.replace(with: 0x20)
      builder.insert(scalar)
      builder.insert(0x20)
    }
    builder.finish(body)
  }

  private func stripAccents(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard stripsAccents ?? lowercases else { return body(text) }
    FormNormalizer(.nfd).normalize(text) { text in
      filter(text, { !ScalarSet.nonspacingMarks.contains($0) }, body)
    }
  }

  /// Whether BERT puts spaces around a character: Chinese characters, those of Korean and Japanese alphabets not.
  static func isChinese(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF,
      0xF900...0xFAFF, 0x2F800...0x2FA1F:
      return true
    default: return false
    }
  }
}
