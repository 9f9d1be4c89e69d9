import Core

/// A text that a model will be tested with, which must not be in its training data.
public struct EvaluationItem: Sendable, Equatable {
  /// The evaluation set, such as "sst2 test".
  public var set: String
  /// The item in the set, as a person would look it up.
  public var name: String
  /// The text: question, answer, passage, whatever gives the item away.
  public var text: String

  /// An item.
  public init(set: String, name: String, text: String) {
    self.set = set
    self.name = name
    self.text = text
  }
}

/// How overlaps with evaluation sets are looked for.
public struct DecontaminationSettings: Sendable, Equatable {
  /// The words of an n-gram in scripts with spaces.
  public var wordNGram: Int
  /// The characters of an n-gram in scripts without.
  public var characterNGram: Int
  /// Items with fewer tokens than an n-gram are looked for as a whole, if they have at least so many.
  public var minimumTokens: Int
  /// What is not looked at.
  public var folding: TextFolding

  /// The settings, by default those of GPT-3 (13 words).
  public init(
    wordNGram: Int = 13, characterNGram: Int = 13, minimumTokens: Int = 8, folding: TextFolding = .all
  ) {
    self.wordNGram = wordNGram
    self.characterNGram = characterNGram
    self.minimumTokens = minimumTokens
    self.folding = folding
  }
}

/// What a document shares with evaluation sets.
public struct Contamination: Sendable, Equatable {
  /// The items that n-grams of the document are from, by their places in the index, increasing.
  public var items: [Int]
  /// The places of the overlapping text in the document's UTF-8, increasing, apart from each other.
  public var ranges: [Range<Int>]
  /// The n-grams of the index that were found, increasing.
  package var grams: [Int]
}

/// The n-grams of evaluation sets, to look for them in documents.
///
/// Memory: about 40 bytes an n-gram of the sets.
/// Source: Brown et al., "Language models are few-shot learners", appendix C.
public struct EvaluationIndex: Sendable {
  /// The items.
  public let items: [(set: String, name: String)]
  /// The settings.
  public let settings: DecontaminationSettings
  /// The items that are too short to be looked for, by their places.
  public let tooShort: [Int]

  private let folder: TextFolder
  private let shingler: Shingler
  /// Lengths of items that are looked for as a whole, with the base to their power.
  private let shortSizes: [(size: Int, power: UInt64)]
  /// The n-grams, increasing, and where the items of each begin in `postings`.
  private let grams: [UInt64]
  private let starts: [UInt32]
  private let postings: [UInt32]
  /// How many different n-grams each item has.
  let gramsOfItem: [Int]
  /// A bit for the upper part of each n-gram: nearly all that are not there end here.
  private let filter: [UInt64]
  private let filterShift: UInt64
  /// Places in `grams` by the upper part of an n-gram.
  private let slots: [UInt32]
  private let slotShift: UInt64

