import Core

/// Makes every letter a small one.
struct LowercaseNormalizer: Normalizer {
  var json: JSONObject { ["type": .string("Lowercase")] }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    var builder = TextBuilder(text)
    while !builder.isAtEnd {
      let scalar = builder.next.value
      if scalar < 0x80 {
        if scalar >= 0x41 && scalar <= 0x5A { builder.replace(with: scalar | 0x20) } else { builder.keep() }
      } else if let mapped = ScalarMapping.lowerCase(scalar) {
        for (index, new) in mapped.enumerated() {
          if index == 0 { builder.replace(with: new) } else { builder.insert(new) }
        }
      } else {
        builder.keep()
      }
    }
    builder.finish(body)
  }
}

/// Takes white space away at the beginning, at the end, or both.
struct StripNormalizer: Normalizer {
  var stripsLeft = true
  var stripsRight = true

  var json: JSONObject {
    ["type": .string("Strip"), "strip_left": .bool(stripsLeft), "strip_right": .bool(stripsRight)]
  }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard let base = text.bytes.baseAddress else { return body(text) }
    var start = 0
    var end = text.count
    while stripsLeft, start < end {
      let scalar = decodeScalar(base, at: start, end: end)
      guard UnicodeProperties.shared.isSpace(scalar.value) else { break }
      start += scalar.length
    }
    while stripsRight, end > start {
      guard let last = decodeScalar(base, before: end), UnicodeProperties.shared.isSpace(last.value) else { break }
      end -= last.length
    }
    body(text[start..<end])
  }
}

/// Takes combining marks away.
struct StripAccentsNormalizer: Normalizer {
  var json: JSONObject { ["type": .string("StripAccents")] }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    filter(text, { !ScalarSet.combiningMarks.contains($0) }, body)
  }
}

/// What sentencepiece's "nmt" rules do to control characters and odd spaces.
struct NmtNormalizer: Normalizer {
  var json: JSONObject { ["type": .string("Nmt")] }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    var builder = TextBuilder(text)
    while !builder.isAtEnd {
      switch builder.next.value {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: builder.skip()
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
        builder.replace(with: 0x20)
      default: builder.keep()
      }
    }
    builder.finish(body)
  }
}

/// Writes every byte as one of ByteLevel's printable characters.
struct ByteLevelNormalizer: Normalizer {
  var json: JSONObject { ["type": .string("ByteLevel")] }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    var builder = TextBuilder(text)
    while !builder.isAtEnd {
      let start = builder.position
      let length = builder.next.length
      for index in start..<start + length {
        let character = ByteLevelAlphabet.characters[Int(text.bytes[index])]
        if index == start { builder.replace(with: character) } else { builder.insert(character) }
      }
    }
    builder.finish(body)
  }
}

/// Hands on the scalars that `keeps` answers yes for.
func filter(_ text: TextSlice, _ keeps: (UInt32) -> Bool, _ body: (TextSlice) -> Void) {
  var builder = TextBuilder(text)
  while !builder.isAtEnd {
    if keeps(builder.next.value) { builder.keep() } else { builder.skip() }
  }
  builder.finish(body)
}
