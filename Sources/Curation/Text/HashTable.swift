/// Counts of 64-bit hashes, in one flat table that is cleared and used again.
struct HashTable {
  private var keys: [UInt64] = []
  private var counts: [UInt32] = []
  private var mask = 0

  /// Makes the table empty, with room for `count` keys.
  mutating func reset(for count: Int) {
    var size = 16
    while size < 2 * count { size *= 2 }
    if size > keys.count || size * 4 < keys.count {
      keys = [UInt64](repeating: 0, count: size)
      counts = [UInt32](repeating: 0, count: size)
      mask = size - 1
    } else {
      keys.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    }
  }

  /// The slot of a key, or the free one where it belongs.
  @inline(__always)
  private static func slot(of key: UInt64, _ keys: UnsafeMutableBufferPointer<UInt64>, _ mask: Int) -> Int {
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 24) & mask
    while keys[slot] != key, keys[slot] != 0 { slot = (slot + 1) & mask }
    return slot
  }

  /// Adds a hash, and returns how often it is there now.
  @inline(__always)
  mutating func add(_ hash: UInt64) -> Int {
    let (slot, isNew) = place(hash)
    counts[slot] = isNew ? 1 : counts[slot] + 1
    return Int(counts[slot])
  }

  /// Adds a hash if it is not there; returns whether it was not.
  @inline(__always)
  mutating func addOnce(_ hash: UInt64) -> Bool { place(hash).isNew }

  @inline(__always)
  private mutating func place(_ hash: UInt64) -> (slot: Int, isNew: Bool) {
    let key = hash == 0 ? 1 : hash
    let mask = self.mask
    return keys.withUnsafeMutableBufferPointer { keys in
      let slot = HashTable.slot(of: key, keys, mask)
      let isNew = keys[slot] == 0
      keys[slot] = key
      return (slot, isNew)
    }
  }

  /// How often a hash was added.
  @inline(__always)
  mutating func count(of hash: UInt64) -> Int {
    let key = hash == 0 ? 1 : hash
    let mask = self.mask
    let slot = keys.withUnsafeMutableBufferPointer { HashTable.slot(of: key, $0, mask) }
    return keys[slot] == 0 ? 0 : Int(counts[slot])
  }

  /// Calls `body` with how often each hash was added.
  func forEachCount(_ body: (Int) -> Void) {
    for (place, key) in keys.enumerated() where key != 0 { body(Int(counts[place])) }
  }
}
