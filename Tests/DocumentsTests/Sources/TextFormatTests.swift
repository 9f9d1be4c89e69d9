import Core
import Documents
import Testing

@Suite struct TextFormatTests {
  @Test func anInputIsADocument() throws {
    let result = try read(TextFormat(), "one\n\ntwo\n", named: "a.txt")
    #expect(result.texts == ["one\n\ntwo\n"] && result.skips.isEmpty)
    #expect(result.documents[0].provenance == Provenance(input: "a.txt", place: "whole text"))
  }

  @Test(arguments: [1, 2, 3, 1 << 16]) func byteOrderMarkIsNoText(chunk: Int) throws {
    let content = byteOrderMark + Array("a\n\nb".utf8)
    #expect(try read(TextFormat(), content, chunk: chunk).texts == ["a\n\nb"])
    #expect(try read(TextFormat(division: .blankLines), content, chunk: chunk).texts == ["a", "b"])
    #expect(try read(TextFormat(division: .separator("b")), content, chunk: chunk).texts == ["a\n\n"])
    #expect(try read(TextFormat(dropsFrontMatter: true), content, chunk: chunk).texts == ["a\n\nb"])
  }

  @Test func blankLinesDivide() throws {
    let result = try read(TextFormat(division: .blankLines), "\n\n one\ntwo\n \t\n\nthree\r\n\r\nfour")
    #expect(result.texts == [" one\ntwo", "three\r", "four"])
    #expect(result.documents.map(\.provenance.place) == ["line 3", "line 7", "line 9"])
  }

  @Test(arguments: ["<|endoftext|>", "\n---\n", "aa", "x"])
  func separatorsDivide(separator: String) throws {
    let expected = ["one", "two\nthree", "four  "]
    for chunk in [1, 3, 7, 1000] {
      let text = expected.joined(separator: separator)
      #expect(try read(TextFormat(division: .separator(separator)), text, chunk: chunk).texts == expected)
    }
  }

  @Test func emptySeparatorIsRefused() throws {
    let error = #expect(throws: MartletError.self) { try read(TextFormat(division: .separator("")), "x") }
    #expect(error?.code == .invalidArgument)
  }

  @Test(arguments: [997, 4096, 1 << 16]) func separatorsAcrossReadsAreFound(chunk: Int) throws {
    let expected = (0..<300).map { index in String(repeating: "abcdefg ", count: 300 + index % 17) + "\(index)" }
    let text = expected.joined(separator: "\n=====\n")
    let result = try read(TextFormat(division: .separator("\n=====\n")), text, chunk: chunk)
    #expect(result.texts == expected)
    #expect(result.documents.map(\.provenance.place) == (0..<300).map { "line \(2 * $0 + 1)" })
  }

  @Test func brokenUTF8IsRepairedOrDropped() throws {
    let broken: [UInt8] = Array("a".utf8) + [0xE4, 0xB8] + Array("b".utf8) + [0xFF, 0xC0, 0x80] + Array("c".utf8)
    let drop = TextRules(brokenUTF8: .drop)
    for division in [TextFormat.Division.file, .blankLines, .separator("|")] {
      let isFile = division == .file
      let text = isFile ? broken : Array("good".utf8) + (division == .blankLines ? [0x0A, 0x0A] : [0x7C]) + broken
      let repaired = try read(TextFormat(division: division), text)
      #expect(repaired.texts == (isFile ? [] : ["good"]) + ["a\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}c"])
      #expect(repaired.documents.last?.attributes == [TextRules.repairedAttribute: .bool(true)])
      let dropped = try read(TextFormat(division: division, rules: drop), text)
      #expect(dropped.texts == (isFile ? [] : ["good"]) && dropped.reasons == ["broken_utf8"])
    }
  }

  @Test func nulBytesAndBlankTextsAreLeftOut() throws {
    #expect(try read(TextFormat(), [0x61, 0, 0x62]).reasons == ["nul_bytes"])
    #expect(try read(TextFormat(), [0xFF, 0xFE, 0x61, 0]).reasons == ["nul_bytes"])
    #expect(try read(TextFormat(rules: TextRules(brokenUTF8: .drop)), [0xFF, 0xFE, 0x61, 0]).reasons == ["nul_bytes"])
    #expect(try read(TextFormat(), " \n\t").reasons == ["empty"])
    #expect(try read(TextFormat(), "").reasons == ["empty"])
    #expect(try read(TextFormat(division: .blankLines), "").records == 0)
  }

  @Test(arguments: [1, 2, 5, 30]) func piecesBeyondTheLimitAreLeftOut(limit: Int) throws {
    let separator = "<|a long separator|>"
    let text = ["x", "yyyy", String(repeating: "z\n", count: 150_000), "w"].joined(separator: separator)
    let format = TextFormat(division: .separator(separator), rules: TextRules(longest: limit))
    let result = try read(format, text)
    #expect(result.texts == (limit < 4 ? ["x", "w"] : ["x", "yyyy", "w"]))
    #expect(result.reasons == (limit < 4 ? ["too_long", "too_long"] : ["too_long"]))
    #expect(result.documents.last?.provenance.place == "line 150001")
    let blocks = TextFormat(division: .blankLines, rules: TextRules(longest: 8))
    #expect(try read(blocks, "1234\n678\n\na\nbcd\nefg\nh\n\nlong long long\nx\n\nok").texts == ["1234\n678", "ok"])
  }

