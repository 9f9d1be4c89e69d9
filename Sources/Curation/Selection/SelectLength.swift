import Documents

/// Keeps documents of a length.
public struct SelectLength: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "select_length"

  /// What is counted.
  public enum Unit: String, Sendable, CaseIterable {
    /// Unicode scalars.
    case characters
    /// What white space divides, and every Chinese character and Japanese syllable by itself.
    case words
    /// Bytes of UTF-8.
    case bytes
    /// Lines with more than white space.
    case lines
  }

  /// What is counted.
  public var unit: Unit
  /// The fewest that a document may have.
  public var minimum: Int
  /// The most that a document may have; nil: any.
  public var maximum: Int?

  /// Keeps documents with at least `minimum` and at most `maximum` of a unit.
  public init(_ unit: Unit = .characters, minimum: Int = 1, maximum: Int? = nil) {
    self.unit = unit
    self.minimum = minimum
    self.maximum = maximum
  }

  /// Applies the step to a document.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    let length = document.text.withUTF8 { bytes in
      switch unit {
      case .bytes: return bytes.count
      case .characters: return scalarCount(bytes, 0..<bytes.count)
      case .words: return wordCount(bytes, 0..<bytes.count)
      case .lines:
        var count = 0
        lines(bytes) { if !trimmed(bytes, $0).isEmpty { count += 1 } }
        return count
      }
    }
    if length < minimum { return .drop(reason: "too short") }
    if let maximum, length > maximum { return .drop(reason: "too long") }
    return .keep
  }
}

/// How many words a piece of text has, every character of an unspaced script being one.
func wordCount(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
  var count = 0
  words(bytes, range) { word in
    var place = word.lowerBound
    var isInside = false
    while place < word.upperBound {
      // Unspaced characters begin with E3 or more.
      if bytes[place] < 0xE3 {
        isInside = true
        place += bytes[place] < 0x80 ? 1 : bytes[place] < 0xE0 ? 2 : 3
        continue
      }
      let next = scalar(bytes, at: place)
      place += next.length
      if isUnspaced(next.value) {
        count += isInside ? 2 : 1
        isInside = false
      } else if (0x3000...0x303F).contains(next.value) || (0xFF00...0xFFEF).contains(next.value) {
        // Punctuation as wide as a Chinese character ends a word and is none.
        if isInside { count += 1 }
        isInside = false
      } else {
        isInside = true
      }
    }
    if isInside { count += 1 }
  }
  return count
}
