import Documents

/// FineWeb's rules: enough lines that end in punctuation, not too many short or repeated ones, no lists.
///
/// Text in scripts without spaces passes: `ChineseQuality` is for it.
///
/// Source: Penedo and others 2024, "The FineWeb datasets: decanting the web for the finest text data at scale", 3.5.
public struct FineWebQuality: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "fineweb_quality"

  /// The least fraction of lines that end in a mark that ends sentences.
  public var minimumTerminalLines: Double? = 0.12
  /// Whether a text none of whose lines ends so passes, such as a poem.
  public var allowsNoTerminalLines = false
  /// The greatest fraction of short lines.
  public var maximumShortLines: Double? = 0.67
  /// How many characters a short line has at most.
  public var shortLineLength = 30
  /// The greatest fraction of characters in lines that came before.
  public var maximumDuplicateCharacters: Double? = 0.01
  /// The most line feeds a word.
  public var maximumLineFeedsPerWord: Double? = 0.3

  /// The rules with the published thresholds.
  public init() {}

  /// Applies the step to a document.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    document.verdict(for: .spaced, reason)
  }

  private func reason(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    var kept: [Range<Int>] = []
    var terminal = 0
    var short = 0
    var lineFeeds = -1
    lines(bytes) { line in
      lineFeeds += 1
      if trimmed(bytes, line).isEmpty { return }
      kept.append(line)
      if Punctuation.isTerminal(scalar(bytes, before: line.upperBound).value) { terminal += 1 }
      if line.count <= 4 * shortLineLength, scalarCount(bytes, line) <= shortLineLength { short += 1 }
    }
    if kept.isEmpty { return "empty" }
    let terminalLines = Double(terminal) / Double(kept.count)
    if let minimumTerminalLines, terminalLines < minimumTerminalLines, !(terminal == 0 && allowsNoTerminalLines) {
      return "too few lines end in punctuation"
    }
    if let maximumShortLines, Double(short) / Double(kept.count) > maximumShortLines { return "too many short lines" }
    if let maximumDuplicateCharacters {
      var duplicates = Duplicates(expecting: kept.count)
      for line in kept { duplicates.add(bytes, line) }
      let characters = scalarCount(bytes, 0..<bytes.count) - lineFeeds
      if Double(duplicates.repeatedCharacters) / Double(characters) > maximumDuplicateCharacters {
        return "too many characters in duplicate lines"
      }
    }
    if let maximumLineFeedsPerWord {
      var count = 0
      words(bytes, 0..<bytes.count) { _ in count += 1 }
      if Double(lineFeeds) / Double(count) > maximumLineFeedsPerWord { return "too many lines for the words" }
    }
    return nil
  }
}
