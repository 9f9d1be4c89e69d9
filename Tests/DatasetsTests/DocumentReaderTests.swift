import Core
import Datasets
import Documents
import Foundation
import TestSupport
import Testing

@Suite struct DocumentReaderTests {
  /// The documents of one file, and what became of the rest.
  private func documents(
    _ content: [UInt8], named name: String = "data.txt", _ change: (inout DataSettings) -> Void = { _ in }
  ) throws -> (texts: [String], report: SkipReport) {
    try withTemporaryFolder { folder in
      let path = folder + "/" + name
      try Data(content).write(to: URL(fileURLWithPath: path))
      var settings = DataSettings(sources: [path], tokenizer: .character)
      change(&settings)
      var preparation = DataPreparation(settings, folder: folder + "/out")
      var warnings: [String] = []
      let files = try preparation.inspect(settings.corpus, &warnings)
      var reader = DocumentReader()
      var texts: [String] = []
      var current: [UInt8] = []
      try reader.read(.files(files)) { part in
        #expect(part.ordinal == texts.count)
        current += part.bytes
        guard part.endsDocument else { return }
        texts.append(try #require(String(validating: current, as: UTF8.self)))
        current = []
      }
      #expect(reader.report.read == reader.report.written + reader.report.skipped.values.reduce(0, +))
      #expect(reader.report.written == texts.count)
      return (texts, reader.report)
    }
  }

  private func reasons(_ counts: [SkipReason: Int]) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
  }

  private func lines(_ text: String, _ change: (inout DataSettings) -> Void = { _ in }) throws -> (
    texts: [String], report: SkipReport
  ) {
    try documents(Array(text.utf8), named: "data.jsonl", change)
  }

  @Test func aFileIsADocument() throws {
    let (texts, report) = try documents(Array("one\n\ntwo\n".utf8))
    #expect(texts == ["one\n\ntwo\n"] && report.skipped.isEmpty)
  }

