import Core
import Documents
import Testing

@Suite struct JSONFormatTests {
  private let lines = JSONFormat(container: .lines)

  @Test(arguments: [1, 10, 1 << 16]) func linesOfJSONAreDocuments(chunk: Int) throws {
    let text = """
      {"text":"one"}
      {"id":7,"text":"two\\nthree \\ud83d\\ude42","meta":{"a":[1,{"b":null}]}}

      {"text":"four"}
      """
    let result = try read(lines, text, named: "a.jsonl", chunk: chunk)
    #expect(result.texts == ["one", "two\nthree 🙂", "four"] && result.records == 3)
    #expect(result.documents.map(\.provenance.place) == ["line 1", "line 2", "line 4"])
    #expect(try read(lines, byteOrderMark + Array(#"{"text":"x"}"#.utf8), chunk: chunk).texts == ["x"])
  }

  @Test func fieldsAreNamedByPaths() throws {
    let fields = TextFields(
      text: .field("body.text"),
      attributes: ["label": "label", "language": "body.lang", "none": "none", "dotted": "dotted.key"], id: "id",
      url: "meta.url",
      licence: "licence", date: "meta.date")
    let text = #"""
      {"id": 12, "body": {"lang": "de", "text": "Hallo"}, "meta": {"url": "http://a/b", "date": "2024-01-02"}, "licence": "CC-BY-4.0", "label": [1, 2.50], "dotted.key": null, "other": {"text": 1}}
      """#
    let document = try #require(try read(JSONFormat(mapping: TextMapping(fields: fields)), text).documents.first)
    #expect(document.text == "Hallo")
    #expect(
      document.provenance
        == Provenance(
          input: "in", place: "line 1, id 12", url: "http://a/b", licence: "CC-BY-4.0", date: "2024-01-02"))
    #expect(
      document.attributes == [
        "label": .array([.number("1"), .number("2.50")]), "language": .string("de"), "dotted": .null,
      ])
  }

  @Test func templatesJoinFields() throws {
    let fields = TextFields(text: try TextTemplate(parsing: "{{{title}}}\n{meta.n}: {body}"))
    let mapping = JSONFormat(mapping: TextMapping(fields: fields))
    let result = try read(mapping, #"{"title":"T","body":"B","meta":{"n":7}}"# + "\n" + #"{"title":"T"}"#)
    #expect(result.texts == ["{T}\n7: B"] && result.reasons == ["no_text"])
    for wrong in ["", "no field", "{", "{}", "a}", "{a}}", "{a"] {
      let error = #expect(throws: MartletError.self) { try TextTemplate(parsing: wrong) }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func unfitLinesAreCountedByReason() throws {
    let text = [
      #"{"text":"good"}"#, "not json", #"{"text":"open"#, #"["text"]"#, "7", #"{"title":"x"}"#, #"{"text":7}"#,
      #"{"text":null}"#, "{\"text\":\"a\u{0}b\"}", #"{"text":"a\u0000b"}"#, #"{"text":"  \n"}"#, #"{"text":"\ud800"}"#,
      #"{"text":"x"} trailing"#, "{\"text\":\"\(String(repeating: "y", count: 2000))\"}",
      "{\"text\":" + String(repeating: "[", count: 1000) + "}", #"{"a":"\x","text":"x"}"#, #"{"a":"\u12","text":"x"}"#,
      #"{"a":01,"text":"x"}"#, #"{"a":"\#t","text":"x"}"#, #"{"text":"last"}"#,
    ].joined(separator: "\n")
    let result = try read(JSONFormat(container: .lines, longest: 1500), text, named: "data.jsonl")
    #expect(result.texts == ["good", "\u{FFFD}", "last"])
    #expect(result.documents[1].attributes == [TextRules.repairedAttribute: .bool(true)])
    #expect(result.records == 20)
    var counts: [String: Int] = [:]
    for reason in result.reasons { counts[reason, default: 0] += 1 }
    #expect(
      counts == [
        "not_json": 7, "not_an_object": 2, "no_text": 1, "text_not_a_string": 2, "nul_bytes": 2, "empty": 1,
        "too_long": 1, "nested_too_deep": 1,
      ])
    #expect(result.skips[0] == Skip(reason: "not_json", place: "data.jsonl, line 2", sample: "not json"))
    #expect(result.skips.contains { $0.reason == "too_long" && $0.place == "data.jsonl, line 14" })
  }

  @Test func brokenUTF8AndHalvesOfSurrogatePairsAreRepairedOrDropped() throws {
    let broken = Array(#"{"text":"a"#.utf8) + [0xE4, 0xB8, 0x62, 0xFF] + Array(#"c"}"#.utf8)
    let half = Array(#"{"text":"a\ud83d b\ude42\ud83d\u0041\ud83d\ude42"}"#.utf8)
    let whole = Array(#"{"id":"\ud83d","text":"whole"}"#.utf8)
    let text = broken + [0x0A] + half + [0x0A] + whole
    let repaired = try read(lines, text)
    #expect(repaired.texts == ["a\u{FFFD}b\u{FFFD}c", "a\u{FFFD} b\u{FFFD}\u{FFFD}A🙂", "whole"])
    #expect(repaired.documents.map(\.attributes.count) == [1, 1, 0])
    let drop = JSONFormat(container: .lines, mapping: TextMapping(rules: TextRules(brokenUTF8: .drop)))
    let dropped = try read(drop, text)
    #expect(dropped.texts == ["whole"] && dropped.reasons == ["broken_utf8", "broken_utf8"])
  }

  /// A line of 1 GiB is passed over without being held, and so is an element of an array.
  @Test(arguments: [JSONFormat.Container.lines, .array]) func hugeRecordsAreSkipped(
    container: JSONFormat.Container
  ) throws {
    final class Huge: ByteInput {
      private var parts: Int
      private let start: [UInt8]
      private let end: [UInt8]
      private let middle = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 18)
      init(_ parts: Int, start: String, end: String) {
        self.parts = parts + 2
        self.start = Array(start.utf8)
        self.end = Array(end.utf8)
      }
      func read() -> [UInt8] {
        defer { parts -= 1 }
        return parts <= 0 ? [] : parts == 1 ? end : start.count > 0 && isFirst ? first() : middle
      }
      private var isFirst = true
      private func first() -> [UInt8] {
        isFirst = false
        return start
      }
    }
    let isArray = container == .array
    let input = Huge(
      4096, start: (isArray ? "[" : "") + #"{"text":"a"}"# + (isArray ? "," : "\n") + #"{"text":""#,
      end: #""}"# + (isArray ? "," : "\n") + #"{"text":"b"}"# + (isArray ? "]" : ""))
    let format = JSONFormat(container: container, longest: 1 << 20)
    var reader = try format.reader(input, named: "huge")
    var result = ReadResult()
    while let event = try reader.next() { try result.take(event, format) }
    #expect(result.texts == ["a", "b"] && result.reasons == ["too_long"])
    #expect(result.skips[0].place == (isArray ? "huge, element 2" : "huge, line 2"))
  }

  @Test func deepNestingIsCounted() throws {
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    let text = "{\"a\":\(deep),\"text\":\"x\"}\n{\"text\":\"y\"}"
    let result = try read(lines, text)
    #expect(result.texts == ["y"] && result.reasons == ["nested_too_deep"])
    let elements = try read(JSONFormat(container: .array), "[{\"a\":\(deep),\"text\":\"x\"}, {\"text\":\"y\"}]")
    #expect(elements.texts == ["y"] && elements.reasons == ["nested_too_deep"])
  }

  @Test(arguments: [1, 2, 7, 1 << 16]) func elementsOfArraysAreDocuments(chunk: Int) throws {
    let objects = [#"{"text":"a, ]}\" [{"}"#, #"{ "x": [1,{"y":[]}], "text" : "b" }"#, #"{"text":"c\\"}"#]
    let expected = ["a, ]}\" [{", "b", "c\\"]
    let array = " [ " + objects.joined(separator: " ,\n ") + " ] "
    for format in [JSONFormat(container: .array), JSONFormat()] {
      let result = try read(format, array, chunk: chunk)
      #expect(result.texts == expected && result.skips.isEmpty)
      #expect(result.documents.map(\.provenance.place) == ["element 1", "element 2", "element 3"])
    }
    let member = JSONFormat(container: .member("data"))
    let object = #"{"version": "1\"", "x": {"data": [{"text":"no"}]}, "d\u0061ta":"# + array + #","n":[1,2]}"#
    let result = try read(member, object, chunk: chunk)
    #expect(result.texts == expected)
    #expect(result.documents.map(\.provenance.place) == ["data 1", "data 2", "data 3"])
    #expect(try read(member, byteOrderMark + Array(object.utf8), chunk: chunk).texts == expected)
    #expect(try read(JSONFormat(container: .array), " [ \n ] ", chunk: chunk).records == 0)
    #expect(try read(JSONFormat(container: .array), "[1, ]", chunk: chunk).reasons == ["not_an_object", "not_json"])
    #expect(try read(JSONFormat(), #"{"text":"line"}"#, chunk: chunk).texts == ["line"])
  }

  @Test func whatIsNoArrayIsAnErrorAndWhatIsCutOffIsCounted() throws {
    func message(_ container: JSONFormat.Container, _ text: String) -> String? {
      #expect(throws: MartletError.self) { try read(JSONFormat(container: container), text, named: "a.json") }?.message
    }
    #expect(message(.array, #"{"a":1}"#)?.contains("expected an array") == true)
    #expect(message(.member("data"), "[1]")?.contains("expected an object") == true)
    #expect(message(.member("data"), #"{"a":[1],"b":2}"#)?.contains("no array under the key \"data\"") == true)
    #expect(message(.member("data"), #"{"data":7}"#)?.contains("no array under the key") == true)
    #expect(message(.array, #"[1}"#) != nil)
    let cut = try read(JSONFormat(container: .array), #"[{"text":"a"},{"text":"b"#)
    #expect(cut.texts == ["a"] && cut.reasons == ["cut_off"] && cut.skips[0].sample == #"{"text":"b"#)
  }
}
