/// What stands at a place of a byte string: a Unicode scalar and how many bytes it takes.
///
/// A byte that starts no valid UTF-8 sequence reads as one byte long with the value `invalid`.
struct DecodedScalar {
  static let invalid: UInt32 = 0xFFFF_FFFF

  var value: UInt32
  var length: Int

  var isValid: Bool { value != DecodedScalar.invalid }
}

/// Reads the scalar that starts at `start`; `start < end` must hold.
///
/// Overlong forms, surrogates, values past U+10FFFF and truncated sequences are invalid.
@inline(__always)
func decodeScalar(_ bytes: UnsafePointer<UInt8>, at start: Int, end: Int) -> DecodedScalar {
  let first = UInt32(bytes[start])
  if first < 0x80 { return DecodedScalar(value: first, length: 1) }
  return decodeMultibyteScalar(bytes, at: start, end: end)
}

func decodeMultibyteScalar(_ bytes: UnsafePointer<UInt8>, at start: Int, end: Int) -> DecodedScalar {
  let bad = DecodedScalar(value: DecodedScalar.invalid, length: 1)
  let first = UInt32(bytes[start])
  @inline(__always) func tail(_ offset: Int) -> UInt32? {
    guard start + offset < end else { return nil }
    let byte = bytes[start + offset]
    return byte & 0xC0 == 0x80 ? UInt32(byte & 0x3F) : nil
  }
  switch first {
  case 0xC2...0xDF:
    guard let a = tail(1) else { return bad }
    return DecodedScalar(value: (first & 0x1F) << 6 | a, length: 2)
  case 0xE0...0xEF:
    guard let a = tail(1), let b = tail(2) else { return bad }
    let value = (first & 0x0F) << 12 | a << 6 | b
    guard value >= 0x800, !(0xD800...0xDFFF).contains(value) else { return bad }
    return DecodedScalar(value: value, length: 3)
  case 0xF0...0xF4:
    guard let a = tail(1), let b = tail(2), let c = tail(3) else { return bad }
    let value = (first & 0x07) << 18 | a << 12 | b << 6 | c
    guard value >= 0x10000, value <= 0x10FFFF else { return bad }
    return DecodedScalar(value: value, length: 4)
  default:
    return bad
  }
}

/// How many bytes of an invalid sequence one U+FFFD stands for: the longest start of a valid sequence, at least one.
///
/// Source: the Unicode standard, chapter 3.9, "Constraints on conversion processes" (maximal subpart).
func invalidSequenceLength(_ bytes: UnsafePointer<UInt8>, at start: Int, end: Int) -> Int {
  let first = bytes[start]
  let second: ClosedRange<UInt8>
  let length: Int
  switch first {
  case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
  case 0xE0: (second, length) = (0xA0...0xBF, 3)
  case 0xED: (second, length) = (0x80...0x9F, 3)
  case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
  case 0xF0: (second, length) = (0x90...0xBF, 4)
  case 0xF4: (second, length) = (0x80...0x8F, 4)
  case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
  default: return 1
  }
  var count = 1
  while count < length, start + count < end {
    let byte = bytes[start + count]
    guard count == 1 ? second.contains(byte) : (0x80...0xBF).contains(byte) else { break }
    count += 1
  }
  return count
}

extension [UInt8] {
  /// Appends a scalar's UTF-8 form; a value that is no scalar becomes U+FFFD.
  package mutating func append(scalar value: UInt32) {
    switch value {
    case 0..<0x80:
      append(UInt8(value))
    case 0x80..<0x800:
      append(UInt8(0xC0 | value >> 6))
      append(UInt8(0x80 | value & 0x3F))
    case 0xD800...0xDFFF, 0x110000...:
      append(contentsOf: [0xEF, 0xBF, 0xBD])
    case 0x800..<0x10000:
      append(UInt8(0xE0 | value >> 12))
      append(UInt8(0x80 | value >> 6 & 0x3F))
      append(UInt8(0x80 | value & 0x3F))
    default:
      append(UInt8(0xF0 | value >> 18))
      append(UInt8(0x80 | value >> 12 & 0x3F))
      append(UInt8(0x80 | value >> 6 & 0x3F))
      append(UInt8(0x80 | value & 0x3F))
    }
  }

  /// The scalars of a byte string; nil where it is not valid UTF-8.
  package var scalars: [UInt32]? {
    withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return [] }
      var result: [UInt32] = []
      var position = 0
      while position < buffer.count {
        let scalar = decodeScalar(base, at: position, end: buffer.count)
        guard scalar.isValid else { return nil }
        result.append(scalar.value)
        position += scalar.length
      }
      return result
    }
  }
}

/// The first byte that is not part of valid UTF-8, or nil where all of it is valid.
///
/// Complexity: O(count), eight ASCII bytes at a time.
package func firstInvalidUTF8(in bytes: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Int? {
  guard let base = bytes.baseAddress else { return nil }
  let end = bytes.count
  var position = start
  while position < end {
    if position + 8 <= end {
      let word = UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self)
      if word & 0x8080_8080_8080_8080 == 0 {
        position += 8
        continue
      }
    }
    let scalar = decodeScalar(base, at: position, end: end)
    guard scalar.isValid else { return position }
    position += scalar.length
  }
  return nil
}

/// Copies `bytes` with every invalid sequence replaced by U+FFFD.
///
/// Returns the valid bytes and how many replacements were made.
package func repairedUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> (bytes: [UInt8], replacements: Int) {
  var result: [UInt8] = []
  guard let base = bytes.baseAddress else { return (result, 0) }
  result.reserveCapacity(bytes.count)
  var replacements = 0
  var position = 0
  while position < bytes.count {
    let bad = firstInvalidUTF8(in: bytes, from: position) ?? bytes.count
    result.append(contentsOf: UnsafeBufferPointer(start: base + position, count: bad - position))
    position = bad
    if position < bytes.count {
      result.append(contentsOf: [0xEF, 0xBF, 0xBD])
      replacements += 1
      position += invalidSequenceLength(base, at: position, end: bytes.count)
    }
  }
  return (result, replacements)
}

/// The scalar that ends before `end`; nil at the beginning, `invalid` where no valid one ends there.
@inline(__always)
func decodeScalar(_ base: UnsafePointer<UInt8>, before end: Int) -> DecodedScalar? {
  guard end > 0 else { return nil }
  var start = end - 1
  while start > 0, end - start < 4, base[start] & 0xC0 == 0x80 { start -= 1 }
  let scalar = decodeScalar(base, at: start, end: end)
  return scalar.length == end - start ? scalar : DecodedScalar(value: DecodedScalar.invalid, length: 1)
}