  @Test func byteOrderMarkIsNoText() throws {
    let content: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("a\n\nb".utf8)
    #expect(try documents(content).texts == ["a\n\nb"])
    #expect(try documents(content) { $0.division = .blankLines }.texts == ["a", "b"])
    let line = [0xEF, 0xBB, 0xBF] + Array(#"{"text":"x"}"#.utf8)
    #expect(try documents(line, named: "x.jsonl").texts == ["x"])
  }

  @Test func blankLinesDivide() throws {
    let text = "\n\n one\ntwo\n \t\n\nthree\r\n\r\nfour"
    let (texts, _) = try documents(Array(text.utf8)) { $0.division = .blankLines }
    #expect(texts == [" one\ntwo", "three\r", "four"])
  }

  @Test(arguments: ["<|endoftext|>", "\n---\n", "aa", "x"])
  func separatorsDivide(separator: String) throws {
    let expected = ["one", "two\nthree", "four  "]
    let text = expected.joined(separator: separator)
    let (texts, _) = try documents(Array(text.utf8)) { $0.division = .separator(separator) }
    #expect(texts == expected)
  }

  @Test func separatorsAcrossReadsAreFound() throws {
    // Pieces of many lengths, so that separators fall on the edges of what is read at once.
    let expected = (0..<300).map { index in String(repeating: "abcdefg ", count: 300 + index % 17) + "\(index)" }
    let text = expected.joined(separator: "\n=====\n")
    #expect(try documents(Array(text.utf8)) { $0.division = .separator("\n=====\n") }.texts == expected)
  }

  @Test func linesOfJSONAreDocuments() throws {
    let text = """
      {"text":"one"}
      {"id":7,"text":"two\\nthree \\ud83d\\ude42","meta":{"a":[1,{"b":null}]}}

      {"text":"four"}
      """
    let (texts, report) = try lines(text)
    #expect(texts == ["one", "two\nthree 🙂", "four"] && report.read == 3)
  }

  @Test func theTextFieldCanBeNamed() throws {
    let (texts, _) = try lines(#"{"text":"no","content":"yes"}"#) { $0.textField = "content" }
    #expect(texts == ["yes"])
  }

  @Test func unfitLinesAreCountedByReason() throws {
    let text = [
      #"{"text":"good"}"#, "not json", #"{"text":"open"#, #"["text"]"#, "7", #"{"title":"x"}"#, #"{"text":7}"#,
      #"{"text":null}"#, "{\"text\":\"a\u{0}b\"}", #"{"text":"a\u0000b"}"#, #"{"text":"  \n"}"#, #"{"text":"\ud800"}"#,
      #"{"text":"x"} trailing"#, "{\"text\":\"\(String(repeating: "y", count: 2000))\"}",
      "{\"text\":" + String(repeating: "[", count: 1000) + "}", #"{"text":"last"}"#,
    ].joined(separator: "\n")
    let (texts, report) = try lines(text) { $0.rules.longest = 1500 }
    #expect(texts == ["good", "\u{FFFD}", "last"])
    #expect(report.read == 16)
    #expect(
      report.skipped
        == reasons([
          .notJSON: 3, .nestedTooDeep: 1, .notAnObject: 2, .noText: 1, .textNotAString: 2, .nulBytes: 2, .empty: 1,
          .tooLong: 1,
        ]))
    let first = try #require(report.examples.first { $0.reason == "not_json" })
    #expect(first.place.hasSuffix("data.jsonl, line 2"))
    #expect(report.examples.contains { $0.reason == "too_long" && $0.place.hasSuffix("line 14") })
  }

  @Test func brokenUTF8IsRepairedOrDropped() throws {
    let broken: [UInt8] = Array("a".utf8) + [0xE4, 0xB8] + Array("b".utf8) + [0xFF, 0xC0, 0x80] + Array("c".utf8)
    let repaired = try documents(broken)
    #expect(repaired.texts == ["a\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}c"])
    #expect(repaired.report.repaired == 1)
    #expect(repaired.report.examples.first?.place.hasSuffix("data.txt, whole text") == true)
    let dropped = try documents(broken) { $0.rules.brokenUTF8 = .drop }
    #expect(dropped.texts.isEmpty && dropped.report.skipped == reasons([.brokenUTF8: 1]))
    for division in [TextFormat.Division.blankLines, .separator("|")] {
      let text = Array("good".utf8) + (division == .blankLines ? [0x0A, 0x0A] : [0x7C]) + broken
      #expect(try documents(text) { $0.division = division }.texts == ["good"] + repaired.texts)
      let kept = try documents(text) {
        $0.division = division
        $0.rules.brokenUTF8 = .drop
      }
      #expect(kept.texts == ["good"] && kept.report.skipped == reasons([.brokenUTF8: 1]))
    }
    let line = Array(#"{"text":""#.utf8) + broken + Array(#""}"#.utf8)
    #expect(try documents(line, named: "a.jsonl").texts == repaired.texts)
  }

  /// Programs that cut text into pieces of UTF-16 write halves of surrogate pairs.
  @Test func halvesOfSurrogatePairsAreRepairedOrDropped() throws {
    let text = #"{"text":"a\ud83d b\ude42\ud83d\u0041\ud83d\ude42"}"# + "\n" + #"{"id":"\ud83d","text":"whole"}"#
    let repaired = try lines(text)
    #expect(repaired.texts == ["a\u{FFFD} b\u{FFFD}\u{FFFD}A🙂", "whole"])
    #expect(repaired.report.repaired == 1 && repaired.report.skipped.isEmpty)
    #expect(repaired.report.examples.map(\.reason) == ["repaired_utf8"])
    let dropped = try lines(text) { $0.rules.brokenUTF8 = .drop }
    #expect(dropped.texts == ["whole"] && dropped.report.skipped == reasons([.brokenUTF8: 1]))
  }

  @Test(arguments: [1, 2, 5, 30]) func limitsBelowTheSeparatorLeaveOutWhatIsLonger(limit: Int) throws {
    let separator = "<|a long separator|>"
    let text = ["x", "yyyy", String(repeating: "z", count: 300_000), "w"].joined(separator: separator)
    let (texts, report) = try documents(Array(text.utf8)) {
      $0.division = .separator(separator)
      $0.rules.longest = limit
    }
    #expect(texts == (limit < 4 ? ["x", "w"] : ["x", "yyyy", "w"]))
    #expect(report.skipped == reasons([.tooLong: limit < 4 ? 2 : 1]))
  }

  @Test func nulBytesAndBlankFilesAreLeftOut() throws {
    #expect(try documents([0x61, 0, 0x62]).report.skipped == reasons([.nulBytes: 1]))
    #expect(try documents([0xFF, 0xFE, 0x61, 0]).report.skipped == reasons([.nulBytes: 1]))
    #expect(try documents(Array(" \n\t".utf8)).report.skipped == reasons([.empty: 1]))
    #expect(try documents([]).report.skipped == reasons([.empty: 1]))
    #expect(try documents([]) { $0.division = .blankLines }.report.read == 0)
  }

  @Test func longTextComesInPartsAndWhole() throws {
    var random = RandomStream(RandomKey(seed: 9))
    let words = ["the ", "river\n", "桥长,", "🙂", "  ", "\u{3000}", "\n\n", "x"]
    var text = ""
    while text.utf8.count < 5 << 20 { text += words.randomElement(using: &random) ?? "" }
    #expect(try documents(Array(text.utf8)).texts == [text])
    let unbroken = String(repeating: "中", count: 10 << 20 / 3)
    #expect(try documents(Array(unbroken.utf8)).texts == [unbroken])
    let line = #"{"text":""# + String(repeating: "word ", count: 1 << 19) + #""}"#
    #expect(try lines(line).texts.first?.utf8.count == 5 << 19)
  }

  @Test func repairInPartsIsRepairOfTheWhole() throws {
    var random = RandomStream(RandomKey(seed: 10))
    var bytes: [UInt8] = []
    while bytes.count < 5 << 18 { bytes.append(UInt8.random(in: 1...255, using: &random)) }
    let expected = String(decoding: bytes, as: UTF8.self)
    #expect(try documents(bytes).texts.map { Array($0.utf8) } == [Array(expected.utf8)])
  }

  @Test func fileThatChangesIsNoticed() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try Data("one".utf8).write(to: URL(fileURLWithPath: path))
      let settings = DataSettings(sources: [path], tokenizer: .character)
      var preparation = DataPreparation(settings, folder: folder + "/out")
      var warnings: [String] = []
      let files = try preparation.inspect(settings.corpus, &warnings)
      try Data("two".utf8).write(to: URL(fileURLWithPath: path))
      var reader = DocumentReader()
      let error = try #require(throws: MartletError.self) { try reader.read(.files(files)) { _ in } }
      #expect(error.message.contains("changed") && error.place == path)
    }
  }
}
