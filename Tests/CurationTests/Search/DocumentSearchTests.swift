import Core
import Curation
import Testing

@Suite("Document search")
struct DocumentSearchTests {
  private func excerpt(_ text: String, _ match: TextMatch?) -> String? {
    match.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) }
  }

  @Test("finds the text in any spelling that folding allows, and nothing else")
  func exact() throws {
    let query = try TextQuery("the quick, brown Fox", SearchSettings(containment: nil))
    for text in ["xx The QUICK\n brown — fox!", "The quick brown foxes", "…the,quick,brown,fox"] {
      #expect(query.match(in: text)?.isExact == true)
    }
    let spelled = "xx The QUICK\n brown — fox!"
    #expect(excerpt(spelled, query.match(in: spelled)) == "The QUICK\n brown — fox")
    #expect(query.match(in: "the quick red fox, brown") == nil)
    #expect(query.match(in: "") == nil)
    let chinese = try TextQuery("中文 文本", SearchSettings(containment: nil))
    let sentence = "这是中文文本。"
    #expect(excerpt(sentence, chinese.match(in: sentence)) == "中文文本")
    let greek = try TextQuery("ΣΟΦΙΑ", SearchSettings(containment: nil))
    #expect(greek.match(in: "η σοφια")?.isExact == true)
    #expect(try TextQuery("kelvin", SearchSettings(containment: nil)).match(in: "\u{212A}elvin") != nil)
    #expect(throws: MartletError.self) { try TextQuery(" … ") }
    #expect(throws: MartletError.self) { try TextQuery("a", SearchSettings(containment: 0)) }
  }

  @Test("agrees with searching folded strings", arguments: 0..<4)
  func equalsPlainSearch(seed: Int) throws {
    var samples = SampleTexts(seed: UInt64(seed), vocabulary: 5)
    var hits = 0
    for _ in 0..<400 {
      let text = samples.text(samples.number(0..<60))
      let wanted = samples.text(samples.number(1..<4))
      let written = samples.number(0..<2) == 0 ? text.uppercased() : text
      let match = try TextQuery(wanted, SearchSettings(containment: nil)).match(in: written)
      let expected = contains(Array(text.utf8), Array(wanted.utf8))
      #expect((match != nil) == expected)
      hits += expected ? 1 : 0
    }
    #expect(hits > 40)
  }

  private func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    text.count >= part.count && (0...text.count - part.count).contains { Array(text[$0..<$0 + part.count]) == part }
  }

  @Test("finds similar text in a long document, where it is")
  func near() throws {
    var samples = SampleTexts(seed: 9)
    let wanted = samples.text(30)
    let query = try TextQuery(wanted)
    let copy = samples.changed(wanted, words: 2)
    let (left, right) = (samples.text(500), samples.text(500))
    let text = left + " " + copy + " " + right
    let match = try #require(query.match(in: text))
    #expect(!match.isExact && match.containment >= 0.5 && match.containment < 1)
    let middle = left.utf8.count + copy.utf8.count / 2
    #expect(match.range.contains(middle))
    #expect(match.range.count < 2 * copy.utf8.count)
    #expect(query.match(in: left + right) == nil)
    // Scattered words of it are not it.
    let scattered = wanted.split(separator: " ").joined(separator: " " + samples.text(70) + " ")
    #expect(query.match(in: scattered) == nil)
  }

  @Test("gives the same on any number of threads, and the first error by order")
  func threads() throws {
    var samples = SampleTexts(seed: 10)
    let wanted = samples.text(6)
    let texts = (0..<300).map { number in
      samples.text(40) + (number % 7 == 0 ? " " + wanted.uppercased() : "") + " 中中" + samples.text(40)
    }
    let search = DocumentSearch(try TextQuery(wanted))
    func run(_ threads: Int, failing: Int? = nil) throws -> [FoundDocument] {
      try search.search(blocks: 30, threads: threads) { block, document in
        if let failing, block >= failing { throw MartletError(.inputOutput, "block \(block)") }
        for number in block * 10..<block * 10 + 10 {
          var text = texts[number]
          text.withUTF8 { document(UInt64(number), $0) }
        }
      }
    }
    let found = try run(1)
    let expected: [UInt64] = (0..<300).filter { $0 % 7 == 0 }.map { UInt64($0) }
    let exact = found.filter(\.match.isExact)
    #expect(exact.map(\.ordinal) == expected)
    #expect(exact.allSatisfy { $0.excerpt.lowercased().contains(wanted) })
    #expect(try run(2) == found)
    #expect(try run(5) == found)
    #expect(throws: MartletError(.inputOutput, "block 11")) { try run(5, failing: 11) }
  }
}
