import Tokenizers

/// Repairs UTF-8 that was read as Latin-1 or Windows-1252, once or several times.
///
/// Source: the procedure of ftfy 6 for these two encodings: a line that looks wrong is encoded again and read as UTF-8; if
/// that fails, only the sequences that are UTF-8 are; control characters become what Windows-1252 has in their place.
enum Mojibake {
  /// How often text was read wrongly at most: each pass undoes one.
  private static let passLimit = 8

  /// Whether a text may have anything to repair: all mojibake of these encodings has a letter from `À` to `ÿ`, or a control
  /// character.
  static func isPossible(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count > 1 else { return false }
    for place in range.lowerBound..<range.upperBound - 1 {
      let byte = bytes[place]
      if byte == 0xC3 || (byte == 0xC2 && bytes[place + 1] < 0xA0) { return true }
    }
    return false
  }

  /// The line as it was meant; nil where nothing is wrong with it.
  static func repaired(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [UInt8]? {
    guard isPossible(bytes, range) else { return nil }
    var scalars: [UInt32] = []
    scalars.reserveCapacity(range.count)
    var place = range.lowerBound
    while place < range.upperBound {
      let next = scalar(bytes, at: place)
      scalars.append(next.value)
      place += next.length
    }
    guard let fixed = fixed(scalars) else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(range.count)
    for value in fixed { append(value, to: &result) }
    return result
  }

  private static func fixed(_ scalars: [UInt32], isPart: Bool = false) -> [UInt32]? {
    var current = scalars
    for _ in 0..<passLimit {
      guard let next = pass(current, isPart: isPart), next != current else { break }
      current = next
    }
    return current == scalars ? nil : current
  }

  private static func pass(_ scalars: [UInt32], isPart: Bool) -> [UInt32]? {
    guard looksLikeMojibake(scalars[...]) else { return nil }
    let latin1 = scalars.contains { $0 > 0xFF } ? nil : scalars.map { UInt8($0) }
    if let latin1, let text = read(latin1, isLossy: false) { return text }
    if let windows = encode(scalars), let text = read(windows, isLossy: true) { return text }
    if !isPart {
      if let text = replaceSequences(scalars) { return text }
    }
    guard scalars.contains(where: { (0x80...0x9F).contains($0) }) else { return nil }
    return scalars.map { (0x80...0x9F).contains($0) ? Windows1252.high[Int($0 - 0x80)] : $0 }
  }

  private static func encode(_ scalars: [UInt32]) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(scalars.count)
    for value in scalars {
      guard let byte = Windows1252.byte(value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// Reads bytes as UTF-8 after the repair of what other programs did to them; nil where they are none.
  private static func read(_ bytes: [UInt8], isLossy: Bool) -> [UInt32]? {
    var bytes = bytes
    LostBytes.restoreSpaces(&bytes)
    if isLossy { bytes = LostBytes.replaced(bytes) }
    return decode(bytes)
  }

  /// Reads UTF-8, with the variants that Java and UTF-16 brought: NUL in two bytes and surrogate pairs in six.
  private static func decode(_ bytes: [UInt8]) -> [UInt32]? {
    var scalars: [UInt32] = []
    scalars.reserveCapacity(bytes.count)
    var place = 0
    func tail(_ offset: Int) -> UInt32? {
      guard place + offset < bytes.count, bytes[place + offset] & 0xC0 == 0x80 else { return nil }
      return UInt32(bytes[place + offset] & 0x3F)
    }
    while place < bytes.count {
      let first = UInt32(bytes[place])
      switch first {
      case 0..<0x80:
        scalars.append(first)
        place += 1
      case 0xC0:
        guard tail(1) == 0 else { return nil }
        scalars.append(0)
        place += 2
      case 0xC2...0xDF:
        guard let a = tail(1) else { return nil }
        scalars.append((first & 0x1F) << 6 | a)
        place += 2
      case 0xE0...0xEF:
        guard let a = tail(1), let b = tail(2) else { return nil }
        let value = (first & 0x0F) << 12 | a << 6 | b
        if (0xD800...0xDBFF).contains(value), place + 5 < bytes.count, bytes[place + 3] == 0xED, let c = tail(4),
          let d = tail(5), c >= 0x30
        {
          scalars.append(0x10000 + (value - 0xD800) << 10 + (0xD000 | c << 6 | d) - 0xDC00)
          place += 6
          continue
        }
        guard value >= 0x800, !(0xD800...0xDFFF).contains(value) else { return nil }
        scalars.append(value)
        place += 3
      case 0xF0...0xF4:
        guard let a = tail(1), let b = tail(2), let c = tail(3) else { return nil }
        let value = (first & 0x07) << 18 | a << 12 | b << 6 | c
        guard value >= 0x10000, value <= 0x10FFFF else { return nil }
        scalars.append(value)
        place += 4
      default: return nil
      }
    }
    return scalars
  }

  /// Repairs the sequences of a line that are UTF-8 by themselves; nil where there are none.
  private static func replaceSequences(_ scalars: [UInt32]) -> [UInt32]? {
    var result: [UInt32] = []
    var isChanged = false
    var place = 0
    while place < scalars.count {
      let end = place > 0 && isStrictContinuation(scalars[place - 1]) ? place : sequencesEnd(scalars, place)
      if end == place {
        result.append(scalars[place])
        place += 1
        continue
      }
      let part = scalars[place..<end]
      if part.count < scalars.count, looksLikeMojibake(part), let text = fixed(Array(part), isPart: true) {
        result += text
        isChanged = true
      } else {
        result += part
      }
      place = end
    }
    return isChanged ? result : nil
  }

  /// Where the sequences end that begin at a place and look like UTF-8 in the other encoding.
  private static func sequencesEnd(_ scalars: [UInt32], _ start: Int) -> Int {
    var place = start
    while place < scalars.count, scalars[place] > 0x7F, let first = Windows1252.looseByte(scalars[place]) {
      let length: Int
      switch first {
      case 0xC2...0xDF: length = 2
      case 0xE0...0xEF: length = 3
      case 0xF0, 0xF3: length = 4
      default: return place
      }
      guard place + length <= scalars.count,
        scalars[place + 1..<place + length].allSatisfy({ $0 == 0x20 || isContinuation($0) })
      else { return place }
      place += length
    }
    return place
  }

  private static func isContinuation(_ value: UInt32) -> Bool {
    value >= 0x80 && Windows1252.looseByte(value).map { $0 < 0xC0 } == true
  }

  /// Continuations that are not also usual punctuation.
  private static func isStrictContinuation(_ value: UInt32) -> Bool {
    switch value {
    case 0x2013...0x2015, 0x2018...0x201A, 0x201C...0x201E, 0x2022, 0x2026: false
    default: isContinuation(value)
    }
  }
}

/// Repairs what programs did to the bytes of mojibake before it came here.
private enum LostBytes {
  /// Makes spaces that stand for the byte A0 inside a sequence of UTF-8 that byte again.
  static func restoreSpaces(_ bytes: inout [UInt8]) {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 8)
    var place = 0
    let count = bytes.count
    func at(_ offset: Int) -> UInt8 { place + offset < count ? bytes[place + offset] : 0 }
    func isTail(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
    // `à` before a word of its own, whose second byte and space became one space.
    while place < count {
      result.append(bytes[place])
      if bytes[place] == 0xC3, at(1) == 0x20, !continuesGrave(bytes, place + 2) {
        result += [0xA0, 0x20]
        place += 1
      }
      place += 1
    }
    for (start, first) in result.enumerated() where first >= 0xC2 && first <= 0xF0 {
      func next(_ offset: Int) -> UInt8 { start + offset < result.count ? result[start + offset] : 0 }
      // The byte 85 is left out: three dots behind a space are likelier.
      func isOdd(_ byte: UInt8) -> Bool { isTail(byte) && byte != 0x85 && byte != 0xA0 }
      let tails = [next(1), next(2), next(3)]
      var length = 0
      switch first {
      case 0xC2, 0xC3, 0xC5, 0xCE, 0xD0, 0xD9: length = tails[0] == 0x20 ? 1 : 0
      case 0xE0...0xE3:
        if first >= 0xE2, tails[0] == 0x20, isOdd(tails[1]) { length = 2 }
        if isOdd(tails[0]), tails[1] == 0x20 { length = 2 }
      case 0xF0:
        if tails.count(where: { $0 == 0x20 }) == 1, tails.allSatisfy({ $0 == 0x20 || isTail($0) }) { length = 3 }
      default: break
      }
      for index in start..<start + length where result[index + 1] == 0x20 { result[index + 1] = 0xA0 }
    }
    bytes = result
  }

  /// Whether a word follows that, with `Ã` and a space before it, is a word of Italian or French with `à` at its end.
  private static func continuesGrave(_ bytes: [UInt8], _ place: Int) -> Bool {
    for word in [" ", "quele", "quela", "quilo", "s "] where bytes[place...].starts(with: word.utf8) { return true }
    return false
  }

  /// Replaces sequences of UTF-8 some of whose bytes were lost by U+FFFD.
  static func replaced(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(Windows1252.lost) || bytes.contains(UInt8(ascii: "?")) else { return bytes }
    var result: [UInt8] = []
    var place = 0
    while place < bytes.count {
      let length = lostLength(bytes, place)
      if length == 0 {
        result.append(bytes[place])
        place += 1
      } else {
        result += [0xEF, 0xBF, 0xBD]
        place += length
      }
    }
    return result
  }

  /// How many bytes a damaged sequence has; 0 where none begins.
  private static func lostLength(_ bytes: [UInt8], _ place: Int) -> Int {
    func at(_ offset: Int) -> UInt8 { place + offset < bytes.count ? bytes[place + offset] : 0 }
    func isLost(_ byte: UInt8) -> Bool { byte == Windows1252.lost || byte == UInt8(ascii: "?") }
    func isTail(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 || byte == Windows1252.lost }
    let (first, second, third, fourth) = (bytes[place], at(1), at(2), at(3))
    switch first {
    case 0xC2...0xDF:
      return second == Windows1252.lost || (first <= 0xC3 && second == UInt8(ascii: "?")) ? 2 : 0
    case 0xE0...0xEF:
      if first == 0xED, (0xA0...0xAF).contains(second), fourth == 0xED {
        let (fifth, sixth) = (at(4), at(5))
        let isPair =
          (0xB0...0xBF).contains(fifth) && (isLost(third) || isTail(third)) && (isLost(sixth) || isTail(sixth))
        if isPair, isLost(third) || isLost(sixth) { return 6 }
      }
      if isLost(second), isTail(third) { return 3 }
      return isTail(second) && isLost(third) ? 3 : 0
    case 0xF0...0xF4:
      let tails = [second, third, fourth]
      for lost in 0..<3 where isLost(tails[lost]) {
        if (0..<3).allSatisfy({ $0 == lost || isTail(tails[$0]) }) { return 4 }
      }
      return 0
    case Windows1252.lost: return 1
    default: return 0
    }
  }
}
