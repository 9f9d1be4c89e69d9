/// Addresses of networks and of devices in them.
enum NetworkAddress {
  /// The hardware address whose first separator stands at a place: six pairs with `:` or `-`, or three fours with `.`.
  static func hardware(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Range<Int>? {
    let mark = bytes[place]
    let width = mark == UInt8(ascii: ".") ? 4 : 2
    let count = mark == UInt8(ascii: ".") ? 3 : 6
    let start = place - width
    let end = start + count * width + count - 1
    guard start >= 0, end <= bytes.count, place + width < bytes.count, isHexDigit(bytes[start]) else { return nil }
    if start > 0, isPart(bytes[start - 1]) { return nil }
    if end < bytes.count, isPart(bytes[end]) || (bytes[end] == UInt8(ascii: "-") && mark == bytes[end]) { return nil }
    var hasLetter = false
    for offset in 0..<end - start {
      let byte = bytes[start + offset]
      if offset % (width + 1) == width {
        guard byte == mark else { return nil }
      } else {
        guard isHexDigit(byte) else { return nil }
        if !isDigit(byte) { hasLetter = true }
      }
    }
    // Three fours of digits alone are a price or a number in groups; pairs may be a date and a time.
    return hasLetter || mark == UInt8(ascii: ":") ? start..<end : nil
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    isDigit(byte) || isASCIILetter(byte) || byte == UInt8(ascii: ":") || byte == 0x5F
  }

  private static let longest6 = 45

  /// The address of version 6 whose first colon stands at a place.
  static func version6(_ bytes: UnsafeBufferPointer<UInt8>, at colon: Int, from limit: Int) -> Range<Int>? {
    guard colon + 1 < bytes.count, bytes[colon + 1] == UInt8(ascii: ":") || isHexDigit(bytes[colon + 1]) else {
      return nil
    }
    var start = colon
    while start > limit, colon - start < 5, isHexDigit(bytes[start - 1]) { start -= 1 }
    guard colon - start <= 4 else { return nil }
    if start > 0, isPart(bytes[start - 1]) { return nil }
    var end = colon
    while end < bytes.count, end - start < longest6,
      isHexDigit(bytes[end]) || bytes[end] == UInt8(ascii: ":") || bytes[end] == UInt8(ascii: ".")
    {
      end += 1
    }
    if end < bytes.count, isASCIILetter(bytes[end]) || bytes[end] == 0x5F { return nil }
    while end > start, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
    if end - start > 2, bytes[end - 1] == UInt8(ascii: ":"), bytes[end - 2] != UInt8(ascii: ":") { end -= 1 }
    guard let groups = parse6(bytes, start..<end), isLikely(groups) else { return nil }
    if end < bytes.count, bytes[end] == UInt8(ascii: "%") {
      // The name of a network card.
      var zone = end + 1
      while zone < bytes.count, isDigit(bytes[zone]) || isASCIILetter(bytes[zone]), zone - end < 16 { zone += 1 }
      if zone > end + 1 { end = zone }
    }
    return start..<end
  }

  private struct Groups {
    var all: [UInt32] = []
    var isShortened = false
    var longest = 0
    var hasDigit = false
    var hasVersion4 = false
  }

  /// Whether groups are an address rather than names of programs with `::` between them.
  private static func isLikely(_ groups: Groups) -> Bool {
    if !groups.isShortened { return true }
    guard groups.hasDigit else { return false }
    return groups.all.count >= 3 || groups.longest >= 3 || groups.hasVersion4 || groups.all == [1]
  }

  private static func parse6(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Groups? {
    var groups = Groups()
    var place = range.lowerBound
    var needsGroup = true
    if bytes.has("::", at: place, before: range.upperBound) {
      groups.isShortened = true
      place += 2
      needsGroup = false
    }
    while place < range.upperBound {
      let start = place
      var value: UInt32 = 0
      while place < range.upperBound, isHexDigit(bytes[place]), place - start <= 4 {
        let byte = bytes[place]
        value = value << 4 | UInt32(isDigit(byte) ? byte - 0x30 : (byte | 0x20) - 0x61 + 10)
        if isDigit(byte) { groups.hasDigit = true }
        place += 1
      }
      let count = place - start
      guard (1...4).contains(count) else { return nil }
      if place < range.upperBound, bytes[place] == UInt8(ascii: ".") {
        guard isVersion4(bytes, start..<range.upperBound) else { return nil }
        groups.all += [0, 0]
        groups.hasVersion4 = true
        return isWhole(groups) ? groups : nil
      }
      groups.all.append(value)
      groups.longest = max(groups.longest, count)
      needsGroup = false
      guard place < range.upperBound else { break }
      guard bytes[place] == UInt8(ascii: ":") else { return nil }
      place += 1
      needsGroup = true
      if place < range.upperBound, bytes[place] == UInt8(ascii: ":") {
        if groups.isShortened { return nil }
        groups.isShortened = true
        place += 1
        needsGroup = false
      }
    }
    return !needsGroup && isWhole(groups) ? groups : nil
  }

  private static func isWhole(_ groups: Groups) -> Bool {
    groups.isShortened ? groups.all.count <= 7 && !groups.all.isEmpty : groups.all.count == 8
  }

  private static func isVersion4(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    let parts = bytes[range].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        (1...3).contains(part.count) && part.allSatisfy(isDigit) && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
      }
  }

  /// Whether an address of version 4, whose last group is before `end`, is private, of this computer, for examples or for
  /// many at once.
  static func isReserved4(_ digits: [UInt8], _ token: NumberToken, before end: Int) -> Bool {
    let (a, b, c) = (token.value(end - 4), token.value(end - 3), token.value(end - 2))
    switch (a, b, c) {
    case (0, _, _), (10, _, _), (127, _, _), (169, 254, _), (172, 16...31, _), (192, 168, _), (192, 0, 0), (192, 0, 2),
      (198, 51, 100), (203, 0, 113), (198, 18...19, _), (100, 64...127, _), (224..., _, _):
      return true
    default: return false
    }
  }

  /// Whether an address of version 6 is private, of this computer, for examples or for many at once.
  static func isReserved6(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    var end = range.lowerBound
    while end < range.upperBound, bytes[end] != UInt8(ascii: "%") { end += 1 }
    guard let groups = parse6(bytes, range.lowerBound..<end), let first = groups.all.first else { return false }
    if bytes.has("::", at: range.lowerBound, before: end) {
      return groups.all.allSatisfy { $0 <= 1 } && !groups.hasVersion4
    }
    return first & 0xFFC0 == 0xFE80 || first & 0xFE00 == 0xFC00 || first & 0xFF00 == 0xFF00
      || (first == 0x2001 && groups.all.count > 1 && groups.all[1] == 0xDB8)
  }
}
