/// Which pairs of ids merge, in which order, and into what: a hash table with open addressing.
struct MergeTable: @unchecked Sendable {
  /// What a pair becomes; a smaller rank merges first.
  struct Merge {
    var rank: UInt32
    var id: Int32

    static let none: UInt32 = .max
  }

  /// Memory of a table, freed with the last table that uses it; never written after `init`.
  private final class Storage {
    let keys: UnsafeMutablePointer<UInt64>
    let values: UnsafeMutablePointer<Merge>

    init(_ capacity: Int) {
      keys = .allocate(capacity: capacity)
      keys.initialize(repeating: .max, count: capacity)
      values = .allocate(capacity: capacity)
      values.initialize(repeating: Merge(rank: Merge.none, id: 0), count: capacity)
    }

    deinit {
      keys.deallocate()
      values.deallocate()
    }
  }

  private let storage: Storage
  private let keys: UnsafePointer<UInt64>
  private let values: UnsafePointer<Merge>
  private let mask: Int
  /// The pairs in the order of their ranks, each at its last rank where it came twice.
  let pairs: [(first: Int32, second: Int32)]

  /// A pair that comes twice has the rank of its last place.
  ///
  /// - Parameter ranks: the rank of each merge, several of which may be equal; its place where this is nil.
  init(_ merges: [(first: Int32, second: Int32, merged: Int32)], ranks: [UInt32]? = nil) {
    var capacity = 16
    while capacity < merges.count * 2 { capacity *= 2 }
    storage = Storage(capacity)
    mask = capacity - 1
    var lastPlaces = [Int32](repeating: -1, count: capacity)
    for (place, merge) in merges.enumerated() {
      let key = MergeTable.key(merge.first, merge.second)
      var slot = MergeTable.hash(key) & mask
      while storage.keys[slot] != .max, storage.keys[slot] != key { slot = (slot + 1) & mask }
      storage.keys[slot] = key
      storage.values[slot] = Merge(rank: ranks?[place] ?? UInt32(place), id: merge.merged)
      lastPlaces[slot] = Int32(place)
    }
    keys = UnsafePointer(storage.keys)
    values = UnsafePointer(storage.values)
    var last: [(Int32, Int32)] = []
    for (place, merge) in merges.enumerated() {
      var slot = MergeTable.hash(MergeTable.key(merge.first, merge.second)) & mask
      while keys[slot] != MergeTable.key(merge.first, merge.second) { slot = (slot + 1) & mask }
      if lastPlaces[slot] == Int32(place) { last.append((merge.first, merge.second)) }
    }
    pairs = last
  }

  @inline(__always)
  private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }

  @inline(__always)
  private static func hash(_ key: UInt64) -> Int {
    let mixed = (key ^ key >> 29) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 32)
  }

  /// What the pair becomes; its rank is `Merge.none` where it does not merge.
  @inline(__always)
  func merge(_ first: Int32, _ second: Int32) -> Merge {
    let key = MergeTable.key(first, second)
    var slot = MergeTable.hash(key) & mask
    while true {
      let found = keys[slot]
      if found == key || found == .max { return values[slot] }
      slot = (slot + 1) & mask
    }
  }
}
