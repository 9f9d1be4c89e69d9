import Core
import Curation
import TestSupport
import Testing

/// The duplicates of texts, found with little or much memory.
func findDuplicates(
  _ texts: [String], _ settings: DuplicateSettings = DuplicateSettings(), memory: Int = 1 << 26, first: UInt64 = 0,
  from old: String? = nil, to index: String? = nil
) throws -> (found: [Duplicate], summary: DuplicateSummary) {
  try withTemporaryFolder { folder in
    let signer = try DocumentSigner(settings)
    let search = try NearDuplicates(settings, folder: folder, maximumMemory: memory, index: old)
    for (number, text) in texts.enumerated() { try search.add(first + UInt64(number), signer.signature(of: text)) }
    var found: [Duplicate] = []
    let summary = try search.finish(index: index) { found.append($0) }
    #expect(try FileSystem.list(folder).isEmpty)
    return (found, summary)
  }
}

/// The duplicates of texts by comparing every pair that shares a band, all in memory.
private func bruteForce(_ texts: [String], _ settings: DuplicateSettings) throws -> [UInt64: UInt64] {
  let signer = try DocumentSigner(settings)
  let signatures = texts.map { signer.signature(of: $0) }
  let layout = BandLayout.best(
    threshold: settings.threshold, permutations: settings.permutations, missWeight: settings.missWeight)
  func sharesBand(_ a: DocumentSignature, _ b: DocumentSignature) -> Bool {
    if a.nGrams == 0 || b.nGrams == 0 || settings.isExact { return a.exact == b.exact }
    return (0..<layout.bands).contains { band in
      (band * layout.rows..<(band + 1) * layout.rows).allSatisfy { a.values[$0] == b.values[$0] }
    }
  }
  var first = Array(texts.indices)
  var isChanged = true
  while isChanged {
    isChanged = false
    for a in texts.indices {
      for b in texts.indices where first[a] != first[b] && sharesBand(signatures[a], signatures[b]) {
        if signatures[a].similarity(to: signatures[b]) >= settings.threshold {
          first[a] = min(first[a], first[b])
          first[b] = first[a]
          isChanged = true
        }
      }
    }
  }
  return Dictionary(
    uniqueKeysWithValues: first.enumerated().filter { $0.offset != $0.element }.map {
      (UInt64($0.offset), UInt64($0.element))
    })
}

@Suite("Near duplicates")
struct NearDuplicatesTests {
  @Test("are those that comparing all pairs finds, whatever the memory", arguments: 0..<6)
  func equalsBruteForce(seed: Int) throws {
    var samples = SampleTexts(seed: UInt64(seed))
    let texts = samples.collection(400)
    for settings in [
      DuplicateSettings(threshold: [0.5, 0.7, 0.8][seed % 3], permutations: [64, 128][seed % 2]),
      DuplicateSettings(threshold: 1),
    ] {
      let expected = try bruteForce(texts, settings)
      #expect(expected.count > 40)
      for memory in [1 << 17, 1 << 26] {
        let (found, summary) = try findDuplicates(texts, settings, memory: memory)
        #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.ordinal, $0.kept) }) == expected)
        #expect(found.map(\.ordinal) == found.map(\.ordinal).sorted())
        #expect(summary.dropped == found.count && summary.documents == texts.count)
        #expect(summary.exact == found.filter(\.isExact).count)
      }
    }
  }

  @Test("are the same when a tiny memory makes many runs")
  func spilling() throws {
    var samples = SampleTexts(seed: 77)
    let texts = samples.collection(12_000)
    let (found, plain) = try findDuplicates(texts)
    let (again, spilled) = try findDuplicates(texts, memory: 1 << 17)
    #expect(plain.spills == 0)
    #expect(spilled.spills > 20)
    #expect(found == again)
    #expect(found.count > 2500)
  }

  @Test("keep the first and say how similar the others are")
  func keepsFirst() throws {
    var samples = SampleTexts(seed: 5)
    let text = samples.text(200)
    let near = samples.changed(text, words: 2)
    let other = samples.text(200)
    let (found, summary) = try findDuplicates([other, text, near, "HELLO,  " + text, text.uppercased() + "!!", "", "…"])
    #expect(found.map(\.ordinal) == [2, 3, 4])
    #expect(found.map(\.kept) == [1, 1, 1])
    #expect(found.map(\.isExact) == [false, false, true])
    #expect(found[2].similarity == 1 && found[0].similarity > 0.8 && found[0].similarity < 1)
    #expect(summary.clusters == 1 && summary.exact == 1)
  }