  /// An index of items.
  ///
  /// Throws: `MartletError` with code `invalidArgument` if the settings make no sense or there are too many n-grams.
  /// Complexity: O(bytes of the items).
  public init(_ items: [EvaluationItem], _ settings: DecontaminationSettings = DecontaminationSettings()) throws {
    guard (1...64).contains(settings.wordNGram), (1...64).contains(settings.characterNGram),
      settings.minimumTokens >= 1
    else {
      throw MartletError(
        .invalidArgument, "n-grams for decontamination must have 1 to 64 tokens, and items at least one")
    }
    self.settings = settings
    self.items = items.map { ($0.set, $0.name) }
    let folder = TextFolder(settings.folding)
    let shingler = Shingler(words: settings.wordNGram, characters: settings.characterNGram)
    var records: [SortRecord] = []
    var sizes: Set<Int> = []
    var tooShort: [Int] = []
    for (number, item) in items.enumerated() {
      var text = item.text
      text.withUTF8 { bytes in
        folder.withTokens(of: bytes) { folded in
          let before = records.count
          shingler.forEach(of: folded) { hash, _, _ in records.append(SortRecord(key: hash, value: UInt64(number))) }
          guard records.count == before else { return }
          if folded.tokens >= settings.minimumTokens {
            sizes.insert(folded.tokens)
            records.append(SortRecord(key: Shingler.whole(folded), value: UInt64(number)))
          } else {
            tooShort.append(number)
          }
        }
      }
    }
    guard records.count < Int(Int32.max), items.count < Int(Int32.max) else {
      throw MartletError(.invalidArgument, "the evaluation sets have too many n-grams (\(records.count))")
    }
    self.folder = folder
    self.shingler = shingler
    self.tooShort = tooShort
    shortSizes = sizes.sorted().map { ($0, TokenHash.power($0)) }

    RadixSort.sort(&records)
    var grams: [UInt64] = []
    var starts: [UInt32] = []
    var postings: [UInt32] = []
    var gramsOfItem = [Int](repeating: 0, count: items.count)
    var last: SortRecord?
    for record in records where record != last {
      if record.key != last?.key {
        grams.append(record.key)
        starts.append(UInt32(postings.count))
      }
      postings.append(UInt32(record.value))
      gramsOfItem[Int(record.value)] += 1
      last = record
    }
    starts.append(UInt32(postings.count))
    self.grams = grams
    self.starts = starts
    self.postings = postings
    self.gramsOfItem = gramsOfItem

    // 16 bits and two slots or more for each n-gram.
    let bits = max(6, UInt64(64 - (16 * grams.count + 1).leadingZeroBitCount))
    var filter = [UInt64](repeating: 0, count: 1 << Int(bits - 6))
    filterShift = 64 - bits
    let slotBits = max(1, UInt64(64 - (2 * grams.count + 1).leadingZeroBitCount))
    var slots = [UInt32](repeating: .max, count: 1 << Int(slotBits))
    slotShift = 64 - slotBits
    for (number, gram) in grams.enumerated() {
      let bit = gram >> filterShift
      filter[Int(bit / 64)] |= 1 << (bit % 64)
      var slot = Int(gram >> slotShift)
      while slots[slot] != .max { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(number)
    }
    self.filter = filter
    self.slots = slots
  }

  /// How many different n-grams there are.
  public var count: Int { grams.count }

  /// The place of an n-gram that the filter let through.
  private func find(_ hash: UInt64) -> Int? {
    var slot = Int(hash >> slotShift)
    while slots[slot] != .max {
      if grams[Int(slots[slot])] == hash { return Int(slots[slot]) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// What a document shares with the items, nil for nothing.
  ///
  /// Complexity: O(bytes), times the number of different lengths of short items.
  public func contamination(of text: String) -> Contamination? {
    var text = text
    return text.withUTF8 { contamination(of: $0) }
  }

  /// What a document in UTF-8 shares with the items, nil for nothing.
  public func contamination(of text: UnsafeBufferPointer<UInt8>) -> Contamination? {
    if grams.isEmpty { return nil }
    var found: [(gram: Int, tokens: Range<Int>)] = []
    folder.withTokens(of: text) { folded in
      filter.withUnsafeBufferPointer { filter in
        shortSizes.withUnsafeBufferPointer { shortSizes in
          @inline(__always) func look(_ hash: UInt64, _ end: Int, _ size: Int) {
            let bit = hash &>> filterShift
            guard filter[Int(truncatingIfNeeded: bit &>> 6)] &>> (bit & 63) & 1 == 1 else { return }
            if let gram = find(hash) { found.append((gram, (end - size)..<end)) }
          }
          shingler.forEachToken(of: folded) { end, isCharacter, sums in
            let size = isCharacter ? shingler.characters : shingler.words
            if end >= size {
              look(sums.hash(endingAt: end, size: size, power: shingler.power(isCharacter)), end, size)
            }
            for short in shortSizes where end >= short.size {
              look(sums.hash(endingAt: end, size: short.size, power: short.power), end, short.size)
            }
          }
        }
      }
    }
    guard !found.isEmpty else { return nil }
    let grams = Set(found.map(\.gram)).sorted()
    let items = Set(grams.flatMap { postings[Int(starts[$0])..<Int(starts[$0 + 1])].map(Int.init) }).sorted()
    // Only now is it worth while to find out where the tokens come from.
    let sources = folder.sources(of: text)
    var ranges: [Range<Int>] = []
    for tokens in found.map(\.tokens).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      let range = sources[tokens.lowerBound].lowerBound..<sources[tokens.upperBound - 1].upperBound
      if let last = ranges.last, range.lowerBound <= last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
    return Contamination(items: items, ranges: ranges, grams: grams)
  }

  /// Calls `body` with the items of an n-gram.
  func forEachItem(ofGram gram: Int, _ body: (Int) -> Void) {
    for place in Int(starts[gram])..<Int(starts[gram + 1]) { body(Int(postings[place])) }
  }
}
