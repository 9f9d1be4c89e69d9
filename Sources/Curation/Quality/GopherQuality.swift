import Documents
import Tokenizers

/// Gopher's rules of quality: enough words of a sensible length, few symbols, few bullets, some stop words.
///
/// Words are what white space divides. Text in scripts without spaces passes: `ChineseQuality` is for it.
///
/// Source: Rae and others 2021, "Scaling language models: methods, analysis and insights from training Gopher", A.1.1.
public struct GopherQuality: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "gopher_quality"

  /// The fewest words that are more than symbols.
  public var minimumWords: Int? = 50
  /// The most words that are more than symbols.
  public var maximumWords: Int? = 100_000
  /// The least mean length of words in characters.
  public var minimumMeanWordLength: Double? = 3
  /// The greatest mean length of words in characters.
  public var maximumMeanWordLength: Double? = 10
  /// The most hashes, and the most ellipses, a word.
  public var maximumSymbolRatio: Double? = 0.1
  /// The greatest fraction of lines that begin with a bullet or hyphen.
  public var maximumBulletLines: Double? = 0.9
  /// The greatest fraction of lines that end in an ellipsis.
  public var maximumEllipsisLines: Double? = 0.3
  /// The least fraction of words with a letter in them.
  public var minimumAlphabeticWords: Double? = 0.8
  /// The fewest different stop words.
  public var minimumStopWords: Int? = 2
  /// The stop words, as they stand in a text.
  public var stopWords = ["the", "be", "to", "of", "and", "that", "have", "with"] {
    didSet { stopWordHashes = GopherQuality.hashes(stopWords) }
  }

  private var stopWordHashes: [UInt64]

  /// The rules with the published thresholds.
  public init() {
    stopWordHashes = []
    stopWordHashes = GopherQuality.hashes(stopWords)
  }

  private static func hashes(_ words: [String]) -> [UInt64] {
    words.map { word in
      var word = word
      return word.withUTF8 { contentHash($0, seed: 0) }
    }
  }

  /// Applies the step to a document.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    document.verdict(for: .spaced, reason)
  }

  private func reason(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    let found = countWords(bytes)
    if let minimumWords, found.solidWords < minimumWords { return "too few words" }
    if let maximumWords, found.solidWords > maximumWords { return "too many words" }
    let mean = Double(found.solidCharacters) / Double(found.solidWords)
    if let minimumMeanWordLength, mean < minimumMeanWordLength { return "words too short" }
    if let maximumMeanWordLength, mean > maximumMeanWordLength { return "words too long" }

    let words = Double(found.words)
    if let maximumSymbolRatio {
      let symbols = countSymbols(bytes)
      if Double(symbols.hashes) / words > maximumSymbolRatio { return "too many hashes" }
      if Double(symbols.ellipses) / words > maximumSymbolRatio { return "too many ellipses" }
    }
    let lines = countLines(bytes)
    if let maximumBulletLines, Double(lines.bullets) / Double(lines.all) > maximumBulletLines {
      return "too many bullets"
    }
    if let maximumEllipsisLines, Double(lines.ellipses) / Double(lines.all) > maximumEllipsisLines {
      return "too many lines end in an ellipsis"
    }
    if let minimumAlphabeticWords, Double(found.alphabeticWords) / words < minimumAlphabeticWords {
      return "too few words with letters"
    }
    if let minimumStopWords, found.stopWords < minimumStopWords { return "too few stop words" }
    return nil
  }

  private struct Words {
    var words = 0
    var solidWords = 0
    var solidCharacters = 0
    var alphabeticWords = 0
    var stopWords = 0
  }

  private func countWords(_ bytes: UnsafeBufferPointer<UInt8>) -> Words {
    var counts = Words()
    var isFound = [Bool](repeating: false, count: stopWordHashes.count)
    let longest = stopWords.lazy.map(\.utf8.count).max() ?? 0
    words(bytes, 0..<bytes.count) { word in
      var isSolid = false
      var isAlphabetic = false
      var place = word.lowerBound
      // Most words are decided by their first letter.
      while place < word.upperBound, !(isSolid && isAlphabetic) {
        let next = scalar(bytes, at: place)
        place += next.length
        if !isSolid { isSolid = !Punctuation.isSymbol(next.value) }
        if !isAlphabetic {
          isAlphabetic =
            next.value < 0x80 ? (0x61...0x7A).contains(next.value | 0x20) : TextProperties.isLetter(next.value)
        }
      }
      counts.words += 1
      if isAlphabetic { counts.alphabeticWords += 1 }
      if isSolid {
        counts.solidWords += 1
        counts.solidCharacters += scalarCount(bytes, word)
      }
      if word.count <= longest, counts.stopWords < isFound.count {
        let hash = contentHash(bytes.slice(word), seed: 0)
        if let index = stopWordHashes.firstIndex(of: hash), !isFound[index] {
          isFound[index] = true
          counts.stopWords += 1
        }
      }
    }
    return counts
  }

  private func countSymbols(_ bytes: UnsafeBufferPointer<UInt8>) -> (hashes: Int, ellipses: Int) {
    var hashes = 0
    var ellipses = 0
    var place = 0
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "#"): hashes += 1
      case UInt8(ascii: ".") where bytes.has("...", at: place, before: bytes.count):
        ellipses += 1
        place += 2
      case 0xE2 where bytes.has("…", at: place, before: bytes.count): ellipses += 1
      default: break
      }
      place += 1
    }
    return (hashes, ellipses)
  }

  private func countLines(_ bytes: UnsafeBufferPointer<UInt8>) -> (all: Int, bullets: Int, ellipses: Int) {
    var counts = (all: 0, bullets: 0, ellipses: 0)
    anyLines(bytes) { line in
      let line = trimmed(bytes, line)
      counts.all += 1
      if bytes.has("-", at: line.lowerBound, before: line.upperBound)
        || bytes.has("•", at: line.lowerBound, before: line.upperBound)
      {
        counts.bullets += 1
      }
      if bytes.ends(line, with: "...") || bytes.ends(line, with: "…") { counts.ellipses += 1 }
    }
    return counts
  }
}
