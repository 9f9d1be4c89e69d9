import Documents

/// What was repaired, character by character.
struct RepairCounts {
  var decodedLines = 0
  var normalised = 0
  var controls = 0
  var invisible = 0
  var directions = 0
  var spaces = 0
  var lineEnds = 0
  var wide = 0
  var blankLines = 0
  var trailingSpaces = 0
  var undecodable = 0

  func add(to counters: inout Counters) {
    for (name, count) in [
      ("lines decoded again", decodedLines), ("documents normalised", normalised), ("control characters", controls),
      ("invisible characters", invisible), ("direction controls", directions),
      ("unusual spaces", spaces), ("line ends", lineEnds), ("wide characters", wide), ("blank lines", blankLines),
      ("spaces at ends of lines", trailingSpaces), ("undecodable characters", undecodable),
    ] where count > 0 {
      counters[name, default: 0] += count
    }
  }
}

/// A copy of a text that begins with its first change: what is the same is copied in long pieces.
struct ChangedCopy {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var output: [UInt8] = []
  private var copied = 0
  private var isChanged = false

  init(of bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Leaves out `range`, which must lie behind all ranges before; `replacement` takes its place.
  mutating func leaveOut(_ range: Range<Int>, replacement: UInt8? = nil) {
    if !isChanged {
      isChanged = true
      output.reserveCapacity(bytes.count)
    }
    output.append(contentsOf: bytes[copied..<range.lowerBound])
    if let replacement { output.append(replacement) }
    copied = range.upperBound
  }

  /// The new text; nil where nothing was left out.
  mutating func finish() -> [UInt8]? {
    guard isChanged else { return nil }
    output.append(contentsOf: bytes[copied...])
    copied = bytes.count
    return output
  }
}

/// The pass of `RepairText` over characters.
struct CharacterRepair {
  private let step: RepairText
  private let bytes: UnsafeBufferPointer<UInt8>
  private var copy: ChangedCopy
  private(set) var counts: RepairCounts

  init(_ step: RepairText, _ bytes: UnsafeBufferPointer<UInt8>, _ counts: RepairCounts) {
    self.counts = counts
    self.step = step
    self.bytes = bytes
    copy = ChangedCopy(of: bytes)
  }

  /// Bytes that begin a character which is looked at.
  private static let stops: [Bool] = (0..<256).map { byte in
    switch byte {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F, 0xC2, 0xD8, 0xE1, 0xE2, 0xE3, 0xEF, 0xF3: true
    default: false
    }
  }

  /// The new text; nil where nothing changed.
  mutating func run() -> [UInt8]? {
    CharacterRepair.stops.withUnsafeBufferPointer { stops in
      var place = 0
      while place < bytes.count {
        guard stops[Int(bytes[place])] else {
          place += 1
          continue
        }
        // Of E3 only the wide space matters, of the others much.
        if bytes[place] == 0xE3, bytes[place + 1] != 0x80 || bytes[place + 2] != 0x80 {
          place += 3
          continue
        }
        let next = scalar(bytes, at: place)
        place = repair(next, place..<place + next.length)
      }
    }
    return copy.finish()
  }

