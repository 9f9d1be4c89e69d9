import Documents

/// Gopher's rules of repetition: lines, paragraphs and sequences of words that a text repeats too often.
///
/// Words are what white space divides. Text in scripts without spaces passes: `ChineseQuality` is for it. The sequences of
/// the first million words are looked at.
///
/// Source: Rae and others 2021, "Scaling language models: methods, analysis and insights from training Gopher", table A1.
public struct GopherRepetition: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "gopher_repetition"

  /// A limit for sequences of `words` words.
  public struct SequenceLimit: Sendable, Equatable {
    /// The words of a sequence.
    public var words: Int
    /// The greatest fraction of the text's characters.
    public var fraction: Double

    /// A limit for sequences of a number of words.
    public init(words: Int, fraction: Double) {
      self.words = words
      self.fraction = fraction
    }
  }

  /// The greatest fraction of lines that came before.
  public var maximumDuplicateLines: Double? = 0.3
  /// The greatest fraction of paragraphs that came before.
  public var maximumDuplicateParagraphs: Double? = 0.3
  /// The greatest fraction of characters in lines that came before.
  public var maximumDuplicateLineCharacters: Double? = 0.2
  /// The greatest fraction of characters in paragraphs that came before.
  public var maximumDuplicateParagraphCharacters: Double? = 0.2
  /// Limits for the characters of the most frequent sequence, all its places together.
  public var topSequences: [SequenceLimit] = [(2, 0.20), (3, 0.18), (4, 0.16)].map(SequenceLimit.init)
  /// Limits for the characters of all sequences that came before.
  public var duplicateSequences: [SequenceLimit] = [
    (5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10),
  ].map(SequenceLimit.init)

  /// The rules with the published thresholds.
  public init() {}

  /// Applies the step to a document.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    document.verdict(for: .spaced, reason)
  }

  private func reason(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    if bytes.isEmpty { return "empty" }
    let characters = Double(scalarCount(bytes, 0..<bytes.count))
    func fraction(_ part: Int, of all: Int) -> Double { Double(part) / Double(all) }

    let paragraphs = duplicates(bytes, in: trimmed(bytes, 0..<bytes.count), lineFeeds: 2)
    if let limit = maximumDuplicateParagraphs, fraction(paragraphs.repeated, of: paragraphs.pieces) > limit {
      return "too many duplicate paragraphs"
    }
    if let limit = maximumDuplicateParagraphCharacters, Double(paragraphs.repeatedCharacters) / characters > limit {
      return "too many characters in duplicate paragraphs"
    }
    let lines = duplicates(bytes, in: 0..<bytes.count, lineFeeds: 1)
    if let limit = maximumDuplicateLines, fraction(lines.repeated, of: lines.pieces) > limit {
      return "too many duplicate lines"
    }
    if let limit = maximumDuplicateLineCharacters, Double(lines.repeatedCharacters) / characters > limit {
      return "too many characters in duplicate lines"
    }

    var pieces = PieceSequence()
    pieces.reserve(bytes.count / 5)
    words(bytes, 0..<bytes.count) { word in
      guard pieces.count < longestSearch else { return }
      pieces.append(bytes, word, length: scalarCount(bytes, word))
    }
    return sequenceReason(&pieces, characters)
  }

  private func sequenceReason(_ pieces: inout PieceSequence, _ characters: Double) -> String? {
    let table = HashTable()
    for limit in topSequences {
      let most = limit.fraction * characters
      if let top = pieces.topSequence(limit.words, gap: 1, above: most, table),
        Double(top.characters * top.count) / characters > limit.fraction
      {
        return "one sequence of \(limit.words) words too often"
      }
    }
    for limit in duplicateSequences {
      let repeated = pieces.repeatedCharacters(limit.words, table)
      // Where no sequence comes twice, no longer one does.
      if repeated == 0 { break }
      if Double(repeated) / characters > limit.fraction {
        return "too many duplicate sequences of \(limit.words) words"
      }
    }
    return nil
  }

  private func duplicates(_ bytes: UnsafeBufferPointer<UInt8>, in range: Range<Int>, lineFeeds: Int) -> Duplicates {
    var pieces: [Range<Int>] = []
    divide(bytes, range, lineFeeds: lineFeeds) { pieces.append($0) }
    var duplicates = Duplicates(expecting: pieces.count)
    for piece in pieces { duplicates.add(bytes, piece) }
    return duplicates
  }
}

/// How many pieces of a text are searched for repeated sequences: it bounds memory for texts of any length.
let longestSearch = 1 << 20

/// The pieces of a range between runs of at least `lineFeeds` line feeds, the ends' empty pieces among them.
func divide(
  _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, lineFeeds: Int, _ body: (Range<Int>) -> Void
) {
  var start = range.lowerBound
  var place = start
  while let feed = bytes[place..<range.upperBound].firstIndex(of: 0x0A) {
    var end = feed
    while end < range.upperBound, bytes[end] == 0x0A { end += 1 }
    if end - feed >= lineFeeds {
      body(start..<feed)
      start = end
    }
    place = end
  }
  body(start..<range.upperBound)
}
