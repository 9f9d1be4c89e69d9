import Core

/// Which repeated paragraphs are cut.
public struct ParagraphSettings: Sendable, Equatable {
  /// How often a paragraph may occur in all documents before its repetitions are cut.
  public var maximumOccurrences: Int
  /// Whether the first occurrence stays; otherwise all are cut, as fits boilerplate.
  public var keepsFirst: Bool
  /// Folded paragraphs with fewer bytes are left alone: numbers, names, "Yes.", rows of tables.
  public var minimumLength: Int
  /// What is not looked at.
  public var folding: TextFolding

  /// The settings, by default to keep the first of each paragraph of at least 40 bytes.
  public init(
    maximumOccurrences: Int = 1, keepsFirst: Bool = true, minimumLength: Int = 40, folding: TextFolding = .all
  ) {
    self.maximumOccurrences = maximumOccurrences
    self.keepsFirst = keepsFirst
    self.minimumLength = minimumLength
    self.folding = folding
  }

  /// The settings if they make sense.
  ///
  /// Throws: `MartletError` with code `invalidArgument`.
  func validated() throws -> ParagraphSettings {
    guard (1...1 << 16).contains(maximumOccurrences) else {
      throw MartletError(.invalidArgument, "the number of times that a paragraph may occur must be from 1 to 65536")
    }
    return self
  }
}

/// Cuts texts into paragraphs, which end in a line feed, and hashes them; the same on any machine.
public struct ParagraphHasher: Sendable {
  /// The settings.
  public let settings: ParagraphSettings
  private let folder: TextFolder

  /// The hash of a paragraph that is left alone.
  static let ignored: UInt64 = 0

  /// A hasher.
  ///
  /// Throws: `MartletError` with code `invalidArgument` if the settings make no sense.
  public init(_ settings: ParagraphSettings = ParagraphSettings()) throws {
    self.settings = try settings.validated()
    folder = TextFolder(settings.folding)
  }

  /// A hash for each paragraph of a text, 0 for those that are left alone.
  public func hashes(of text: String) -> [UInt64] {
    var text = text
    return text.withUTF8 { bytes in
      var hashes: [UInt64] = []
      Self.forEachParagraph(bytes) { range in
        let paragraph = UnsafeBufferPointer(rebasing: bytes[range])
        hashes.append(
          folder.withBytes(of: paragraph) { folded in
            guard folded.count >= max(1, settings.minimumLength), let start = folded.baseAddress else {
              return Self.ignored
            }
            let hash = TokenHash.exact(start, folded.count)
            return max(1, TokenHash.mix(hash.low, hash.high))
          })
      }
      return hashes
    }
  }

  /// The places in the text's UTF-8 of some of its paragraphs, line feeds included; neighbours are joined.
  ///
  /// - Parameter paragraphs: their numbers from 0 on, increasing.
  public func ranges(of paragraphs: [Int], in text: String) -> [Range<Int>] {
    var text = text
    return text.withUTF8 { bytes in
      var ranges: [Range<Int>] = []
      var wanted = paragraphs[...]
      var number = 0
      Self.forEachParagraph(bytes) { range in
        if wanted.first == number {
          wanted.removeFirst()
          let end = min(range.upperBound + 1, bytes.count)
          if let last = ranges.last, last.upperBound == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<end
          } else {
            ranges.append(range.lowerBound..<end)
          }
        }
        number += 1
      }
      return ranges
    }
  }

  /// The text without some ranges of its UTF-8, which are increasing and don't cut characters.
  public static func removing(_ ranges: [Range<Int>], from text: String) -> String {
    var text = text
    return text.withUTF8 { bytes in
      var rest: [UInt8] = []
      rest.reserveCapacity(bytes.count)
      var position = 0
      for range in ranges {
        rest.append(contentsOf: bytes[position..<range.lowerBound])
        position = range.upperBound
      }
      rest.append(contentsOf: bytes[position...])
      return String(decoding: rest, as: UTF8.self)
    }
  }

  /// Calls `body` with each paragraph without its line feed.
  private static func forEachParagraph(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      body(start..<end)
      start = end + 1
    }
  }
}

