/// A scalar and how many bytes it takes.
struct TextScalar {
  var value: UInt32
  var length: Int
}

/// The scalar that starts at a place of valid UTF-8. Every string's bytes are valid, so nothing is checked here.
@inline(__always)
func scalar(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> TextScalar {
  let first = UInt32(bytes[place])
  if first < 0x80 { return TextScalar(value: first, length: 1) }
  if first < 0xE0 {
    return TextScalar(value: (first & 0x1F) << 6 | UInt32(bytes[place + 1] & 0x3F), length: 2)
  }
  let second = UInt32(bytes[place + 1] & 0x3F)
  let third = UInt32(bytes[place + 2] & 0x3F)
  if first < 0xF0 { return TextScalar(value: (first & 0x0F) << 12 | second << 6 | third, length: 3) }
  let fourth = UInt32(bytes[place + 3] & 0x3F)
  return TextScalar(value: (first & 0x07) << 18 | second << 12 | third << 6 | fourth, length: 4)
}

/// The scalar that ends before a place of valid UTF-8, which must not be the beginning.
@inline(__always)
func scalar(_ bytes: UnsafeBufferPointer<UInt8>, before place: Int) -> TextScalar {
  var start = place - 1
  while bytes[start] & 0xC0 == 0x80 { start -= 1 }
  return scalar(bytes, at: start)
}

/// Appends a scalar as UTF-8.
@inline(__always)
func append(_ value: UInt32, to bytes: inout [UInt8]) {
  switch value {
  case 0..<0x80: bytes.append(UInt8(value))
  case 0x80..<0x800:
    bytes.append(UInt8(0xC0 | value >> 6))
    bytes.append(UInt8(0x80 | value & 0x3F))
  case 0x800..<0x10000:
    bytes.append(UInt8(0xE0 | value >> 12))
    bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
    bytes.append(UInt8(0x80 | value & 0x3F))
  default:
    bytes.append(UInt8(0xF0 | value >> 18))
    bytes.append(UInt8(0x80 | value >> 12 & 0x3F))
    bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
    bytes.append(UInt8(0x80 | value & 0x3F))
  }
}

/// How many scalars a piece of valid UTF-8 has.
///
/// Complexity: O(bytes), eight bytes at a time.
@inline(__always)
func scalarCount(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
  var continuations = 0
  var place = range.lowerBound
  let raw = UnsafeRawBufferPointer(bytes)
  while place + 8 <= range.upperBound {
    let word = raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    // A continuation byte has its highest bit set and the next one clear.
    continuations += (word & ~(word << 1) & 0x8080_8080_8080_8080).nonzeroBitCount
    place += 8
  }
  while place < range.upperBound {
    if bytes[place] & 0xC0 == 0x80 { continuations += 1 }
    place += 1
  }
  return range.count - continuations
}

/// White space as Python's `str.split` and `str.strip` have it, which the published rules were measured with.
@inline(__always)
func isSpace(_ value: UInt32) -> Bool {
  switch value {
  case 0x20, 0x09...0x0D, 0x1C...0x1F: return true
  case 0..<0x80: return false
  case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: return true
  default: return false
  }
}

/// Classes of bytes that let most of a text pass without decoding it.
enum ByteClass {
  /// Neither space nor the beginning of one.
  static let other: UInt8 = 0
  /// A space of one byte.
  static let space: UInt8 = 1
  /// A byte that may begin a space of several bytes.
  static let maybe: UInt8 = 2

  /// The class of each byte.
  static let table: [UInt8] = (0..<256).map { byte in
    switch byte {
    case 0x20, 0x09...0x0D, 0x1C...0x1F: space
    case 0xC2, 0xE1, 0xE2, 0xE3: maybe
    default: other
    }
  }
}

/// The range without white space at its ends.
func trimmed(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Range<Int> {
  var (start, end) = (range.lowerBound, range.upperBound)
  while start < end {
    let next = scalar(bytes, at: start)
    guard isSpace(next.value) else { break }
    start += next.length
  }
  while end > start {
    let last = scalar(bytes, before: end)
    guard isSpace(last.value) else { break }
    end -= last.length
  }
  return start..<end
}

/// The words of a piece of text: what white space divides.
///
/// Complexity: O(bytes).
func words(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
  ByteClass.table.withUnsafeBufferPointer { classes in
    var start = -1
    var place = range.lowerBound
    while place < range.upperBound {
      let kind = classes[Int(bytes[place])]
      if kind == ByteClass.other {
        if start < 0 { start = place }
        place += 1
        continue
      }
      var length = 1
      if kind == ByteClass.maybe {
        let next = scalar(bytes, at: place)
        length = next.length
        guard isSpace(next.value) else {
          if start < 0 { start = place }
          place += length
          continue
        }
      }
      if start >= 0 {
        body(start..<place)
        start = -1
      }
      place += length
    }
    if start >= 0 { body(start..<range.upperBound) }
  }
}

/// The pieces between line feeds, as Python's `split("\n")` has them.
///
/// Complexity: O(bytes).
func lines(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
  var start = 0
  while let end = bytes[start...].firstIndex(of: 0x0A) {
    body(start..<end)
    start = end + 1
  }
  body(start..<bytes.count)
}

/// The lines of a text without their ends, as Python's `splitlines` has them.
///
/// Complexity: O(bytes).
func anyLines(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
  var start = 0
  var place = 0
  while place < bytes.count {
    let byte = bytes[place]
    var length = 0
    switch byte {
    case 0x0A, 0x0B, 0x0C, 0x1C...0x1E: length = 1
    case 0x0D: length = place + 1 < bytes.count && bytes[place + 1] == 0x0A ? 2 : 1
    case 0xC2 where bytes[place + 1] == 0x85: length = 2
    case 0xE2 where bytes[place + 1] == 0x80 && bytes[place + 2] & 0xFE == 0xA8: length = 3
    default: break
    }
    if length == 0 {
      place += 1
      continue
    }
    body(start..<place)
    place += length
    start = place
  }
  if start < bytes.count { body(start..<bytes.count) }
}

extension UnsafeBufferPointer<UInt8> {
  /// The bytes of a range; the caller keeps to the bounds.
  @inline(__always)
  func slice(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: self[range])
  }

  /// Whether a piece ends in these bytes.
  @inline(__always)
  func ends(_ range: Range<Int>, with suffix: StaticString) -> Bool {
    let count = suffix.utf8CodeUnitCount
    guard range.count >= count else { return false }
    for index in 0..<count where self[range.upperBound - count + index] != suffix.utf8Start[index] { return false }
    return true
  }

  /// Whether these bytes stand at a place.
  @inline(__always)
  func has(_ text: StaticString, at place: Int, before end: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard place >= 0, place + count <= end else { return false }
    for index in 0..<count where self[place + index] != text.utf8Start[index] { return false }
    return true
  }
}
