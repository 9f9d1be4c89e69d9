/// Places in one block of memory for buffers of which each lives for a range of instructions.
///
/// The largest buffer is placed first, each at the lowest offset that is free for as long as it lives: within a few
/// per cent of the peak of what lives at once. Source: Pisarchyk and Lee, "Efficient memory management for deep neural
/// net inference", 2020 (greedy by size). Complexity: quadratic in the number of buffers.
struct MemoryPlan {
  /// A buffer's size and the instructions from the first that writes to the last that reads it.
  struct Lifetime {
    var byteCount: Int
    var first: Int
    var last: Int
  }

  /// The offset of each buffer.
  let offsets: [Int]
  /// The size of the block.
  let byteCount: Int

  init(_ lifetimes: [Lifetime]) {
    var offsets = [Int](repeating: 0, count: lifetimes.count)
    var end = 0
    var placed: [(offset: Int, end: Int, index: Int)] = []
    let order = lifetimes.indices.sorted {
      (lifetimes[$0].byteCount, $1) > (lifetimes[$1].byteCount, $0)
    }
    for index in order where lifetimes[index].byteCount > 0 {
      let life = lifetimes[index]
      // Rounded to cache lines, with one between that keeps buffers of a power of two off the same cache sets.
      let size = (life.byteCount + 63) / 64 * 64 + 64
      var offset = 0
      for other in placed
      where lifetimes[other.index].first <= life.last && life.first <= lifetimes[other.index].last {
        if other.offset >= offset + size { break }
        offset = max(offset, other.end)
      }
      offsets[index] = offset
      end = max(end, offset + size)
      let position = placed.firstIndex { $0.offset > offset } ?? placed.count
      placed.insert((offset, offset + size, index), at: position)
    }
    self.offsets = offsets
    byteCount = end
  }
}
