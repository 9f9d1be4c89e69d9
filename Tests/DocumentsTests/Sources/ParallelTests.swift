import Core
import Documents
import Foundation
import TestSupport
import Testing

@Suite struct ParallelTests {
  private let german = ParallelText(source: "de", target: "en")

  private func pairs(_ source: String, _ target: String, _ text: ParallelText? = nil, chunk: Int = 5) throws
    -> ReadResult
  {
    let files = ParallelFiles(text ?? german)
    var reader = files.reader(
      (MemoryInput(Array(source.utf8), pieceSize: chunk), "a.de"),
      (MemoryInput(Array(target.utf8), pieceSize: chunk + 2), "a.en")
    )
    var result = ReadResult()
    while let event = try reader.next() {
      result.records += 1
      switch event {
      case .skip(let skip): result.skips.append(skip)
      case .record(let record):
        let extraction = files.extract(record)
        result.documents += extraction.documents
        result.skips += extraction.skips
      }
    }
    return result
  }

  private func translation(_ german: String, _ english: String) -> JSONValue {
    .object(["de": .string(german), "en": .string(english)])
  }

  @Test func linesOfTwoFilesArePairs() throws {
    let result = try pairs("Ein Hund.\r\nZwei Katzen.\n", "A dog.\nTwo cats.")
    #expect(result.texts == ["Ein Hund.\nA dog.", "Zwei Katzen.\nTwo cats."])
    #expect(result.documents[1].attributes == ["translation": translation("Zwei Katzen.", "Two cats.")])
    #expect(result.documents[1].provenance == Provenance(input: "a.de", place: "line 2"))
  }

  @Test func filesOfDifferentLengthsAreAnErrorWithBothCounts() throws {
    for (source, target, counts) in [("a\nb\nc\nd\n", "a\n", [4, 1]), ("x\n", "y\n\n\n", [1, 3]), ("", "y", [0, 1])] {
      let error = #expect(throws: MartletError.self) { try pairs(source, target) }
      #expect(error?.code == .mismatch)
      #expect(
        error?.message == "a.de has \(counts[0]) lines and a.en has \(counts[1]), so they are no pairs of lines")
    }
  }

  @Test func pairsThatAreNoTranslationsAreCounted() throws {
    let long = String(repeating: "word ", count: 20)
    let source = ["", "Wort", "same text here", "kurz", "\(long)", "NUL \u{0}", "gut"].joined(separator: "\n")
    let target = ["x", " ", " same text here", long, "far too short", "x", "good"].joined(separator: "\n")
    let result = try pairs(source, target)
    #expect(result.texts == ["gut\ngood"])
    #expect(
      result.reasons == ["empty_side", "empty_side", "same_text", "length_ratio", "length_ratio", "nul_bytes"])
    let lenient = try pairs(source, target, ParallelText(source: "de", target: "en", quality: nil))
    #expect(lenient.reasons == ["empty_side", "empty_side", "nul_bytes"])
    // Chinese says as much with fewer characters.
    let quality = ParallelQuality(longestRatio: 2)
    #expect(quality.fault("他们在公园里踢足球。", "They are playing football in the park.") == nil)
    #expect(quality.fault("они играют в футбол в парке", "They are playing football in the park.") == nil)
  }

  @Test func tablesAndObjectsHavePairsToo() throws {
    let table = try read(
      ParallelTable(german, sourceColumn: 3, targetColumn: 1), "A dog.\tx\tEin Hund.\ty\n\nshort\tz\n")
    #expect(table.documents.map { $0.attributes["translation"] } == [translation("Ein Hund.", "A dog.")])
    #expect(table.reasons == ["too_few_fields"])
    let format = JSONFormat(
      mapping: ParallelMapping(german, fields: TextFields(attributes: ["topic": "topic"], id: "id")))
    let lines = [
      #"{"id":"7","topic":"t","translation":{"de":"Ein Hund.","en":"A dog.","fr":"Un chien."}}"#,
      #"{"translation":{"de":"x"}}"#, #"{"translation":{"de":"x","en":7}}"#, #"{"translation":"x"}"#, "[",
    ]
    let objects = try read(format, lines.joined(separator: "\n"))
    #expect(
      objects.documents.first?.attributes == ["topic": .string("t"), "translation": translation("Ein Hund.", "A dog.")])
    #expect(objects.documents.first?.provenance.place == "line 1, id 7")
    #expect(objects.reasons == ["no_text", "text_not_a_string", "no_text"] + (objects.reasons.dropFirst(3)))
    let flat = JSONFormat(container: .lines, mapping: ParallelMapping(german, field: nil))
    #expect(try read(flat, #"{"de":"Ja.","en":"Yes."}"#).texts == ["Ja.\nYes."])
  }

  @Test(arguments: [7, 1 << 16]) func translationMemoriesAreRead(chunk: Int) throws {
    let text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE tmx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>
      <tmx version="1.4"><header srclang="en-US"/><body>
      <tu tuid="1"><note>n</note><tuv xml:lang="EN-us"><seg>A <bpt i="1">&lt;b></bpt>dog<ept i="1">&lt;/b></ept> &amp; a <hi>cat</hi>.</seg></tuv>
      <tuv xml:lang="de_DE"><prop>p</prop><seg>Ein Hund und eine Katze.</seg></tuv></tu>
      <tu><tuv lang="en"><seg>Only English</seg></tuv></tu>
      <tu><tuv xml:lang="en"><seg>&b;</seg></tuv><tuv xml:lang="de"><seg>x</seg></tuv></tu>
      <tu><tuv xml:lang="en"><seg>broken</tuv></tu>
      <tu ><tuv xml:lang="en"><seg>Yes.</seg></tuv><tuv xml:lang="de"><seg>Ja.</seg></tuv></tu>
      </body></tmx>
      """
    let result = try read(TranslationMemory(german), text, named: "m.tmx", chunk: chunk)
    #expect(result.texts == ["Ein Hund und eine Katze.\nA dog & a cat.", "Ja.\nYes."])
    #expect(result.reasons == ["no_text", "not_xml", "not_xml"])
    let error = #expect(throws: MartletError.self) { try read(TranslationMemory(german), [0xFF, 0xFE, 0x3C, 0]) }
    #expect(error?.code == .unsupported)
    let deep = String(repeating: "<hi>", count: 100_000)
    let nested = "<tu><tuv xml:lang=\"en\"><seg>\(deep)</seg></tuv></tu>"
    #expect(try read(TranslationMemory(german), nested).reasons == ["not_xml"])
  }
}
