import Documents

/// C4's rules: lines that are no sentences go, and documents with too few sentences, code or filler text.
///
/// A line with Chinese characters may also end in `。！？…` and their closing quotes, and each of its characters is a word.
///
/// Source: Raffel and others 2020, "Exploring the limits of transfer learning with a unified text-to-text transformer", 2.2,
/// with the rules that only its code has.
public struct C4Quality: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "c4_quality"

  /// Whether lines go that don't end in `.`, `?`, `!`, a quote, or end in an ellipsis.
  public var requiresTerminalPunctuation = true
  /// The fewest sentences that lines that stay have; nil: any.
  public var minimumSentences: Int? = 5
  /// The fewest words of a line; nil: any.
  public var minimumWordsPerLine: Int? = 3
  /// The most characters of a word in a line that stays; nil: any.
  public var maximumWordLength: Int? = 1000
  /// Whether marks such as `[12]`, `[edit]` and `[citation needed]` are taken out of lines.
  public var removesCitations = true
  /// Whether documents with "lorem ipsum" are dropped.
  public var dropsLoremIpsum = true
  /// Whether lines that mention JavaScript go.
  public var removesJavaScriptLines = true
  /// Whether documents with a curly bracket are dropped.
  public var dropsCurlyBrackets = true
  /// Whether lines about cookies, terms of use and privacy go.
  public var removesPolicyLines = true
  /// Documents with any of these phrases are dropped; nil: no list. C4 used a published list of bad words.
  public var badWords: PhraseMatcher?

  /// The rules with the published thresholds.
  public init() {}

  private static let markers = PhraseMatcher(
    [
      "lorem ipsum", "javascript", "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies",
      "use cookies",
    ], wholeWords: false)

  /// Applies the step to a document.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    var text = document.text
    var kept: [UInt8] = []
    let reason = text.withUTF8 { bytes in
      kept.reserveCapacity(bytes.count)
      if let badWords, badWords.hasMatch(bytes, 0..<bytes.count) { return "bad words" as String? }
      return keepLines(bytes, &kept, &counters)
    }
    if let reason { return .drop(reason: reason) }
    document.text = String(decoding: kept, as: UTF8.self)
    return .keep
  }

  /// Appends the lines that stay; returns why the document is dropped, or nil.
  private func keepLines(
    _ bytes: UnsafeBufferPointer<UInt8>, _ kept: inout [UInt8], _ counters: inout Counters
  ) -> String? {
    var reason: String?
    var sentences = 0
    var removed = LineCounts()
    var citations: [UInt8] = []
    anyLines(bytes) { whole in
      guard reason == nil else { return }
      let line = trimmed(bytes, whole)
      if line.isEmpty { return }
      guard !hasLongWord(bytes, line) else {
        removed.longWord += 1
        return
      }
      // A line without citations is read where it stands.
      if removesCitations, line.contains(where: { bytes[$0] == UInt8(ascii: "[") }) {
        citations.removeAll(keepingCapacity: true)
        removed.citations += copy(bytes, line, withoutCitationsTo: &citations)
        let words = lineWords(bytes, line)
        citations.withUnsafeBufferPointer { copy in
          reason = judge(copy, 0..<copy.count, words: words, &sentences, &removed, &kept)
        }
      } else {
        reason = judge(bytes, line, words: lineWords(bytes, line), &sentences, &removed, &kept)
      }
    }
    removed.add(to: &counters)
    if let reason { return reason }
    if let minimumSentences, sentences < minimumSentences { return "too few sentences" }
    let range = kept.withUnsafeBufferPointer { trimmed($0, 0..<$0.count) }
    if range.count < kept.count { kept = Array(kept[range]) }
    return nil
  }

  private func judge(
    _ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, words: Int, _ sentences: inout Int,
    _ removed: inout LineCounts, _ kept: inout [UInt8]
  ) -> String? {
    if requiresTerminalPunctuation, !isTerminated(bytes, line) {
      removed.unterminated += 1
      return nil
    }
    if let minimumWordsPerLine, words < minimumWordsPerLine {
      removed.short += 1
      return nil
    }
    var hasLorem = false
    var hasScript = false
    var hasPolicy = false
    C4Quality.markers.forEachMatch(bytes, line) { match in
      switch match.phrase {
      case 0: hasLorem = true
      case 1: hasScript = true
      default: hasPolicy = true
      }
      return true
    }
    if dropsLoremIpsum, hasLorem { return "lorem ipsum" }
    if removesJavaScriptLines, hasScript {
      removed.script += 1
      return nil
    }
    if dropsCurlyBrackets, bytes[line].contains(UInt8(ascii: "{")) { return "curly bracket" }
    if removesPolicyLines, hasPolicy {
      removed.policy += 1
      return nil
    }
    if minimumSentences != nil { sentences += sentenceCount(bytes, line) }
    if !kept.isEmpty { kept.append(0x0A) }
    kept.append(contentsOf: bytes[line])
    return nil
  }

  private struct LineCounts {
    var longWord = 0
    var unterminated = 0
    var short = 0
    var script = 0
    var policy = 0
    var citations = 0

    func add(to counters: inout Counters) {
      for (name, count) in [
        ("lines with a long word", longWord), ("lines without final punctuation", unterminated),
        ("lines with few words", short), ("lines about JavaScript", script), ("lines about policies", policy),
        ("citations", citations),
      ] where count > 0 {
        counters[name, default: 0] += count
      }
    }
  }

  private func lineWords(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Int {
    minimumWordsPerLine == nil ? 0 : wordCount(bytes, line)
  }

  private func hasLongWord(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Bool {
    guard let maximumWordLength, line.count > maximumWordLength else { return false }
    var isFound = false
    words(bytes, line) { word in
      guard !isFound, word.count > maximumWordLength, scalarCount(bytes, word) > maximumWordLength else { return }
      // Chinese is written without spaces: no word is as long as its sentence.
      isFound = wordCount(bytes, word) == 1
    }
    return isFound
  }

  private func isTerminated(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Bool {
    guard !line.isEmpty else { return false }
    let last = scalar(bytes, before: line.upperBound)
    switch last.value {
    case 0x2E: return !bytes.ends(line, with: "...")
    case 0x3F, 0x21, 0x22, 0x27: return true
    case 0x3002, 0xFF01, 0xFF1F, 0xFF0E: return true
    case 0x2026, 0x201D, 0x2019, 0x300D, 0x300F, 0xFF09, 0x3011:
      // These end sentences where the line is Chinese; in English C4 took lines that end so for cut ones.
      return hasUnspaced(bytes, line)
    default: return false
    }
  }

  private func hasUnspaced(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Bool {
    var place = line.lowerBound
    while place < line.upperBound {
      let next = scalar(bytes, at: place)
      if isUnspaced(next.value) { return true }
      place += next.length
    }
    return false
  }

  /// Copies a line without citations and returns how many there were.
  private func copy(
    _ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, withoutCitationsTo copy: inout [UInt8]
  ) -> Int {
    var count = 0
    var place = line.lowerBound
    while place < line.upperBound {
      if bytes[place] == UInt8(ascii: "["), let end = citationEnd(bytes, place, line.upperBound) {
        place = end
        count += 1
      } else {
        copy.append(bytes[place])
        place += 1
      }
    }
    return count
  }

  private func citationEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    if bytes.has("[edit]", at: start, before: end) { return start + 6 }
    if bytes.has("[citation needed]", at: start, before: end) { return start + 17 }
    var place = start + 1
    while place < end, (0x30...0x39).contains(bytes[place]) { place += 1 }
    return place < end && bytes[place] == UInt8(ascii: "]") ? place + 1 : nil
  }
}
