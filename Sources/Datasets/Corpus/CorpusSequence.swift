import Core
import Curation
import Documents

/// The documents of a version in the order in which they become tokens, as often as the weights of their sources say.
package struct CorpusSequence: Sendable {
  let version: Corpus.Version
  private let shuffles: Bool
  private let group: String?
  private let seed: UInt64
  private let maximumMemory: Int

  init(_ version: Corpus.Version, _ settings: CorpusSettings) {
    self.version = version
    shuffles = settings.shuffles
    group = settings.group
    seed = settings.seed
    maximumMemory = settings.maximumMemory
  }

  /// About how many bytes of text there are.
  var bytes: Int {
    let weights = version.manifest.sources.map(\.weight)
    return zip(version.manifest.inputs, version.parts).reduce(0) { sum, pair in
      sum + Int(Double(pair.1.summary.textBytes) * (pair.0.source < weights.count ? weights[pair.0.source] : 1))
    }
  }

  /// Calls `body` with each document, the hash of its group, and the place of its input.
  ///
  /// Throws: `MartletError` for damaged files or where memory or disk do not suffice, or what `body` throws.
  func forEach(_ body: (Document, UInt64, Int) throws -> Void) throws {
    let readers = PartReaders(version.parts)
    let weights = version.manifest.sources.map(\.weight)
    let isPlain = !shuffles && weights.allSatisfy { $0 == 1 }
    var hash: UInt64 = 0
    func give(_ part: Int, _ index: Int, isFirst: Bool) throws {
      let document = try version.document(part, index, readers[part])
      if isFirst { hash = document.groupHash(group) }
      // All of it may have been cut.
      if document.text.utf8.allSatisfy(isWhiteSpace), !document.continues { return }
      try body(document, hash, part)
    }
    if isPlain {
      try version.forEachKept { _, part, index in
        try give(part, index, isFirst: try index == 0 || !readers[part].continuesPrevious(index))
      }
      return
    }
    let work = joinPath(version.corpus.folder, ".order")
    try FileSystem.remove(work)
    try FileSystem.createFolder(work)
    defer { try? FileSystem.remove(work) }
    let sorter = ExternalSorter(folder: work, maximumMemory: maximumMemory)
    let weighing = RandomKey(seed: seed).named("weights")
    let ordering = RandomKey(seed: seed).named("order")
    func random(_ key: RandomKey, _ number: UInt64) -> UInt64 {
      let words = key.block(number)
      return UInt64(words.x) | UInt64(words.y) << 32
    }
    try version.forEachKept { ordinal, part, index in
      if try index > 0 && readers[part].continuesPrevious(index) { return }
      let source = version.manifest.inputs[part].source
      let weight = source < weights.count ? weights[source] : 1
      let share = Double(random(weighing, UInt64(ordinal)) >> 11) * 0x1p-53
      let copies = Int(weight) + (share < weight - weight.rounded(.down) ? 1 : 0)
      for copy in 0..<copies {
        // Documents are fewer than 2^48 and copies at most a thousand.
        let key = shuffles ? random(ordering, UInt64(ordinal) << 12 | UInt64(copy)) : UInt64(ordinal)
        try sorter.append(key: key, value: UInt64(ordinal))
      }
    }
    let sorted = try sorter.sorted()
    while let record = try sorted.next() {
      let (part, first) = version.place(of: Int(record.value))
      var index = first
      repeat {
        try give(part, index, isFirst: index == first)
        index += 1
      } while try index < version.parts[part].summary.documents && readers[part].continuesPrevious(index)
    }
  }
}
