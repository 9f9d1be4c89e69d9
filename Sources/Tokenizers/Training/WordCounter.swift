import Core
import Foundation

/// Counts the words of documents, as normalizer and pre-tokenizer make them, in bounded memory.
struct WordCounter: Sendable {
  /// Words that were left out because learning from all of them would take too much memory.
  struct Dropped: Sendable, Equatable {
    /// How many different words.
    var words = 0
    /// How often they were met together.
    var occurrences: UInt64 = 0
    /// The count below which words were left out.
    var threshold: UInt64 = 0
  }

  private let normalizer: (any Normalizer)?
  private let preTokenizer: (any PreTokenizer)?
  /// How many bytes counting may take.
  private let memoryLimit: Int
  private var counts = WordCounts()
  private var runs: [SendableRun] = []

  /// Runs are used by one thread at a time, which is what makes the unchecked Sendable true.
  private struct SendableRun: @unchecked Sendable { let run: WordRun }

  init(normalizer: (any Normalizer)?, preTokenizer: (any PreTokenizer)?, memoryLimit: Int) {
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.memoryLimit = memoryLimit
  }

  /// How many different words are in memory.
  var distinct: Int { counts.distinct }

  /// Counts the words of documents, on all processors; the outcome does not depend on how many there are.
  ///
  /// Throws: `MartletError` if words must be put aside and the system refuses.
  mutating func add(_ documents: [[UInt8]]) throws {
    let total = documents.reduce(0) { $0 + $1.count }
    let workers = min(ProcessInfo.processInfo.activeProcessorCount, documents.count, total >> 18)
    guard workers > 1 else {
      for document in documents {
        document.withUnsafeBufferPointer { count($0, &counts) }
        try spillIfFull()
      }
      return
    }
    let counter = self
    let parts = parallelMap(workers) { worker in
      var part = WordCounts()
      for index in stride(from: worker, to: documents.count, by: workers) {
        documents[index].withUnsafeBufferPointer { counter.count($0, &part) }
      }
      return part
    }
    for part in parts {
      counts.add(part)
      try spillIfFull()
    }
  }

  private func count(_ text: UnsafeBufferPointer<UInt8>, _ counts: inout WordCounts) {
    let slice = TextSlice(text, tracksSources: false)
    func split(_ text: TextSlice) {
      if let preTokenizer {
        preTokenizer.split(text) { if $0.count > 0 { counts.add($0.bytes) } }
      } else if text.count > 0 {
        counts.add(text.bytes)
      }
    }
    if let normalizer { normalizer.normalize(slice, split) } else { split(slice) }
  }

  private mutating func spillIfFull() throws {
    guard counts.memory > memoryLimit else { return }
    runs.append(SendableRun(run: try WordRun(counts)))
    counts = WordCounts()
  }

  /// Calls `body` with every word and its count, in the order of the words' bytes.
  func forEach(_ body: (UnsafeBufferPointer<UInt8>, UInt64) -> Void) throws {
    guard !runs.isEmpty else { return counts.forEachSorted(body) }
    var sources = runs.map(\.run)
    if counts.distinct > 0 { sources.append(try WordRun(counts)) }
    var heads: [(word: [UInt8], count: UInt64)?] = []
    for source in sources {
      source.rewind()
      heads.append(try source.next())
    }
    while let least = heads.compactMap({ $0?.word }).min(by: { $0.lexicographicallyPrecedes($1) }) {
      var total: UInt64 = 0
      for index in heads.indices where heads[index]?.word == least {
        total = total.addingReportingOverflow(heads[index]?.count ?? 0).partialValue
        heads[index] = try sources[index].next()
      }
      least.withUnsafeBufferPointer { body($0, total) }
    }
  }

  /// The count from which on words are kept, so that what is kept takes at most `memory` bytes to learn from.
  ///
  /// - Parameter bytesPerByte: how much memory a byte of a word takes; a word takes 64 bytes besides.
  func threshold(memory: Int, bytesPerByte: Int) throws -> Dropped {
    // Sizes and numbers of words by their counts, counts above the limit together.
    let limit = 4096
    var sizes = [Int](repeating: 0, count: limit + 1)
    var words = [Int](repeating: 0, count: limit + 1)
    try forEach { word, count in
      let place = Int(min(count, UInt64(limit)))
      sizes[place] += 64 + bytesPerByte * word.count
      words[place] += 1
    }
    var dropped = Dropped()
    var total = sizes.reduce(0, +)
    var count = 1
    while total > memory, count < limit {
      total -= sizes[count]
      dropped.words += words[count]
      dropped.occurrences += UInt64(words[count] * count)
      count += 1
      dropped.threshold = UInt64(count)
    }
    return dropped
  }
}
