/// The symbols of one word while its pairs are merged.
struct MergeWorkspace {
  /// Up to this many symbols, looking through all of them for the best pair is faster than a queue.
  private static let scanLimit = 40

  private(set) var ids: [Int32] = []
  /// How many bytes of the piece each symbol covers.
  private(set) var lengths: [Int32] = []
  private var ranks: [UInt32] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var queue = RankQueue()

  mutating func removeAll() {
    ids.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
  }

  mutating func append(_ id: Int32, length: Int) {
    ids.append(id)
    lengths.append(Int32(length))
  }

  mutating func extendLast(by length: Int) { lengths[lengths.count - 1] += Int32(length) }

  /// Merges pairs, lowest rank first and leftmost among equals, until none is left.
  ///
  /// Complexity: O(n log n) for n symbols.
  mutating func mergeAll(_ table: MergeTable) {
    guard ids.count > 1 else { return }
    if ids.count <= MergeWorkspace.scanLimit { mergeByScanning(table) } else { mergeByQueue(table) }
  }

  private mutating func mergeByScanning(_ table: MergeTable) {
    var count = ids.count
    ranks.removeAll(keepingCapacity: true)
    for index in 0..<count - 1 { ranks.append(table.merge(ids[index], ids[index + 1]).rank) }
    let total = count
    ids.withUnsafeMutableBufferPointer { ids in
      lengths.withUnsafeMutableBufferPointer { lengths in
        ranks.withUnsafeMutableBufferPointer { ranks in
          while count > 1 {
            var best = MergeTable.Merge.none
            var place = 0
            for index in 0..<count - 1 where ranks[index] < best {
              best = ranks[index]
              place = index
            }
            if best == MergeTable.Merge.none { break }
            ids[place] = table.merge(ids[place], ids[place + 1]).id
            lengths[place] += lengths[place + 1]
            count -= 1
            var index = place + 1
            while index < count {
              ids[index] = ids[index + 1]
              lengths[index] = lengths[index + 1]
              if index < count - 1 { ranks[index] = ranks[index + 1] }
              index += 1
            }
            if place > 0 { ranks[place - 1] = table.merge(ids[place - 1], ids[place]).rank }
            if place < count - 1 { ranks[place] = table.merge(ids[place], ids[place + 1]).rank }
          }
        }
      }
    }
    ids.removeLast(total - count)
    lengths.removeLast(total - count)
  }

  private mutating func mergeByQueue(_ table: MergeTable) {
    let count = ids.count
    next.removeAll(keepingCapacity: true)
    previous.removeAll(keepingCapacity: true)
    queue.removeAll()
    for index in 0..<count {
      next.append(Int32(index + 1))
      previous.append(Int32(index - 1))
      guard index + 1 < count else { continue }
      let rank = table.merge(ids[index], ids[index + 1]).rank
      if rank != MergeTable.Merge.none { queue.append(rank: rank, place: index) }
    }
    queue.order()
    while let (rank, place) = queue.popFirst() {
      // A symbol that was merged into another has no length; a pair that changed since has another rank.
      let right = Int(next[place])
      guard lengths[place] > 0, right < count else { continue }
      let merge = table.merge(ids[place], ids[right])
      guard merge.rank == rank else { continue }
      ids[place] = merge.id
      lengths[place] += lengths[right]
      lengths[right] = 0
      let after = Int(next[right])
      next[place] = Int32(after)
      if after < count {
        previous[after] = Int32(place)
        queue.insert(rank: table.merge(merge.id, ids[after]).rank, place: place)
      }
      let before = Int(previous[place])
      if before >= 0 { queue.insert(rank: table.merge(ids[before], merge.id).rank, place: before) }
    }
    var kept = 0
    for index in 0..<count where lengths[index] > 0 {
      ids[kept] = ids[index]
      lengths[kept] = lengths[index]
      kept += 1
    }
    ids.removeLast(count - kept)
    lengths.removeLast(count - kept)
  }
}

/// A binary heap of places ordered by rank, then by place.
private struct RankQueue {
  private var items: [UInt64] = []

  mutating func removeAll() { items.removeAll(keepingCapacity: true) }

  /// Adds without ordering; `order` must follow before anything is taken out.
  mutating func append(rank: UInt32, place: Int) { items.append(UInt64(rank) << 32 | UInt64(place)) }

  mutating func order() {
    for index in stride(from: items.count / 2 - 1, through: 0, by: -1) { sink(index) }
  }

  /// Adds a place, unless its pair does not merge.
  mutating func insert(rank: UInt32, place: Int) {
    guard rank != MergeTable.Merge.none else { return }
    let item = UInt64(rank) << 32 | UInt64(place)
    items.append(item)
    var index = items.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard items[parent] > item else { break }
      items[index] = items[parent]
      index = parent
    }
    items[index] = item
  }

  mutating func popFirst() -> (rank: UInt32, place: Int)? {
    guard let first = items.first else { return nil }
    let last = items.removeLast()
    if !items.isEmpty {
      items[0] = last
      sink(0)
    }
    return (UInt32(first >> 32), Int(first & 0xFFFF_FFFF))
  }

  private mutating func sink(_ start: Int) {
    items.withUnsafeMutableBufferPointer { items in
      let item = items[start]
      var index = start
      while true {
        var child = 2 * index + 1
        guard child < items.count else { break }
        if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
        guard items[child] < item else { break }
        items[index] = items[child]
        index = child
      }
      items[index] = item
    }
  }
}
