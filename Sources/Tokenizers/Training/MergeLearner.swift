/// Learns merges from words: again and again the pair that is met most often becomes a token.
///
/// Gives the merges that `BpeTrainer` of the `tokenizers` library gives. Two of its habits matter for that: among pairs
/// met equally often the one with the smaller ids goes first, and a pair that comes up again, after two different pairs
/// have led to the same token, is queued again with the words where it came up, and may be listed twice.
package struct MergeLearner {
  /// A pair in the queue, with the words where it was seen when it was queued.
  private struct Candidate {
    var count: Int64
    var pair: UInt64
    var words: Int

    static func isBefore(_ a: Candidate, _ b: Candidate) -> Bool {
      a.count != b.count ? a.count > b.count : a.pair < b.pair
    }
  }

  package init() {}

  private var symbols: [Int32] = []
  private var starts: [Int] = []
  private var lengths: [Int32] = []
  private var counts: [Int64] = []
  private var queue: [Candidate] = []
  private var wordLists: [[Int32]] = []
  private var freeLists: [Int] = []

  /// Adds a word that was met `count` times.
  package mutating func add(_ word: some Sequence<Int32>, count: UInt64) {
    starts.append(symbols.count)
    symbols.append(contentsOf: word)
    lengths.append(Int32(symbols.count - (starts.last ?? 0)))
    counts.append(Int64(clamping: count))
  }

  /// Adds tokens to the vocabulary until it has `vocabularySize`, or no pair is met `minimumFrequency` times.
  ///
  /// Of a token inside words the `prefix` is left out where it is joined to another. `progress` is told the size of the vocabulary after each merge and may throw to stop.
  package mutating func learn(
    _ vocabulary: inout Vocabulary, vocabularySize: Int, minimumFrequency: UInt64, prefix: [UInt8] = [],
    progress: (Int) throws -> Void
  ) rethrows -> [(first: Int32, second: Int32, merged: Int32)] {
    var pairCounts = PairCounts()
    countPairs(&pairCounts)
    var merges: [(first: Int32, second: Int32, merged: Int32)] = []
    var fresh = FreshPairs()
    while vocabulary.count < vocabularySize, let top = popFirst() {
      let count = pairCounts[top.pair]
      if top.count != count {
        push(Candidate(count: count, pair: top.pair, words: top.words))
        continue
      }
      guard count >= 1, count >= Int64(clamping: minimumFrequency) else { break }
      let first = Int32(truncatingIfNeeded: top.pair >> 32)
      let second = Int32(truncatingIfNeeded: top.pair)
      var rest = vocabulary.token(of: second) ?? []
      if !prefix.isEmpty, rest.starts(with: prefix) { rest.removeFirst(prefix.count) }
      let merged = vocabulary.add((vocabulary.token(of: first) ?? []) + rest)
      merges.append((first, second, merged))
      let words = wordLists[top.words]
      fresh.begin(merged, symbolCount: vocabulary.size)
      for word in words { merge(word, first, second, merged, &pairCounts, &fresh) }
      wordLists[top.words] = []
      freeLists.append(top.words)
      for (pair, words) in fresh.take() {
        let count = pairCounts[pair]
        if count > 0 { push(Candidate(count: count, pair: pair, words: keep(words))) }
      }
      try progress(vocabulary.count)
    }
    return merges
  }

  @inline(__always)
  private static func pair(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }

  private mutating func countPairs(_ pairCounts: inout PairCounts) {
    var lists: [UInt64: Int] = [:]
    for word in starts.indices {
      let range = starts[word]..<starts[word] + Int(lengths[word])
      for place in range.dropLast() {
        let pair = MergeLearner.pair(symbols[place], symbols[place + 1])
        pairCounts.add(pair, counts[word])
        if let list = lists[pair] {
          if wordLists[list].last != Int32(word) { wordLists[list].append(Int32(word)) }
        } else {
          lists[pair] = wordLists.count
          wordLists.append([Int32(word)])
        }
      }
    }
    queue = lists.map { Candidate(count: pairCounts[$0.key], pair: $0.key, words: $0.value) }
    for index in stride(from: queue.count / 2 - 1, through: 0, by: -1) { sink(index) }
  }

  private mutating func keep(_ words: [Int32]) -> Int {
    if let free = freeLists.popLast() {
      wordLists[free] = words
      return free
    }
    wordLists.append(words)
    return wordLists.count - 1
  }

  /// Merges a pair everywhere in a word, and counts the pairs that go and come.
  private mutating func merge(
    _ word: Int32, _ first: Int32, _ second: Int32, _ merged: Int32, _ pairCounts: inout PairCounts,
    _ fresh: inout FreshPairs
  ) {
    let count = counts[Int(word)]
    let length = Int(lengths[Int(word)])
    let start = starts[Int(word)]
    symbols.withUnsafeMutableBufferPointer { symbols in
      guard let base = symbols.baseAddress else { return }
      let word32 = word
      let text = base + start
      var read = 0
      var write = 0
      while read < length {
        guard read + 1 < length, text[read] == first, text[read + 1] == second else {
          text[write] = text[read]
          read += 1
          write += 1
          continue
        }
        if write > 0 {
          let before = text[write - 1]
          pairCounts.add(MergeLearner.pair(before, first), -count)
          pairCounts.add(MergeLearner.pair(before, merged), count)
          fresh.add(before: before, word: word32)
        }
        if read + 2 < length {
          let after = text[read + 2]
          pairCounts.add(MergeLearner.pair(second, after), -count)
          pairCounts.add(MergeLearner.pair(merged, after), count)
          fresh.add(after: after, word: word32)
        }
        text[write] = merged
        write += 1
        read += 2
      }
      lengths[Int(word)] = Int32(write)
    }
  }

  private mutating func push(_ candidate: Candidate) {
    queue.append(candidate)
    var index = queue.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard Candidate.isBefore(candidate, queue[parent]) else { break }
      queue[index] = queue[parent]
      index = parent
    }
    queue[index] = candidate
  }

  private mutating func popFirst() -> Candidate? {
    guard let first = queue.first else { return nil }
    let last = queue.removeLast()
    if !queue.isEmpty {
      queue[0] = last
      sink(0)
    }
    return first
  }

  private mutating func sink(_ start: Int) {
    queue.withUnsafeMutableBufferPointer { queue in
      let item = queue[start]
      var index = start
      while true {
        var child = 2 * index + 1
        guard child < queue.count else { break }
        if child + 1 < queue.count, Candidate.isBefore(queue[child + 1], queue[child]) { child += 1 }
        guard Candidate.isBefore(queue[child], item) else { break }
        queue[index] = queue[child]
        index = child
      }
      queue[index] = item
    }
  }
}

