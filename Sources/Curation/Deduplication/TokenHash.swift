/// Hashes of tokens and of runs of tokens. They are written to files: changing any is a new version of the index format.
///
/// Source: the multiply-and-fold step of wyhash (Wang Yi, public domain).
enum TokenHash {
  private static let a: UInt64 = 0xA076_1D64_78BD_642F
  private static let b: UInt64 = 0xE703_7ED1_A0B4_28DB
  private static let c: UInt64 = 0x8EBC_6AF0_9C88_C6E3
  private static let d: UInt64 = 0x5899_65CC_7537_4CC3
  /// The base of the polynomial over tokens; 3 modulo 4, so that neighbours that change places change the sum.
  static let base: UInt64 = 0x9E37_79B9_7F4A_7C17

  /// Both halves of the product, folded.
  @inline(__always)
  static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let product = x.multipliedFullWidth(by: y)
    return product.high ^ product.low
  }

  @inline(__always)
  private static func load(_ bytes: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self))
  }

  /// The hash of bytes; up to 7 bytes behind them are read and don't count.
  @inline(__always)
  static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let length = UInt64(truncatingIfNeeded: count)
    if count <= 8 {
      let mask: UInt64 = count == 0 ? 0 : ~0 &>> UInt64(truncatingIfNeeded: 64 &- 8 &* count)
      return fold(load(bytes) & mask ^ a, b ^ length)
    }
    if count <= 16 { return fold(load(bytes) ^ b, load(bytes + (count &- 8)) ^ a &+ length) }
    var state = d ^ length
    var start = bytes
    var rest = count
    while rest > 16 {
      state = fold(load(start) ^ c, load(start + 8) ^ state)
      start += 16
      rest &-= 16
    }
    return fold(load(start + (rest &- 16)) ^ b, load(start + (rest &- 8)) ^ state)
  }

  /// The 128-bit hash of bytes.
  static func exact(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> ExactHash {
    let length = UInt64(truncatingIfNeeded: count)
    var low = a ^ length
    var high = c &+ length
    var offset = 0
    while count &- offset >= 16 {
      let (x, y) = (load(bytes + offset), load(bytes + offset + 8))
      // Either half takes in all 16 bytes by a rule of its own.
      low = fold(x ^ b, y ^ low)
      high = fold(y ^ d, x ^ high) &+ x
      offset &+= 16
    }
    var x: UInt64 = 0
    var y: UInt64 = 0
    for index in offset..<count {
      let shifted = UInt64(bytes[index]) << UInt64(truncatingIfNeeded: (index &- offset) % 8 * 8)
      if index &- offset < 8 { x |= shifted } else { y |= shifted }
    }
    low = fold(x ^ b, y ^ low)
    high = fold(y ^ d, x ^ high) &+ x
    return ExactHash(low: fold(low ^ a, c ^ length), high: fold(high ^ d, b ^ length))
  }

  /// Spreads a sum over tokens, or another number with a purpose, over all bits.
  @inline(__always)
  static func mix(_ x: UInt64, _ purpose: UInt64 = 0) -> UInt64 { fold(x ^ a, b &+ purpose) }

  /// A number that is independent of `x` itself, for each round.
  @inline(__always)
  static func mix(_ x: UInt64, round: UInt64) -> UInt64 { fold(fold(x ^ round, c) ^ x, d) }

  /// The mark of a round: bits that have nothing to do with those of other rounds.
  @inline(__always)
  static func mark(ofRound round: Int) -> UInt64 { mix(UInt64(truncatingIfNeeded: round) &* base, 7) }

  /// `base` to the power of a small number.
  static func power(_ exponent: Int) -> UInt64 { (0..<exponent).reduce(1) { power, _ in power &* base } }
}

/// A hash that no two different texts are expected to share: not for texts that somebody made to collide.
public struct ExactHash: Sendable, Hashable {
  /// The lower 64 bits.
  public var low: UInt64
  /// The upper 64 bits.
  public var high: UInt64

  /// The hash of both halves.
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }
}