  @Test("of later documents are found through an index as in one run over all", arguments: 0..<4)
  func incremental(seed: Int) throws {
    var samples = SampleTexts(seed: UInt64(100 + seed))
    let texts = samples.collection(600)
    let settings = DuplicateSettings(threshold: seed == 3 ? 1 : 0.7)
    let cut = samples.number(100..<500)
    let whole = try findDuplicates(texts, settings).found
    try withTemporaryFolder { folder in
      let index = joinPath(folder, "index")
      let old = try findDuplicates(Array(texts[..<cut]), settings, to: index).found
      if settings.isExact { #expect(old == whole.filter { $0.ordinal < UInt64(cut) }) }
      let new = try findDuplicates(
        Array(texts[cut...]), settings, first: UInt64(cut), from: index, to: joinPath(folder, "second"))
      #expect(new.found.map(\.ordinal) == whole.map(\.ordinal).filter { $0 >= UInt64(cut) })
      #expect(new.summary.documents == texts.count - cut)
      // The same once more: all of it is in the index now.
      let again = try findDuplicates(texts, settings, first: 10_000, from: joinPath(folder, "second")).found
      #expect(again.count == texts.count)
    }
  }

  @Test("in a band that very many share take time in proportion")
  func hugeBand() throws {
    let settings = DuplicateSettings()
    let signer = try DocumentSigner(settings)
    var samples = SampleTexts(seed: 9)
    let common = samples.text(300)
    // Two documents have about two thirds in common: they share bands and are no duplicates.
    let summary = try withTemporaryFolder { folder in
      let search = try NearDuplicates(settings, folder: folder, maximumMemory: 1 << 24)
      for number in 0..<4000 { try search.add(UInt64(number), signer.signature(of: common + " " + samples.text(70))) }
      return try search.finish { _ in }
    }
    let layout = BandLayout.best(threshold: 0.8, permutations: 128, missWeight: 0.9)
    #expect(summary.comparisons > 10_000)
    #expect(summary.comparisons < 4000 * layout.bands * NearDuplicates.largestBand)
  }

  @Test("by true similarity are those that are similar")
  func trueSimilarity() throws {
    var samples = SampleTexts(seed: 21)
    let texts = samples.collection(300)
    let settings = DuplicateSettings(threshold: 0.75)
    let signer = try DocumentSigner(settings)
    try withTemporaryFolder { folder in
      let search = try NearDuplicates(settings, folder: folder, maximumMemory: 1 << 24)
      for (number, text) in texts.enumerated() { try search.add(UInt64(number), signer.signature(of: text)) }
      var asked = 0
      var dropped: Set<Int> = []
      _ = try search.finish(
        similarity: {
          asked += 1
          #expect($0 < $1)
          return signer.jaccard(texts[Int($0)], texts[Int($1)])
        },
        { dropped.insert(Int($0.ordinal)) })
      #expect(asked > 20)
      for number in dropped {
        #expect((0..<texts.count).contains { $0 != number && signer.jaccard(texts[$0], texts[number]) >= 0.75 })
      }
    }
  }

  @Test("refuse ordinals out of order, signatures of other settings and wrong settings")
  func refusals() throws {
    try withTemporaryFolder { folder in
      let signer = try DocumentSigner()
      let search = try NearDuplicates(DuplicateSettings(), folder: folder, maximumMemory: 1 << 20)
      try search.add(5, signer.signature(of: "a text"))
      #expect(throws: MartletError.self) { try search.add(5, signer.signature(of: "a text")) }
      let short = try DocumentSigner(DuplicateSettings(permutations: 64)).signature(of: "a text")
      #expect(throws: MartletError.self) { try search.add(6, short) }
      #expect(throws: MartletError.self) { try DocumentSigner(DuplicateSettings(threshold: 0)) }
      #expect(throws: MartletError.self) { try DocumentSigner(DuplicateSettings(wordNGram: 33)) }
      #expect(throws: MartletError.self) {
        try NearDuplicates(DuplicateSettings(), folder: folder + "/none", maximumMemory: 1 << 20)
      }
    }
  }

  @Test(
    "say so when the disk is full, and leave nothing behind", .enabled(if: canMountSmallDisk, "needs root"))
  func fullDisk() throws {
    var samples = SampleTexts(seed: 3)
    let texts = samples.collection(3000)
    let signer = try DocumentSigner()
    try withSmallDisk(kilobytes: 256) { folder in
      let error = #expect(throws: MartletError.self) {
        let search = try NearDuplicates(DuplicateSettings(), folder: folder, maximumMemory: 1 << 17)
        for (number, text) in texts.enumerated() { try search.add(UInt64(number), signer.signature(of: text)) }
      }
      #expect(error?.place == folder || error?.place?.hasPrefix(folder) == true)
      #expect(error?.message.contains("room") == true || error?.message.contains("full") == true)
      #expect(try FileSystem.list(folder).isEmpty)
      // An index that does not fit leaves the old one as it was.
      let index = joinPath(folder, "index")
      try AtomicFile.write("old", to: index)
      try withTemporaryFolder { other in
        let search = try NearDuplicates(DuplicateSettings(), folder: other, maximumMemory: 1 << 22)
        for (number, text) in texts.enumerated() { try search.add(UInt64(number), signer.signature(of: text)) }
        #expect(throws: MartletError.self) { try search.finish(index: index) { _ in } }
      }
      #expect(try FileSystem.readText(index, limit: 10) == "old")
      #expect(try FileSystem.list(folder) == ["index"])
    }
  }

  @Test("say so when memory is not enough")
  func tooLittleMemory() throws {
    try withTemporaryFolder { folder in
      let settings = DuplicateSettings(threshold: 1)
      let search = try NearDuplicates(settings, folder: folder, maximumMemory: 1 << 17)
      let error = #expect(throws: MartletError.self) {
        for number in 0..<UInt64(200_000) {
          let hash = ExactHash(low: number, high: 0)
          try search.add(number, DocumentSignature(exact: hash, nGrams: 0, values: []))
        }
      }
      #expect(error?.code == .resource)
    }
  }
}
