import Documents
import Glibc

/// Rules of quality for Chinese text, with characters where other rules have words.
///
/// Text that is not Chinese passes. `C4Quality` takes out Chinese lines that are no sentences.
///
/// Sources: Chen and others 2023, "ChineseWebText" (length, lines, share of Chinese characters, repetition of 13
/// characters); Du and others 2024, "Chinese Tiny LLM", for MAP-CC (all others), as their programs have them.
public struct ChineseQuality: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "chinese_quality"

  /// A limit for sequences of characters.
  public struct SequenceLimit: Sendable, Equatable {
    /// The characters of a sequence.
    public var characters: Int
    /// The greatest fraction of the text's characters.
    public var fraction: Double

    /// A limit for sequences of a number of characters.
    public init(characters: Int, fraction: Double) {
      self.characters = characters
      self.fraction = fraction
    }
  }

  /// The fewest characters.
  public var minimumCharacters: Int? = 200
  /// The most characters; MAP-CC has 10,000, which leaves no chapter of a book.
  public var maximumCharacters: Int?
  /// The least mean number of characters a line.
  public var minimumMeanLineLength: Double? = 10
  /// The least fraction of characters that are Chinese.
  public var minimumChinese: Double? = 0.3
  /// The fewest sentences.
  public var minimumSentences: Int? = 2
  /// The most runs of hashes, and the most ellipses, a character.
  public var maximumSymbolRatio: Double? = 0.1
  /// The greatest fraction of characters inside `【】`.
  public var maximumBracketed: Double? = 0.1
  /// The greatest fraction of digits among characters that are no punctuation.
  public var maximumDigits: Double? = 0.3
  /// The greatest fraction of lines that end in an invitation to read more, or are cut short by dots.
  public var maximumCutLines: Double? = 0.3
  /// The greatest fraction of lines that begin with a bullet.
  public var maximumBulletLines: Double? = 0.9
  /// Whether text without any punctuation is dropped.
  public var requiresPunctuation = true
  /// The least fraction of different characters among the first 10,000.
  public var minimumDifferentCharacters: Double? = 0.1
  /// The least entropy of the first 10,000 characters, in nats.
  public var minimumEntropy: Double? = 3
  /// The greatest fraction of sentences that came before.
  public var maximumDuplicateSentences: Double? = 0.3
  /// The greatest fraction of characters in sentences that came before.
  public var maximumDuplicateSentenceCharacters: Double? = 0.2
  /// Limits for the characters that the most frequent sequence repeats, its first place not counted.
  public var topSequences: [SequenceLimit] = [(2, 0.20), (3, 0.18), (4, 0.16)].map(SequenceLimit.init)
  /// Limits for the characters of all sequences that came before.
  public var duplicateSequences: [SequenceLimit] = [
    (5, 0.60), (6, 0.60), (7, 0.60), (8, 0.60), (9, 0.60), (10, 0.60),
  ].map(SequenceLimit.init)
  /// A limit for the places of sequences that come more than once, among all places.
  public var repeatedPlaces: SequenceLimit? = SequenceLimit(characters: 13, fraction: 0.5)

  /// The rules with the published thresholds.
  public init() {}

  /// The rules about different characters were published for texts of at most so many.
  private static let variedPrefix = 10_000

  /// Applies the step to a document.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    document.verdict(for: .chinese) { bytes in
      lengthReason(bytes) ?? characterReason(bytes) ?? lineReason(bytes) ?? repetitionReason(bytes)
    }
  }

  private func lengthReason(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    let characters = scalarCount(bytes, 0..<bytes.count)
    if let minimumCharacters, characters < minimumCharacters { return "too few characters" }
    if let maximumCharacters, characters > maximumCharacters { return "too many characters" }
    let lines = 1 + bytes.count { $0 == 0x0A }
    if let minimumMeanLineLength, Double(characters) / Double(lines) < minimumMeanLineLength {
      return "lines too short"
    }
    return nil
  }

  private func characterReason(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    let found = CharacterCounts(bytes, variedPrefix: ChineseQuality.variedPrefix)
    let all = Double(max(1, found.all))
    if let minimumChinese, Double(found.chinese) / all < minimumChinese { return "too few Chinese characters" }
    if let maximumSymbolRatio {
      if Double(found.hashes) / all > maximumSymbolRatio { return "too many hashes" }
      if Double(found.ellipses) / all > maximumSymbolRatio { return "too many ellipses" }
    }
    if let maximumBracketed, Double(found.bracketed) / all > maximumBracketed { return "too much in brackets" }
    if let maximumDigits, Double(found.digits) / Double(max(1, found.all - found.punctuation)) > maximumDigits {
      return "too many digits"
    }
    if requiresPunctuation, found.punctuation == 0 { return "no punctuation" }
    if let minimumDifferentCharacters,
      Double(found.different) / Double(max(1, min(found.all, ChineseQuality.variedPrefix)))
        <= minimumDifferentCharacters
    {
      return "too few different characters"
    }
    if let minimumEntropy, found.entropy < minimumEntropy { return "too little entropy" }
    return nil
  }

  private func lineReason(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    var all = 0
    var cut = 0
    var bullets = 0
    anyLines(bytes) { line in
      all += 1
      if line.isEmpty { return }
      if bytes.ends(line, with: "readmore") || bytes.ends(line, with: "展开") || bytes.ends(line, with: "更多")
        || bytes.ends(line, with: "。。。")
      {
        cut += 1
      }
      switch scalar(bytes, at: line.lowerBound).value {
      case 0x2022, 0x25CF, 0x25CB, 0x25A0, 0x25A1, 0x25AA, 0x25AB, 0x203B, 0xB7, 0x27A2, 0x2023, 0x25B6, 0x25C0, 0x25E6,
        0x2013:
        bullets += 1
      default: break
      }
    }
    if let maximumCutLines, Double(cut) / Double(all) > maximumCutLines { return "too many lines are cut short" }
    if let maximumBulletLines, Double(bullets) / Double(all) > maximumBulletLines { return "too many bullets" }
    return nil
  }

  private func repetitionReason(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    let characters = Double(max(1, scalarCount(bytes, 0..<bytes.count)))
    var ranges: [Range<Int>] = []
    lines(bytes) { line in sentences(bytes, line) { ranges.append(trimmed(bytes, $0)) } }
    if let minimumSentences, ranges.count < minimumSentences { return "too few sentences" }
    var duplicates = Duplicates(expecting: ranges.count)
    for range in ranges { duplicates.add(bytes, range) }
    if let limit = maximumDuplicateSentences, Double(duplicates.repeated) / Double(ranges.count) > limit {
      return "too many duplicate sentences"
    }
    if let limit = maximumDuplicateSentenceCharacters, Double(duplicates.repeatedCharacters) / characters > limit {
      return "too many characters in duplicate sentences"
    }
    return sequenceReason(bytes, characters)
  }

  private func sequenceReason(_ bytes: UnsafeBufferPointer<UInt8>, _ characters: Double) -> String? {
    var pieces = PieceSequence()
    pieces.reserve(min(bytes.count / 3, longestSearch))
    var place = 0
    while place < bytes.count, pieces.count < longestSearch {
      let next = scalar(bytes, at: place)
      if !isSpace(next.value) { pieces.append(bytes, place..<place + next.length, length: 1) }
      place += next.length
    }
    let table = HashTable()
    for limit in topSequences {
      if let top = pieces.topSequence(limit.characters, gap: 0, above: limit.fraction * characters, table),
        Double(top.characters * (top.count - 1)) / characters > limit.fraction
      {
        return "one sequence of \(limit.characters) characters too often"
      }
    }
    for limit in duplicateSequences {
      if Double(pieces.repeatedCharacters(limit.characters, table)) / characters > limit.fraction {
        return "too many duplicate sequences of \(limit.characters) characters"
      }
    }
    if let limit = repeatedPlaces {
      let places = pieces.repeatedPlaces(limit.characters, table)
      if Double(places.repeated) / Double(max(1, places.all)) > limit.fraction {
        return "too many repeated sequences of \(limit.characters) characters"
      }
    }
    return nil
  }
}
