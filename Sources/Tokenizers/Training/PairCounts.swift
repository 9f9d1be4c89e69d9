/// Counts of pairs of ids: a hash table with open addressing that only grows.
struct PairCounts: ~Copyable {
  private var keys: UnsafeMutablePointer<UInt64>
  private var values: UnsafeMutablePointer<Int64>
  private var capacity: Int
  private var used = 0

  init() {
    capacity = 1 << 16
    keys = .allocate(capacity: capacity)
    keys.initialize(repeating: .max, count: capacity)
    values = .allocate(capacity: capacity)
    values.initialize(repeating: 0, count: capacity)
  }

  deinit {
    keys.deallocate()
    values.deallocate()
  }

  @inline(__always)
  private static func place(_ pair: UInt64, _ capacity: Int) -> Int {
    Int(truncatingIfNeeded: ((pair ^ pair >> 29) &* 0x9E37_79B9_7F4A_7C15) >> 24) & (capacity - 1)
  }

  /// The count of a pair.
  subscript(pair: UInt64) -> Int64 {
    var place = PairCounts.place(pair, capacity)
    while keys[place] != pair {
      if keys[place] == .max { return 0 }
      place = (place + 1) & (capacity - 1)
    }
    return values[place]
  }

  /// Adds to the count of a pair.
  @inline(__always)
  mutating func add(_ pair: UInt64, _ change: Int64) {
    var place = PairCounts.place(pair, capacity)
    while keys[place] != pair {
      if keys[place] == .max {
        if 2 * used >= capacity {
          grow()
          return add(pair, change)
        }
        keys[place] = pair
        used += 1
        break
      }
      place = (place + 1) & (capacity - 1)
    }
    values[place] += change
  }

  private mutating func grow() {
    let (oldKeys, oldValues, oldCapacity) = (keys, values, capacity)
    capacity *= 2
    keys = .allocate(capacity: capacity)
    keys.initialize(repeating: .max, count: capacity)
    values = .allocate(capacity: capacity)
    values.initialize(repeating: 0, count: capacity)
    for old in 0..<oldCapacity where oldKeys[old] != .max {
      var place = PairCounts.place(oldKeys[old], capacity)
      while keys[place] != .max { place = (place + 1) & (capacity - 1) }
      keys[place] = oldKeys[old]
      values[place] = oldValues[old]
    }
    oldKeys.deallocate()
    oldValues.deallocate()
  }
}
