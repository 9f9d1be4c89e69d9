/// How often each word was met: a hash table from byte strings to 64-bit counts.
struct WordCounts {
  private struct Slot {
    var hash: UInt64 = 0
    var start = 0
    var length = 0
    var count: UInt64 = 0
  }

  private var slots = [Slot](repeating: Slot(), count: 1 << 12)
  private var bytes: [UInt8] = []
  /// How many different words there are.
  private(set) var distinct = 0

  /// How many bytes the table takes.
  var memory: Int { slots.count * MemoryLayout<Slot>.stride + bytes.capacity }

  /// Counts a word `times` times.
  mutating func add(_ word: UnsafeBufferPointer<UInt8>, times: UInt64 = 1) {
    if 2 * distinct >= slots.count { grow() }
    let hash = WordHash.hash(word)
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    let isNew = bytes.withUnsafeBufferPointer { bytes in
      slots.withUnsafeMutableBufferPointer { slots in
        while slots[place].hash != 0 {
          if slots[place].hash == hash, slots[place].length == word.count,
            WordHash.equal(bytes, slots[place].start, word)
          {
            slots[place].count += times
            return false
          }
          place = (place + 1) & mask
        }
        return true
      }
    }
    guard isNew else { return }
    slots[place] = Slot(hash: hash, start: bytes.count, length: word.count, count: times)
    bytes.append(contentsOf: word)
    distinct += 1
  }

  /// Adds what another table counted.
  mutating func add(_ other: WordCounts) {
    other.bytes.withUnsafeBufferPointer { bytes in
      for slot in other.slots where slot.hash != 0 {
        add(UnsafeBufferPointer(rebasing: bytes[slot.start..<slot.start + slot.length]), times: slot.count)
      }
    }
  }

  private mutating func grow() {
    var larger = [Slot](repeating: Slot(), count: slots.count * 2)
    let mask = larger.count - 1
    for slot in slots where slot.hash != 0 {
      var place = Int(truncatingIfNeeded: slot.hash) & mask
      while larger[place].hash != 0 { place = (place + 1) & mask }
      larger[place] = slot
    }
    slots = larger
  }

  /// Calls `body` with every word and its count, in the order of the words' bytes.
  func forEachSorted(_ body: (UnsafeBufferPointer<UInt8>, UInt64) -> Void) {
    bytes.withUnsafeBufferPointer { bytes in
      func word(_ slot: Slot) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[slot.start..<slot.start + slot.length])
      }
      let used = slots.filter { $0.hash != 0 }.sorted { word($0).lexicographicallyPrecedes(word($1)) }
      for slot in used { body(word(slot), slot.count) }
    }
  }
}
