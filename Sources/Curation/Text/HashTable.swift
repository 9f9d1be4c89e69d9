/// Counts of 64-bit hashes, in one flat table that is cleared and used again.
final class HashTable {
  // A class with memory of its own: an array would ask at every step whether it is shared.
  private var keys: UnsafeMutablePointer<UInt64>
  private var counts: UnsafeMutablePointer<UInt32>
  private var size = 0
  private var mask: Int { size - 1 }

  /// An empty table with room for `count` keys.
  init(for count: Int = 0) {
    keys = .allocate(capacity: 1)
    counts = .allocate(capacity: 1)
    reset(for: count)
  }

  deinit {
    keys.deallocate()
    counts.deallocate()
  }

  /// Makes the table empty, with room for `count` keys.
  func reset(for count: Int) {
    var needed = 16
    while needed < 2 * count { needed *= 2 }
    if needed > size || needed * 4 < size {
      keys.deallocate()
      counts.deallocate()
      keys = .allocate(capacity: needed)
      counts = .allocate(capacity: needed)
      counts.initialize(repeating: 0, count: needed)
      size = needed
    }
    keys.initialize(repeating: 0, count: size)
  }

  /// The slot of a key, or the free one where it belongs; at most half of the slots are taken.
  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 24) & mask
    while keys[slot] != key, keys[slot] != 0 { slot = (slot + 1) & mask }
    return slot
  }

  /// Adds a hash, and returns how often it is there now.
  @inline(__always)
  func add(_ hash: UInt64) -> Int {
    let key = hash == 0 ? 1 : hash
    let slot = slot(of: key)
    counts[slot] = keys[slot] == 0 ? 1 : counts[slot] + 1
    keys[slot] = key
    return Int(counts[slot])
  }

  /// Adds a hash if it is not there; returns whether it was not.
  @inline(__always)
  func addOnce(_ hash: UInt64) -> Bool {
    let key = hash == 0 ? 1 : hash
    let slot = slot(of: key)
    if keys[slot] != 0 { return false }
    keys[slot] = key
    return true
  }

  /// How often a hash was added.
  @inline(__always)
  func count(of hash: UInt64) -> Int {
    let slot = slot(of: hash == 0 ? 1 : hash)
    return keys[slot] == 0 ? 0 : Int(counts[slot])
  }

  /// Calls `body` with how often each hash was added.
  func forEachCount(_ body: (Int) -> Void) {
    for slot in 0..<size where keys[slot] != 0 { body(Int(counts[slot])) }
  }
}
