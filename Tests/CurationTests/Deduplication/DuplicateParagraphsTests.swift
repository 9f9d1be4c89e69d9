import Core
import Curation
import TestSupport
import Testing

@Suite("Duplicate paragraphs")
struct DuplicateParagraphsTests {
  /// The texts without their repeated paragraphs.
  private func cut(_ texts: [String], _ settings: ParagraphSettings, memory: Int = 1 << 24) throws -> [String] {
    try withTemporaryFolder { folder in
      let hasher = try ParagraphHasher(settings)
      let search = try DuplicateParagraphs(settings, folder: folder, maximumMemory: memory)
      for (number, text) in texts.enumerated() { try search.add(UInt64(3 * number), hasher.hashes(of: text)) }
      let cuts = try search.finish()
      var total = 0
      let results = try texts.enumerated().map { number, text in
        let paragraphs = try cuts.paragraphs(of: UInt64(3 * number))
        total += paragraphs.count
        return ParagraphHasher.removing(hasher.ranges(of: paragraphs, in: text), from: text)
      }
      #expect(total == cuts.count)
      #expect(try FileSystem.list(folder).isEmpty)
      return results
    }
  }

  /// The same with a dictionary.
  private func expected(_ texts: [String], limit: Int, keepsFirst: Bool) -> [String] {
    var counts: [String: Int] = [:]
    for text in texts { for line in text.split(separator: "\n") { counts[line.lowercased(), default: 0] += 1 } }
    var seen: Set<String> = []
    return texts.map { text in
      text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).filter { line in
        let isFirst = seen.insert(line.lowercased()).inserted
        return counts[line.lowercased(), default: 0] <= limit || (keepsFirst && isFirst)
      }.joined(separator: "\n")
    }
  }

  @Test("are those that a dictionary finds, whatever the memory", arguments: [(1, true), (1, false), (3, true)])
  func equalsDictionary(limit: Int, keepsFirst: Bool) throws {
    var samples = SampleTexts(seed: 31)
    let lines = (0..<3000).map { _ in samples.text(8) }
    let texts = (0..<3000).map { _ in
      (0..<samples.number(0..<9)).map { _ in
        let line = lines[samples.number(0..<lines.count)]
        return samples.number(0..<3) == 0 ? line.uppercased() : line
      }.joined(separator: "\n") + "\n"
    }
    let settings = ParagraphSettings(maximumOccurrences: limit, keepsFirst: keepsFirst, minimumLength: 1)
    let plain = try cut(texts, settings)
    #expect(plain == expected(texts, limit: limit, keepsFirst: keepsFirst))
    #expect(try cut(texts, settings, memory: 1 << 17) == plain)
  }

  @Test("leave short paragraphs alone, fold the others, and keep the rest to the byte")
  func details() throws {
    let long = "This paragraph is long enough to be looked at, with ümlauts."
    let texts = ["Yes.\n\(long)\n\n\nYes.\n", "A\r\n\(long.uppercased())!\n中\n\(long)", "", "\n", long]
    #expect(try cut(texts, ParagraphSettings()) == ["Yes.\n\(long)\n\n\nYes.\n", "A\r\n中\n", "", "\n", ""])
  }

  @Test("refuse documents out of order and limits without sense")
  func refusals() throws {
    try withTemporaryFolder { folder in
      let search = try DuplicateParagraphs(ParagraphSettings(), folder: folder, maximumMemory: 1 << 20)
      try search.add(7, [1, 2])
      #expect(throws: MartletError.self) { try search.add(7, [1]) }
      #expect(throws: MartletError.self) { try search.add(1 << 40, [1]) }
      #expect(throws: MartletError.self) { try ParagraphHasher(ParagraphSettings(maximumOccurrences: 0)) }
    }
  }

  @Test("say so when the disk is full", .enabled(if: canMountSmallDisk, "needs root"))
  func fullDisk() throws {
    try withSmallDisk(kilobytes: 128) { folder in
      let search = try DuplicateParagraphs(ParagraphSettings(), folder: folder, maximumMemory: 1 << 17)
      let error = #expect(throws: MartletError.self) {
        for number in 0..<UInt64(20_000) { try search.add(number, [number + 1, number / 2 + 1]) }
      }
      #expect(error?.message.contains("room") == true)
      #expect(try FileSystem.list(folder).isEmpty)
    }
  }
}
