extension Tokenizer {
  /// The tokens of one text or two, as a model wants them.
  public struct Encoding: Sendable, Equatable {
    /// The ids.
    public internal(set) var ids: [Int32] = []
    /// Which segment each token belongs to, as BERT has it.
    public internal(set) var typeIDs: [Int32] = []
    /// The range of UTF-8 bytes of the text that each id stands for, in whole characters; empty for added marks.
    public internal(set) var offsets: [Range<Int>] = []
    /// The number of the word, as the text was split, that each token is from; nil for added marks.
    public internal(set) var wordIDs: [Int?] = []
    /// Which text, 0 or 1, each token is from; nil for added marks.
    public internal(set) var sequenceIDs: [Int?] = []
    /// Whether a token was added: marks and padding.
    public internal(set) var specialTokensMask: [Bool] = []
    /// Whether a token counts: all but padding.
    public internal(set) var attentionMask: [Bool] = []
    /// What truncation has cut off, in pieces of the same length that overlap by the stride.
    public internal(set) var overflowing: [Encoding] = []
    /// Whether a token was found in the text as an added token.
    var isAdded: [Bool] = []

    init() {}

    init(_ output: TokenOutput, sequence: Int) {
      let count = output.ids.count
      ids = output.ids
      typeIDs = Array(repeating: Int32(sequence), count: count)
      offsets = output.offsets
      wordIDs = output.words
      sequenceIDs = Array(repeating: sequence, count: count)
      specialTokensMask = Array(repeating: false, count: count)
      attentionMask = Array(repeating: true, count: count)
      isAdded = Array(repeating: false, count: count)
      for place in output.addedPlaces { isAdded[place] = true }
    }

    /// Marks that stand for no text.
    init(marks: [Int32], typeID: Int32) {
      self.init()
      append(mark: marks, typeID: typeID, isAttended: true)
    }

    private mutating func append(mark: [Int32], typeID: Int32, isAttended: Bool) {
      ids += mark
      typeIDs += repeatElement(typeID, count: mark.count)
      offsets += repeatElement(0..<0, count: mark.count)
      wordIDs += repeatElement(nil, count: mark.count)
      sequenceIDs += repeatElement(nil, count: mark.count)
      specialTokensMask += repeatElement(true, count: mark.count)
      attentionMask += repeatElement(isAttended, count: mark.count)
      isAdded += repeatElement(false, count: mark.count)
    }

    mutating func setTypeID(_ typeID: Int32) {
      typeIDs = Array(repeating: typeID, count: ids.count)
      for index in overflowing.indices { overflowing[index].setTypeID(typeID) }
    }

    private subscript(range: Range<Int>) -> Encoding {
      var part = Encoding()
      part.ids = Array(ids[range])
      part.typeIDs = Array(typeIDs[range])
      part.offsets = Array(offsets[range])
      part.wordIDs = Array(wordIDs[range])
      part.sequenceIDs = Array(sequenceIDs[range])
      part.specialTokensMask = Array(specialTokensMask[range])
      part.attentionMask = Array(attentionMask[range])
      part.isAdded = Array(isAdded[range])
      return part
    }

    /// Keeps `length` tokens; the rest overflows in parts that overlap by `stride`, which is below `length`.
    mutating func truncate(to length: Int, stride: Int, from direction: Truncation.Direction) {
      guard length < ids.count else { return }
      guard length > 0 else {
        var all = self
        all.overflowing = []
        self = Encoding()
        overflowing = [all]
        return
      }
      var ranges: [Range<Int>] = []
      let step = length - stride
      var place = direction == .right ? 0 : ids.count
      while true {
        let range = direction == .right ? place..<min(place + length, ids.count) : max(0, place - length)..<place
        ranges.append(range)
        if direction == .right ? range.upperBound == ids.count : range.lowerBound == 0 { break }
        place += direction == .right ? step : -step
      }
      let all = self
      self = all[ranges[0]]
      overflowing = ranges.dropFirst().map { all[$0] }
    }

    /// Appends another encoding; each overflowing part of one is joined with the other and its overflowing parts.
    mutating func append(_ other: Encoding) {
      var parts: [Encoding] = []
      for own in overflowing {
        parts.append(own.joined(other))
        for part in other.overflowing { parts.append(own.joined(part)) }
      }
      for part in other.overflowing { parts.append(joined(part)) }
      self = joined(other)
      overflowing = parts
    }

    private func joined(_ other: Encoding) -> Encoding {
      var result = self
      result.ids += other.ids
      result.typeIDs += other.typeIDs
      result.offsets += other.offsets
      result.wordIDs += other.wordIDs
      result.sequenceIDs += other.sequenceIDs
      result.specialTokensMask += other.specialTokensMask
      result.attentionMask += other.attentionMask
      result.isAdded += other.isAdded
      result.overflowing = []
      return result
    }

    /// Fills up to `length` tokens with padding.
    mutating func pad(to length: Int, _ padding: Padding) {
      for index in overflowing.indices { overflowing[index].pad(to: length, padding) }
      guard ids.count < length else { return }
      let marks = [Int32](repeating: padding.id, count: length - ids.count)
      var fill = Encoding()
      fill.append(mark: marks, typeID: padding.typeID, isAttended: false)
      let parts = overflowing
      self = padding.direction == .right ? joined(fill) : fill.joined(self)
      overflowing = parts
    }
  }
}

package typealias Encoding = Tokenizer.Encoding
