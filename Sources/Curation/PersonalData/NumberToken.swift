/// What stands between two groups of digits.
struct NumberGap: OptionSet {
  let rawValue: UInt8

  static let space = NumberGap(rawValue: 1)
  static let hyphen = NumberGap(rawValue: 2)
  static let dot = NumberGap(rawValue: 4)
  static let slash = NumberGap(rawValue: 8)
  static let parenthesis = NumberGap(rawValue: 16)
}

/// Digits in groups, as people write long numbers: `+44 (0)20 7946 0958`, `6222 0212 3456 7890`.
struct NumberToken {
  struct Group {
    /// The place of its first digit among all digits.
    var first: Int
    /// How many digits it has.
    var count: Int
    /// Where it stands in the text.
    var range: Range<Int>
    /// What stands before it.
    var gap: NumberGap
    /// Whether a plus stands right before it.
    var hasPlus: Bool
    /// Where the number begins if it begins with this group: at a plus or parenthesis before it.
    var start: Int
  }

  private(set) var digits: [UInt8] = []
  private(set) var groups: [Group] = []
  /// The group behind the last opening parenthesis that is not closed.
  private var opened: Int?

  /// More groups than any number has; the next ones are looked at by themselves.
  private static let groupLimit = 16
  private static let digitLimit = 64

  /// Reads a token that begins at a digit, a plus or a parenthesis; returns the place behind its last digit.
  ///
  /// Complexity: O(length), which is bounded.
  mutating func read(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Int {
    digits.removeAll(keepingCapacity: true)
    groups.removeAll(keepingCapacity: true)
    opened = nil
    var gap: NumberGap = []
    var place = start
    var groupStart = start
    var hasPlus = false
    if place < bytes.count, bytes[place] == UInt8(ascii: "(") {
      gap.insert(.parenthesis)
      opened = 0
      place += 1
    }
    if place < bytes.count, bytes[place] == UInt8(ascii: "+") {
      hasPlus = true
      place += 1
      if place < bytes.count, bytes[place] == UInt8(ascii: "(") {
        gap.insert(.parenthesis)
        opened = 0
        place += 1
      }
    }
    while true {
      let first = place
      while place < bytes.count, isDigit(bytes[place]), digits.count < NumberToken.digitLimit {
        digits.append(bytes[place] - 0x30)
        place += 1
      }
      guard place > first else { break }
      groups.append(
        Group(
          first: digits.count - (place - first), count: place - first, range: first..<place, gap: gap, hasPlus: hasPlus,
          start: groupStart))
      if groups.count == NumberToken.groupLimit || digits.count == NumberToken.digitLimit { break }
      guard let next = nextGroup(bytes, place) else { break }
      (gap, hasPlus, groupStart) = (next.gap, next.hasPlus, next.start)
      place = next.digits
    }
    return groups.last?.range.upperBound ?? start + 1
  }

  /// Where the next group's digits begin, if few separators stand before them.
  private mutating func nextGroup(
    _ bytes: UnsafeBufferPointer<UInt8>, _ end: Int
  ) -> (gap: NumberGap, hasPlus: Bool, start: Int, digits: Int)? {
    var gap: NumberGap = []
    var place = end
    while place < bytes.count, place - end <= 4 {
      switch bytes[place] {
      case 0x30...0x39:
        // A sentence ends in a full stop and a space; a number does not.
        if gap.contains(.dot), gap != .dot { return nil }
        return (
          gap, false, gap.contains(.parenthesis) && bytes[place - 1] == UInt8(ascii: "(") ? place - 1 : place, place
        )
      case UInt8(ascii: " "): gap.insert(.space)
      case UInt8(ascii: "-"): gap.insert(.hyphen)
      case UInt8(ascii: "."): gap.insert(.dot)
      case UInt8(ascii: "/"): gap.insert(.slash)
      case UInt8(ascii: "("):
        gap.insert(.parenthesis)
        opened = groups.count
      case UInt8(ascii: ")"):
        // Only an area or a country stands in parentheses; what else they close is not the number's.
        guard let first = opened, groups.count - first == 1, groups[first].count <= 5 else { return nil }
        gap.insert(.parenthesis)
        opened = nil
      case 0xC2 where bytes[place + 1] == 0xA0:
        gap.insert(.space)
        place += 1
      case 0xE2 where bytes[place + 1] == 0x80 && (0x90...0x93).contains(bytes[place + 2]):
        gap.insert(.hyphen)
        place += 2
      case UInt8(ascii: "+"):
        guard place + 1 < bytes.count, isDigit(bytes[place + 1]), gap == .dot || !gap.contains(.dot) else { return nil }
        let start = bytes[place - 1] == UInt8(ascii: "(") ? place - 1 : place
        return (gap, true, start, place + 1)
      default: return nil
      }
      place += 1
    }
    return nil
  }

  /// The digits of groups as a number; they must be few.
  func value(_ group: Int) -> Int { digits(group..<group + 1).reduce(0) { $0 * 10 + Int($1) } }

  /// The digits of some groups.
  func digits(_ range: Range<Int>) -> ArraySlice<UInt8> {
    guard let last = range.last else { return [] }
    return digits[groups[range.lowerBound].first..<groups[last].first + groups[last].count]
  }

  /// All that stands between the groups of a range.
  func gaps(_ range: Range<Int>) -> NumberGap {
    var gaps: NumberGap = []
    for index in range.dropFirst() { gaps.formUnion(groups[index].gap) }
    return gaps
  }

  /// How many digits each group of a range has.
  func shape(_ range: Range<Int>, is counts: Int...) -> Bool {
    range.count == counts.count && zip(range, counts).allSatisfy { groups[$0].count == $1 }
  }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

@inline(__always)
func isASCIILetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

@inline(__always)
func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }
