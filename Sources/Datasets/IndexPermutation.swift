import Core

/// A permutation of 0..<count that is computed, not stored: a Feistel network that walks until it is inside.
///
/// Source: Black and Rogaway, "Ciphers with arbitrary finite domains", 2002, section 4 (cycle walking).
public struct IndexPermutation: Sendable {
  /// How many numbers are permuted.
  public let count: UInt64
  private let halfBits: UInt64
  private let mask: UInt64
  private let keys: SIMD4<UInt32>

  /// The permutation of a key; `count` is at least 1.
  public init(count: Int, key: RandomKey) {
    self.count = UInt64(max(1, count))
    let bits = 64 - (self.count - 1).leadingZeroBitCount
    halfBits = UInt64(max(1, (bits + 1) / 2))
    mask = (1 << halfBits) - 1
    keys = key.block(0, stream: 0x7065_726d)
  }

  /// Where `index` goes; `index` is below `count`.
  ///
  /// Complexity: O(1), four times around on average at most.
  public func callAsFunction(_ index: Int) -> Int {
    var value = UInt64(index)
    repeat {
      var left = value >> halfBits
      var right = value & mask
      for round in 0..<4 {
        let key = RandomKey(low: keys[round], high: UInt32(round))
        let mixed = key.block(right)
        (left, right) = (right, left ^ (UInt64(mixed.x) | UInt64(mixed.y) << 32) & mask)
      }
      value = left << halfBits | right
    } while value >= count
    return Int(value)
  }
}
