import Core
import Curation
import Documents
import Testing

@Suite("Decontamination")
struct DecontaminationTests {
  private func document(_ text: String) -> Document {
    Document(text: text, provenance: Provenance(input: "test", place: "line 1"))
  }

  private func item(_ name: String, _ text: String) -> EvaluationItem {
    EvaluationItem(set: "exam", name: name, text: text)
  }

  @Test("finds an item in a document, with its place, however it is written")
  func finds() throws {
    var samples = SampleTexts(seed: 1)
    let text = samples.text(30)
    let index = try EvaluationIndex([item("1", samples.text(40)), item("2", text), item("3", "too short to count")])
    #expect(index.tooShort == [2])
    let before = samples.text(50)
    let whole = before + "\n" + text.uppercased().split(separator: " ").joined(separator: ",  ") + "!\n" + before
    let found = try #require(index.contamination(of: whole))
    #expect(found.items == [1])
    #expect(found.ranges.count == 1)
    let range = try #require(found.ranges.first)
    let excerpt = String(decoding: Array(whole.utf8)[range], as: UTF8.self)
    let plain: String = excerpt.lowercased().split(whereSeparator: { $0 == " " || $0 == "," }).joined(separator: " ")
    #expect(plain == text)
    #expect(index.contamination(of: before) == nil)
    // Twelve words are no overlap, thirteen are.
    let words = text.split(separator: " ")
    let twelve: String = before + " " + words[..<12].joined(separator: " ") + " ende"
    let thirteen: String = before + " " + words[..<13].joined(separator: " ") + " ende"
    #expect(index.contamination(of: twelve) == nil)
    #expect(index.contamination(of: thirteen)?.items == [1])
  }

  @Test("finds short items as a whole, and Chinese by characters")
  func shortAndChinese() throws {
    var samples = SampleTexts(seed: 2)
    let short = samples.text(9)
    let chinese = samples.chineseText(20)
    let index = try EvaluationIndex([item("short", short), item("chinese", chinese)])
    let withShort: String = samples.text(30) + " " + short + " " + samples.text(3)
    #expect(index.contamination(of: withShort)?.items == [0])
    let withChinese: String = "x" + samples.chineseText(40) + String(chinese.dropFirst(3).prefix(14))
    #expect(index.contamination(of: withChinese)?.items == [1])
    let withLess: String = samples.chineseText(40) + String(chinese.prefix(12))
    #expect(index.contamination(of: withLess) == nil)
  }

  @Test("agrees with sets of n-grams", arguments: 0..<5)
  func equalsSets(seed: Int) throws {
    var samples = SampleTexts(seed: UInt64(seed), vocabulary: 6)
    let items = (0..<40).map { item("\($0)", samples.text(samples.number(1..<20))) }
    let index = try EvaluationIndex(items, DecontaminationSettings(wordNGram: 5, minimumTokens: 3))
    func grams(_ text: String, _ size: Int) -> Set<[Substring]> {
      let words = text.split(separator: " ")
      return words.count < size ? [] : Set((0...words.count - size).map { Array(words[$0..<$0 + size]) })
    }
    var hits = 0
    for _ in 0..<200 {
      let text = samples.text(samples.number(1..<30))
      let expected = items.indices.filter { number in
        let words = items[number].text.split(separator: " ").count
        if words < 3 { return false }
        let size = min(5, words)
        return !grams(items[number].text, size).isDisjoint(with: grams(text, size))
      }
      let found = index.contamination(of: text)?.items ?? []
      #expect(found == expected)
      hits += expected.count
    }
    #expect(hits > 50)
  }

  @Test("drops or cuts, and reports which items are in the data")
  func steps() throws {
    var samples = SampleTexts(seed: 3)
    let first = samples.text(26)
    let index = try EvaluationIndex([item("a", first), item("b", samples.text(30)), item("c", samples.text(30))])
    let half = first.split(separator: " ")[..<13].joined(separator: " ")
    let (left, right) = (samples.text(100), samples.text(100))
    let whole = "\(left) \(half) \(right)"

    let dropping = Decontamination(index)
    var counters: Counters = [:]
    var clean = document(left)
    #expect(dropping.apply(&clean, &counters) == .keep)
    #expect(counters.isEmpty)
    for _ in 0..<2 {
      var bad = document(whole)
      #expect(dropping.apply(&bad, &counters) == .drop(reason: "text of the evaluation set exam"))
    }
    let expected = ItemOverlap(set: "exam", name: "a", share: 1.0 / 14.0, documents: 2)
    #expect(dropping.overlaps() == [expected])

    let cutting = Decontamination(index, action: .cut(margin: 0, maximumCuts: 2, minimumRest: 100))
    var bad = document(whole)
    #expect(cutting.apply(&bad, &counters) == .keep)
    #expect(bad.text == "\(left)  \(right)")
    #expect(index.contamination(of: bad.text) == nil)
    var repeated = document("\(whole) \(whole) \(whole)")
    #expect(cutting.apply(&repeated, &counters) == .drop(reason: "too much text of the evaluation set exam"))
    var small = document(half + " and more")
    #expect(cutting.apply(&small, &counters) == .drop(reason: "too much text of the evaluation set exam"))
  }

  @Test("widens ranges to white space and never cuts a character")
  func widening() {
    let text = Array("aaaa bbbb cccc dddd 中中中中中中中中中中 eeee".utf8)
    text.withUnsafeBufferPointer { bytes in
      #expect(Decontamination.widened([10..<14], by: 0, in: bytes) == [10..<14])
      #expect(Decontamination.widened([10..<14], by: 3, in: bytes) == [5..<19])
      #expect(Decontamination.widened([0..<4, 10..<14], by: 3, in: bytes) == [0..<19])
      for margin in 0..<30 {
        for range in Decontamination.widened([23..<26], by: margin, in: bytes) {
          #expect(String(validating: text[range], as: UTF8.self) != nil)
          #expect(String(validating: text[..<range.lowerBound], as: UTF8.self) != nil)
        }
      }
    }
  }

  @Test("refuses sizes without sense")
  func refusals() throws {
    #expect(throws: MartletError.self) { try EvaluationIndex([], DecontaminationSettings(wordNGram: 0)) }
    #expect(throws: MartletError.self) { try EvaluationIndex([], DecontaminationSettings(characterNGram: 65)) }
    let empty = try EvaluationIndex([])
    #expect(empty.contamination(of: "any text") == nil)
  }
}