  /// Deals with one character; returns the place behind it.
  private mutating func repair(_ next: TextScalar, _ range: Range<Int>) -> Int {
    let end = range.upperBound
    switch next.value {
    case 0x0D where step.plainLineEnds:
      // Of a pair the line feed stays.
      let isPair = end < bytes.count && bytes[end] == 0x0A
      copy.leaveOut(range, replacement: isPair ? nil : 0x0A)
      counts.lineEnds += 1
    case 0x0B where step.plainLineEnds, 0x0C where step.plainLineEnds, 0x85 where step.plainLineEnds,
      0x2028 where step.plainLineEnds, 0x2029 where step.plainLineEnds:
      copy.leaveOut(range, replacement: 0x0A)
      counts.lineEnds += 1
    case 0x00...0x08, 0x0E...0x1F, 0x7F...0x84, 0x86...0x9F, 0xFFF9...0xFFFC, 0x206A...0x206F, 0xFFFE, 0xFFFF,
      0xFDD0...0xFDEF, 0xE0001:
      leaveOut(range, if: step.removesControls, \.controls)
    case 0xFEFF, 0x200B, 0x2060...0x2064, 0x180E, 0xAD, 0x115F, 0x1160, 0xFFA0:
      leaveOut(range, if: step.removesInvisible, \.invisible)
    case 0x200C, 0x200D:
      leaveOut(range, if: step.removesInvisible && !joins(range), \.invisible)
    case 0x200E, 0x200F, 0x061C, 0x202A...0x202E, 0x2066...0x2069:
      leaveOut(range, if: step.removesBidirectionalControls, \.directions)
    case 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000:
      leaveOut(range, if: step.plainSpaces, \.spaces, replacement: 0x20)
    case 0xFF01...0xFF5E:
      leaveOut(range, if: isNarrowed(next.value), \.wide, replacement: UInt8(next.value - 0xFF01 + 0x21))
    case 0xFFFD: counts.undecodable += 1
    default: break
    }
    return end
  }

  private mutating func leaveOut(
    _ range: Range<Int>, if isWanted: Bool, _ count: WritableKeyPath<RepairCounts, Int>, replacement: UInt8? = nil
  ) {
    guard isWanted else { return }
    copy.leaveOut(range, replacement: replacement)
    counts[keyPath: count] += 1
  }

  private func isNarrowed(_ value: UInt32) -> Bool {
    switch step.fullWidth {
    case .keep: false
    case .all: true
    case .lettersAndDigits:
      (0xFF10...0xFF19).contains(value) || (0xFF21...0xFF3A).contains(value) || (0xFF41...0xFF5A).contains(value)
    }
  }

  /// Whether a joiner stands where it has a meaning: between letters of scripts whose letters join, or inside an emoji.
  private func joins(_ range: Range<Int>) -> Bool {
    guard range.lowerBound > 0, range.upperBound < bytes.count else { return false }
    return CharacterRepair.isJoinable(scalar(bytes, before: range.lowerBound).value)
      && CharacterRepair.isJoinable(scalar(bytes, at: range.upperBound).value)
  }

  private static func isJoinable(_ value: UInt32) -> Bool {
    switch value {
    case 0x0590...0x109F, 0x1780...0x18AF, 0x1A00...0x1BFF, 0x2190...0x2BFF, 0xA800...0xABFF, 0xFB1D...0xFDCF,
      0xFDF0...0xFEFC, 0x10A00...0x11FFF, 0x1F000...0x1FAFF, 0xE0020...0xE007F:
      true
    default: false
    }
  }
}

/// The pass of `RepairText` over lines: spaces at their ends and blank lines go.
func repairLines(_ bytes: UnsafeBufferPointer<UInt8>, _ step: RepairText, _ counts: inout RepairCounts) -> [UInt8]? {
  var copy = ChangedCopy(of: bytes)
  var end = bytes.count
  if step.maximumBlankLines != nil { while end > 0, bytes[end - 1] <= 0x20 { end -= 1 } }
  // At the beginning no blank line is allowed.
  var blankLines = Int.max
  var start = 0
  while start < end {
    let feed = bytes[start..<end].firstIndex(of: 0x0A)
    let lineEnd = feed ?? end
    var last = lineEnd
    if step.plainLineEnds { while last > start, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x09 { last -= 1 } }
    let next = feed.map { $0 + 1 } ?? lineEnd
    if last == start, let limit = step.maximumBlankLines, blankLines >= limit {
      copy.leaveOut(start..<next)
      counts.blankLines += 1
    } else {
      blankLines = last > start ? 0 : blankLines + 1
      if last < lineEnd {
        copy.leaveOut(last..<lineEnd)
        counts.trailingSpaces += 1
      }
    }
    start = next
  }
  if end < bytes.count { copy.leaveOut(end..<bytes.count) }
  return copy.finish()
}
