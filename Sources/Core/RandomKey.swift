/// A counter-based random generator: every number is a function of the key and a counter, so that streams can be
/// named, split, stored in a checkpoint and computed in any order by any number of threads.
///
/// Source: Philox-4x32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public struct RandomKey: Sendable, Hashable {
  /// The lower half of the key.
  public var low: UInt32
  /// The upper half of the key.
  public var high: UInt32

  /// The key of two words.
  public init(low: UInt32, high: UInt32) {
    self.low = low
    self.high = high
  }

  /// The key of a seed that a person chose.
  public init(seed: UInt64) {
    self.init(low: UInt32(truncatingIfNeeded: seed), high: UInt32(truncatingIfNeeded: seed >> 32))
  }

  /// A key of its own for a named purpose: the same name gives the same key, other names unrelated ones.
  ///
  /// Complexity: O(length of the name).
  public func named(_ name: String) -> RandomKey {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a, 64 bits
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return numbered(hash)
  }

  /// A key of its own for a numbered purpose: a step, a layer, an epoch.
  public func numbered(_ number: UInt64) -> RandomKey {
    let block = self.block(number, stream: 0x6d61_7274)
    return RandomKey(low: block.x, high: block.y)
  }

  /// Four random words at `counter`.
  @inlinable
  public func block(_ counter: UInt64, stream: UInt32 = 0) -> SIMD4<UInt32> {
    var c = SIMD4<UInt32>(UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), stream, 0)
    var k0 = low
    var k1 = high
    for _ in 0..<10 {
      let p0 = UInt64(0xD251_1F53) &* UInt64(c.x)
      let p1 = UInt64(0xCD9E_8D57) &* UInt64(c.z)
      c = SIMD4(
        UInt32(truncatingIfNeeded: p1 >> 32) ^ c.y ^ k0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ c.w ^ k1, UInt32(truncatingIfNeeded: p0))
      k0 = k0 &+ 0x9E37_79B9
      k1 = k1 &+ 0xBB67_AE85
    }
    return c
  }

  /// A number in [0, 1) with 24 random bits, from a random word.
  @inlinable
  public static func unit(_ word: UInt32) -> Float { Float(word >> 8) * 0x1p-24 }
}

/// Random numbers drawn one after another from a key; conforms to Swift's protocol for shuffles and choices.
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// The key that the numbers are drawn from.
  public let key: RandomKey
  /// How many 64-bit numbers were drawn: with the key, the whole state.
  public private(set) var position: UInt64

  /// The numbers of a key from a position on.
  public init(_ key: RandomKey, position: UInt64 = 0) {
    self.key = key
    self.position = position
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let words = key.block(position)
    position += 1
    return UInt64(words.x) | UInt64(words.y) << 32
  }

  /// A number in [0, 1) with 53 random bits.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
