import Documents

/// Whether a scalar is a Chinese character, as it is or extended.
@inline(__always)
func isHan(_ value: UInt32) -> Bool {
  switch value {
  case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0xF900...0xFAFF, 0x20000...0x323AF, 0x3007: true
  default: false
  }
}

/// Whether a scalar belongs to a script without spaces between words: Chinese characters and Japanese syllables.
@inline(__always)
func isUnspaced(_ value: UInt32) -> Bool {
  isHan(value) || (0x3040...0x30FF).contains(value)
}

/// How a text is written, as far as the rules for words must know.
enum Writing {
  /// Words are divided by spaces.
  case spaced
  /// Chinese.
  case chinese
  /// Without spaces, yet not Chinese.
  case otherUnspaced
}

/// Which share of the bytes without spaces an unspaced script must have for a text to count as written in it.
private let unspacedShare = 0.3
/// From this share of Japanese syllables among unspaced characters on a text is no Chinese.
private let kanaShare = 0.1

extension Document {
  /// What rules for one way of writing make of the document: it stays if it is written in another or there is no reason
  /// to drop it.
  func verdict(for writing: Writing, _ reason: (UnsafeBufferPointer<UInt8>) -> String?) -> Verdict {
    var text = self.text
    return text.withUTF8 { bytes in
      guard self.writing(bytes) == writing, let reason = reason(bytes) else { return .keep }
      return .drop(reason: reason)
    }
  }

  /// How the text is written: by the language if a step has identified it, else by the characters.
  ///
  /// Complexity: O(bytes) without a language.
  func writing(_ bytes: UnsafeBufferPointer<UInt8>) -> Writing {
    if let language = attributes["language"]?.stringValue, language != "un" {
      if language == "zh" || language.hasPrefix("zh-") { return .chinese }
      return language == "ja" ? .otherUnspaced : .spaced
    }
    var solid = 0
    var leads = 0
    for byte in bytes {
      solid += byte > 0x20 ? 1 : 0
      leads += byte &- 0xE3 <= 6 ? 1 : 0
    }
    if Double(3 * leads) < unspacedShare * Double(max(1, solid)) { return .spaced }
    // Chinese characters begin with E4 to E9, Japanese syllables with E3 81 to E3 83, and E3 80 is punctuation.
    var kana = 0
    var han = 0
    for (place, byte) in bytes.enumerated() {
      switch byte {
      case 0xE4...0xE9: han += 1
      case 0xE3 where bytes[place + 1] & 0xFC == 0x80 && bytes[place + 1] != 0x80: kana += 1
      default: break
      }
    }
    if Double(3 * (han + kana)) < unspacedShare * Double(max(1, solid)) { return .spaced }
    return Double(kana) < kanaShare * Double(han + kana) ? .chinese : .otherUnspaced
  }
}
