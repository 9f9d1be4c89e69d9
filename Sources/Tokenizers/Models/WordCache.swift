/// The ids of words met before. Made for one thread at a time; emptied when it is full.
struct WordCache {
  /// Longer words are not kept: they rarely come again.
  static let longestWord = 48
  private static let slotCount = 1 << 16

  private struct Slot {
    var hash: UInt64 = 0
    var word: UInt32 = 0
    var ids: UInt32 = 0
    var wordCount: UInt16 = 0
    var idCount: UInt16 = 0
  }

  private var slots: [Slot] = []
  private var used = 0
  private var words: [UInt8] = []
  private var ids: [Int32] = []

  /// Appends the ids of a word to `output` if they are known.
  mutating func append(_ word: UnsafeBufferPointer<UInt8>, hash: UInt64, to output: inout [Int32]) -> Bool {
    guard !slots.isEmpty else { return false }
    let place = find(word, hash)
    return slots.withUnsafeBufferPointer { slots in
      guard slots[place].hash == hash else { return false }
      let start = Int(slots[place].ids)
      let count = Int(slots[place].idCount)
      if count == 1 {
        output.append(ids[start])
      } else {
        output.append(contentsOf: ids[start..<start + count])
      }
      return true
    }
  }

  mutating func insert(_ word: UnsafeBufferPointer<UInt8>, hash: UInt64, ids new: ArraySlice<Int32>) {
    if slots.isEmpty || used * 2 >= WordCache.slotCount {
      slots = Array(repeating: Slot(), count: WordCache.slotCount)
      used = 0
      words.removeAll(keepingCapacity: true)
      ids.removeAll(keepingCapacity: true)
    }
    let place = find(word, hash)
    guard slots[place].hash == 0 else { return }
    slots[place] = Slot(
      hash: hash, word: UInt32(words.count), ids: UInt32(ids.count), wordCount: UInt16(word.count),
      idCount: UInt16(new.count))
    words.append(contentsOf: word)
    ids.append(contentsOf: new)
    used += 1
  }

  /// The slot of the word, or the empty one where it would go.
  private func find(_ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int {
    slots.withUnsafeBufferPointer { slots in
      words.withUnsafeBufferPointer { words in
        var place = Int(truncatingIfNeeded: hash) & (WordCache.slotCount - 1)
        while true {
          let slot = slots[place]
          if slot.hash == 0 { return place }
          if slot.hash == hash, Int(slot.wordCount) == word.count,
            WordHash.equal(words, Int(slot.word), word)
          {
            return place
          }
          place = (place + 1) & (WordCache.slotCount - 1)
        }
      }
    }
  }
}

/// A fast hash of short byte strings; the same on every machine of one byte order.
enum WordHash {
  /// Never 0, which marks an empty slot.
  @inline(__always)
  static func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let base = word.baseAddress else { return 1 }
    let raw = UnsafeRawPointer(base)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(word.count)
    var position = 0
    while position + 8 <= word.count {
      state = mix(state, raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      position += 8
    }
    var rest: UInt64 = 0
    if position + 4 <= word.count {
      rest = UInt64(raw.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      position += 4
    }
    while position < word.count {
      rest = rest << 8 | UInt64(base[position])
      position += 1
    }
    state = mix(state, rest)
    return state | 1
  }

  @inline(__always)
  private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }

  @inline(__always)
  static func equal(
    _ stored: UnsafeBufferPointer<UInt8>, _ start: Int, _ word: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    for index in 0..<word.count where stored[start + index] != word[index] { return false }
    return true
  }
}