/// Finds paragraphs that are repeated within or across documents, in any number of them.
///
/// All documents are looked at once, then again to cut what was found. Paragraphs are told apart by 64 bits: of ten
/// thousand million different ones about three are taken for another.
///
/// Memory: `maximumMemory`. Disk: in `folder`, 16 bytes a paragraph that does not fit in memory, at most twice that.
public final class DuplicateParagraphs {
  private let settings: ParagraphSettings
  private let folder: String
  private let maximumMemory: Int
  private let sorter: ExternalSorter
  private var lastOrdinal: UInt64?
  private var isFinished = false

  // A paragraph's place is one number: the ordinal of its document, and its number there.
  private static let numberBits: UInt64 = 24
  private static let largestOrdinal: UInt64 = 1 << 40 - 1

  /// A search that puts aside what does not fit in memory in `folder`.
  ///
  /// Throws: `MartletError` with code `invalidArgument` if the settings make no sense.
  public init(_ settings: ParagraphSettings, folder: String, maximumMemory: Int) throws {
    self.settings = try settings.validated()
    self.folder = folder
    self.maximumMemory = max(maximumMemory, 1 << 17)
    sorter = ExternalSorter(folder: folder, maximumMemory: self.maximumMemory / 4 * 3)
  }

  /// Takes in the paragraphs of the next document; ordinals increase and are below 2^40. Of a document with more than
  /// 16 million paragraphs the rest is left alone.
  ///
  /// Throws: `MartletError` with code `invalidArgument` for a wrong order, `resource` if the disk has no room, or
  /// `inputOutput`.
  public func add(_ ordinal: UInt64, _ hashes: [UInt64]) throws {
    if isFinished || ordinal > Self.largestOrdinal || lastOrdinal.map({ ordinal <= $0 }) == true {
      throw MartletError(.invalidArgument, "document \(ordinal) is out of order: ordinals must increase, below 2^40")
    }
    lastOrdinal = ordinal
    for (number, hash) in hashes.prefix(1 << Int(Self.numberBits)).enumerated() where hash != ParagraphHasher.ignored {
      try sorter.append(key: hash, value: ordinal << Self.numberBits | UInt64(number))
    }
  }

  /// The paragraphs to cut.
  ///
  /// Throws: `MartletError` with code `resource` or `inputOutput`.
  public func finish() throws -> ParagraphCuts {
    guard !isFinished else { throw MartletError(.invalidArgument, "this search for paragraphs has ended before") }
    isFinished = true
    // One sorter's blocks and the other's records are in memory at a time.
    let places = ExternalSorter(folder: folder, maximumMemory: maximumMemory / 2)
    let records = try sorter.sorted(mergingWith: maximumMemory / 4)
    var key: UInt64?
    // Those of the paragraph so far that are cut if it comes too often.
    var waiting: [UInt64] = []
    var count = 0
    while let record = try records.next() {
      if record.key != key {
        key = record.key
        waiting.removeAll(keepingCapacity: true)
        count = 0
      }
      count += 1
      if count > 1 || !settings.keepsFirst { waiting.append(record.value) }
      if count > settings.maximumOccurrences {
        for place in waiting { try places.append(key: place, value: 0) }
        waiting.removeAll(keepingCapacity: true)
      }
    }
    let total = places.count
    return try ParagraphCuts(places.sorted(), count: total, bits: Self.numberBits)
  }
}

/// Paragraphs to cut, in the order of the documents.
public final class ParagraphCuts {
  /// How many paragraphs are cut in all.
  public let count: Int
  private let places: SortedRecords
  private let bits: UInt64
  private var next: UInt64?

  init(_ places: SortedRecords, count: Int, bits: UInt64) throws {
    self.places = places
    self.count = count
    self.bits = bits
    next = try places.next()?.key
  }

  /// The numbers of the paragraphs to cut in a document, increasing. Documents are asked for in order; those that are
  /// left out meanwhile need not be.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func paragraphs(of ordinal: UInt64) throws -> [Int] {
    var found: [Int] = []
    while let place = next, place >> bits <= ordinal {
      if place >> bits == ordinal { found.append(Int(place & (1 << bits - 1))) }
      next = try places.next()?.key
    }
    return found
  }
}