  @Test func longTextsComeInPartsThatGoOn() throws {
    var random = RandomStream(RandomKey(seed: 9))
    let words = ["the ", "river\n", "桥长,", "🙂", "  ", "\u{3000}", "\n\n", "x"]
    var text = "begin "
    while text.utf8.count < 200_000 { text += words.randomElement(using: &random) ?? "" }
    let line = #"{"text":"# + JSONValue.string(text).text() + "}"
    for (name, format, content) in [
      ("whole", TextFormat(rules: TextRules(partSize: 1000)) as any DocumentFormat, text),
      ("beyond the limit", TextFormat(rules: TextRules(longest: 5000, partSize: 1000)), text),
      ("tiny limit", TextFormat(rules: TextRules(longest: 10, partSize: 1000)), text),
      ("JSON", JSONFormat(mapping: TextMapping(rules: TextRules(partSize: 1000))), line),
    ] {
      let result = try read(format, content, chunk: 777)
      #expect(result.wholeTexts == [text], "\(name)")
      #expect(result.documents.dropLast().allSatisfy(\.continues) && result.documents.last?.continues == false)
      #expect(result.documents.allSatisfy { $0.text.utf8.count <= 1000 && !$0.text.isEmpty })
      #expect(Set(result.documents.map(\.provenance.place)).count == result.documents.count)
    }
    let unbroken = String(repeating: "中", count: 100_000)
    let parts = try read(TextFormat(rules: TextRules(partSize: 1000)), unbroken)
    #expect(parts.wholeTexts == [unbroken] && parts.documents.count > 290)
  }

  @Test func partsEndAtParagraphsLinesOrWords() throws {
    func firstPart(_ text: String) throws -> String? {
      try read(TextFormat(rules: TextRules(partSize: 20)), text).texts.first
    }
    #expect(try firstPart("one two three.\n\nfour five\nsix seven") == "one two three.")
    #expect(try firstPart("one two three\nfour five six seven") == "one two three")
    #expect(try firstPart("one two three four five six seven") == "one two three four")
    #expect(try firstPart("河水很长。\n桥也很长很长很长") == "河水很长。")
    #expect(try firstPart("河水很长桥也很长很长很长") == "河水很长桥也")
  }

  @Test(arguments: [1, 7, 1 << 16]) func whereATextIsCutDoesNotDependOnHowItComes(chunk: Int) throws {
    // The blank line at the limit ends behind it, and one far before it must not be taken instead.
    let (a, b) = (String(repeating: "a", count: 60), String(repeating: "b", count: 38))
    let text = "\(a)\n\n\(b)\n          \n\(String(repeating: "c", count: 300))"
    let parts = try read(TextFormat(rules: TextRules(longest: 200, partSize: 100)), text, chunk: chunk)
    #expect(parts.texts.first == "\(a)\n\n\(b)")
  }

  @Test func onlyTheUnfitPartOfAVeryLongTextIsLeftOut() throws {
    var lines = (0..<400).map { "line number \($0)\n" }
    lines[200] = "line \u{0}\n"
    let rules = TextRules(longest: 1000, partSize: 500)
    let result = try read(TextFormat(rules: rules), lines.joined(), chunk: 100)
    #expect(result.reasons == ["nul_bytes"] && result.wholeTexts.count == 2)
    #expect(result.wholeTexts[0].hasPrefix("line number 0\n") && result.wholeTexts[1].hasSuffix("line number 399\n"))
    let left = result.wholeTexts.reduce(0) { $0 + $1.utf8.count }
    #expect(lines.joined().utf8.count - left <= 500)
  }

  @Test(arguments: [1, 5, 4096]) func frontMatterIsDroppedOnRequest(chunk: Int) throws {
    let text = "---\ntitle: x\n\ndate: y\n---\n# Heading\n\nText\n"
    #expect(try read(TextFormat(), text, chunk: chunk).texts == [text])
    let format = TextFormat(dropsFrontMatter: true)
    #expect(try read(format, text, chunk: chunk).texts == ["# Heading\n\nText\n"])
    let blocks = try read(TextFormat(division: .blankLines, dropsFrontMatter: true), text, chunk: chunk)
    #expect(blocks.texts == ["# Heading", "Text"])
    #expect(blocks.documents.map(\.provenance.place) == ["line 6", "line 8"])
    for whole in ["--- \nno end\n", "----\nx\n---\n", "text\n---\nx\n---\n", "---"] {
      #expect(try read(format, whole, chunk: chunk).texts == [whole])
    }
    let endless = "---\n" + String(repeating: "a: b\n", count: 50_000)
    #expect(try read(format, endless, chunk: 4096).texts == [endless])
  }

  @Test func repairInPartsIsRepairOfTheWhole() throws {
    var random = RandomStream(RandomKey(seed: 10))
    let bytes = (0..<100_000).map { _ in UInt8.random(in: 1...255, using: &random) }
    let expected = Array(String(decoding: bytes, as: UTF8.self).utf8)
    let result = try read(TextFormat(rules: TextRules(longest: 1 << 20, partSize: 4096)), bytes)
    #expect(result.wholeTexts.map { Array($0.utf8) } == [expected])
  }
}