/// The pairs that one merge brought up, all with the merged token, and the words where they stand.
private struct FreshPairs {
  private var merged: Int32 = 0
  private var beforeSlots: [Int32] = []
  private var afterSlots: [Int32] = []
  private var pairs: [(pair: UInt64, words: [Int32])] = []

  mutating func begin(_ merged: Int32, symbolCount: Int) {
    self.merged = merged
    while beforeSlots.count < symbolCount {
      beforeSlots.append(-1)
      afterSlots.append(-1)
    }
  }

  mutating func add(before symbol: Int32, word: Int32) {
    let pair = UInt64(UInt32(bitPattern: symbol)) << 32 | UInt64(UInt32(bitPattern: merged))
    beforeSlots[Int(symbol)] = add(pair, beforeSlots[Int(symbol)], word)
  }

  mutating func add(after symbol: Int32, word: Int32) {
    let pair = UInt64(UInt32(bitPattern: merged)) << 32 | UInt64(UInt32(bitPattern: symbol))
    afterSlots[Int(symbol)] = add(pair, afterSlots[Int(symbol)], word)
  }

  /// Adds a word to the list of a pair; `slot` is where the list stands, or -1. Returns where it stands now.
  private mutating func add(_ pair: UInt64, _ slot: Int32, _ word: Int32) -> Int32 {
    guard slot >= 0 else {
      pairs.append((pair, [word]))
      return Int32(pairs.count - 1)
    }
    if pairs[Int(slot)].words.last != word { pairs[Int(slot)].words.append(word) }
    return slot
  }

  /// The pairs, which are forgotten here.
  mutating func take() -> [(pair: UInt64, words: [Int32])] {
    for (pair, _) in pairs {
      beforeSlots[Int(pair >> 32)] = -1
      afterSlots[Int(pair & 0xFFFF_FFFF)] = -1
    }
    defer { pairs = [] }
    return pairs
  }
}
