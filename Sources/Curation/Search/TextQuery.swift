import Core

/// Where a document has a text that was looked for.
public struct TextMatch: Sendable, Equatable {
  /// The place in the document's UTF-8, of whole words.
  public var range: Range<Int>
  /// The share of the n-grams of the text that are there, 1 for the text itself.
  public var containment: Double
  /// Whether the text is there as it is, after folding.
  public var isExact: Bool
}

/// How a text is looked for.
public struct SearchSettings: Sendable, Equatable {
  /// The least share of the text's n-grams that a stretch of a document must have; nil to find only the very text.
  public var containment: Double?
  /// The words of an n-gram in scripts with spaces; fewer for a shorter text.
  public var wordNGram: Int
  /// The characters of an n-gram in scripts without.
  public var characterNGram: Int
  /// What is not looked at.
  public var folding: TextFolding

  /// The settings, by default to find texts of which a half is the same.
  public init(
    containment: Double? = 0.5, wordNGram: Int = 3, characterNGram: Int = 4, folding: TextFolding = .all
  ) {
    self.containment = containment
    self.wordNGram = wordNGram
    self.characterNGram = characterNGram
    self.folding = folding
  }
}

/// A text to look for in documents.
///
/// For the very text, bytes are scanned for its longest word first, and only documents that have it are folded. A word
/// that is cut by soft hyphens or joiners in a document is not found by this. For similar texts all documents are folded.
public struct TextQuery: Sendable {
  /// The settings.
  public let settings: SearchSettings
  private let folder: TextFolder
  private let folded: [UInt8]
  private let tokens: Int
  private let scan: ByteScan
  private let word: ByteScan?
  private let shingler: Shingler
  private let grams: [UInt64: Int]
  private let filter: [UInt64]

  private static let filterBits: UInt64 = 16

  /// A query for a text.
  ///
  /// Throws: `MartletError` with code `invalidArgument` if nothing is left of the text when it is folded, or the settings
  /// make no sense.
  public init(_ text: String, _ settings: SearchSettings = SearchSettings()) throws {
    guard (1...64).contains(settings.wordNGram), (1...64).contains(settings.characterNGram),
      settings.containment.map({ $0 > 0 && $0 <= 1 }) ?? true
    else {
      throw MartletError(
        .invalidArgument, "n-grams of a search must have 1 to 64 tokens, and the containment be above 0 and at most 1")
    }
    self.settings = settings
    folder = TextFolder(settings.folding)
    var text = text
    let parts = text.withUTF8 { bytes in
      TextFolder(settings.folding).withTokens(of: bytes) { folded in
        let words = (0..<folded.tokens).map { token in
          Array(
            UnsafeBufferPointer(start: folded.bytes, count: folded.count)[
              folded.start(of: token)..<Int(folded.ends[token])])
        }
        let shingler = Shingler(
          words: min(settings.wordNGram, max(1, folded.tokens)),
          characters: min(settings.characterNGram, max(1, folded.tokens)))
        let grams = shingler.withShingles(of: folded) { Set($0).sorted() }
        return (Array(UnsafeBufferPointer(start: folded.bytes, count: folded.count)), words, shingler, grams)
      }
    }
    folded = parts.0
    tokens = parts.1.count
    shingler = parts.2
    guard !folded.isEmpty else {
      throw MartletError(
        .invalidArgument, "there is nothing to look for: the text has no letters or digits",
        remedy: "Give at least a word.")
    }
    scan = ByteScan(folded, caseBit: 0)
    word = ByteScan(longestOf: parts.1, folding: settings.folding)
    grams = Dictionary(uniqueKeysWithValues: parts.3.enumerated().map { ($0.element, $0.offset) })
    var filter = [UInt64](repeating: 0, count: 1 << Int(Self.filterBits - 6))
    for gram in parts.3 {
      let bit = gram >> (64 - Self.filterBits)
      filter[Int(bit / 64)] |= 1 << (bit % 64)
    }
    self.filter = filter
  }

  /// The first place of the very text in a document, or else the most similar stretch; nil if there is neither.
  ///
  /// Complexity: O(bytes).
  public func match(in text: String) -> TextMatch? {
    var text = text
    return text.withUTF8 { match(in: $0) }
  }

  /// The first place of the very text in a document in UTF-8, or else the most similar stretch.
  public func match(in text: UnsafeBufferPointer<UInt8>) -> TextMatch? {
    if word.map({ $0.first(in: text) != nil }) ?? true, let range = exactRange(in: text) {
      return TextMatch(range: range, containment: 1, isExact: true)
    }
    return settings.containment.flatMap { nearMatch(in: text, atLeast: $0) }
  }

  private func exactRange(in text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    let place: Range<Int>? = folder.withTokens(of: text) { document in
      guard let start = scan.first(in: UnsafeBufferPointer(start: document.bytes, count: document.count)) else {
        return nil
      }
      let first = Self.token(at: start, document)
      return first..<Self.token(at: start + folded.count - 1, document) + 1
    }
    return place.map { sourceRange($0, in: text) }
  }

  private func sourceRange(_ tokens: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
    let sources = folder.sources(of: text)
    return sources[tokens.lowerBound].lowerBound..<sources[tokens.upperBound - 1].upperBound
  }

  /// The token of a folded text that a byte belongs to.
  private static func token(at offset: Int, _ document: FoldedText) -> Int {
    var range = 0..<document.tokens
    while range.count > 1 {
      let middle = range.lowerBound + range.count / 2
      range = document.start(of: middle) <= offset ? middle..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }

  private func nearMatch(in text: UnsafeBufferPointer<UInt8>, atLeast containment: Double) -> TextMatch? {
    var found: [(gram: Int, tokens: Range<Int>)] = []
    folder.withTokens(of: text) { document in
      filter.withUnsafeBufferPointer { filter in
        shingler.forEachToken(of: document) { end, isCharacter, sums in
          let size = isCharacter ? shingler.characters : shingler.words
          guard end >= size else { return }
          let hash = sums.hash(endingAt: end, size: size, power: shingler.power(isCharacter))
          let bit = hash >> (64 - Self.filterBits)
          guard filter[Int(bit / 64)] >> (bit % 64) & 1 == 1, let gram = grams[hash] else { return }
          found.append((gram, (end - size)..<end))
        }
      }
    }
    let needed = max(1, Int((containment * Double(grams.count)).rounded(.up)))
    if found.count < needed { return nil }
    // The stretch, up to twice as long as the text, with the most different n-grams of it.
    let longest = 2 * tokens
    var counts = [Int](repeating: 0, count: grams.count)
    var different = 0
    var first = 0
    var best = 0
    var bestRange = 0..<0
    for last in found.indices {
      counts[found[last].gram] += 1
      if counts[found[last].gram] == 1 { different += 1 }
      while found[last].tokens.upperBound - found[first].tokens.lowerBound > longest, first < last {
        counts[found[first].gram] -= 1
        if counts[found[first].gram] == 0 { different -= 1 }
        first += 1
      }
      if different > best {
        best = different
        bestRange = found[first].tokens.lowerBound..<found[last].tokens.upperBound
      }
    }
    guard best >= needed else { return nil }
    return TextMatch(
      range: sourceRange(bestRange, in: text), containment: Double(best) / Double(grams.count), isExact: false)
  }
}
