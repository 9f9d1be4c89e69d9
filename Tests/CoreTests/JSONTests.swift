import Core
import TestSupport
import Testing

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8), name: "a.json") }

  @Test func readsAndWritesEveryKindOfValue() throws {
    let text =
      #"{"z":null,"a":[true,false,-0.5e+3,12345678901234567890,[]],"é":"\"\\\n\u0001 \ud83d\ude00/","o":{},"\u007f":1e-05}"#
    let value = try parse(text)
    #expect(value.text() == text.replacing(#"\ud83d\ude00"#, with: "😀").replacing(#"\u007f"#, with: "\u{7F}"))
    #expect(try parse(value.text(indent: 2)) == value)
    #expect(value.objectValue?.keys == ["z", "a", "é", "o", "\u{7F}"])
    #expect(value.objectValue?["a"]?.arrayValue?[2].doubleValue == -500)
    #expect(value.objectValue?["a"]?.arrayValue?[3].integerValue == nil)
    #expect(value.objectValue?["\u{7F}"]?.doubleValue == 1e-05)
    #expect(try parse(#""\/\b\f""#) == .string("/\u{8}\u{C}"))
  }

  @Test func indentsLikePython() throws {
    #expect(
      try parse(#"{"b": [1, {"c": []}], "a": {}}"#).text(indent: 2)
        == "{\n  \"b\": [\n    1,\n    {\n      \"c\": []\n    }\n  ],\n  \"a\": {}\n}")
    let sorted = try #require(try parse(#"{"b":1,"B":2,"a":3}"#).objectValue).sorted
    #expect(sorted.keys == ["B", "a", "b"])
  }

  @Test func stringsWithEscapesBetweenTextReadBack() throws {
    let text = #""plain \"quoted\" and \\ then \u00e9\u00E9 \ud83d\ude00\n\r\t\b\f\/ \u001f end""#
    let value = try parse(text)
    #expect(
      value.stringValue == "plain \"quoted\" and \\ then \u{E9}\u{E9} \u{1F600}\n\r\t\u{8}\u{C}/ \u{1F} end")
    #expect(
      value.text() == #""plain \"quoted\" and \\ then "# + "\u{E9}\u{E9} \u{1F600}" + #"\n\r\t\b\f/ \u001f end""#)
  }

  @Test func objectsKeepOrderThroughGrowthChangeAndRemoval() throws {
    var object = JSONObject()
    for number in 0..<5_000 { object["key\(number)"] = .integer(number) }
    for number in stride(from: 0, to: 5_000, by: 100) { object["key\(number)"] = nil }
    object["key7"] = .string("seven")
    object["missing"] = nil
    object["key0"] = .null
    let expected = (0..<5_000).filter { $0 % 100 != 0 } + [0]
    #expect(object.keys == expected.map { "key\($0)" })
    #expect(object.members.map(\.0) == object.keys)
    #expect(
      object.members.map(\.1)
        == expected.map { $0 == 0 ? .null : $0 == 7 ? .string("seven") : .integer($0) })
    #expect(expected.allSatisfy { object["key\($0)"] != nil } && object["key100"] == nil)
    let text = JSONValue.object(object).text()
    #expect(try parse(text) == .object(object))
    let twice = text.dropLast() + ",\"key4999\":1}"
    let error = #expect(throws: MartletError.self) { try parse(String(twice)) }
    #expect(error?.message.hasPrefix("the key \"key4999\" comes twice at line 1") == true)
  }

  @Test func numbersKeepTheirMeaning() throws {
    #expect(JSONValue.double(0.1).text() == "0.1")
    #expect(JSONValue.double(1e-5).text() == "1e-05")
    #expect(JSONValue.double(3).text() == "3.0")
    #expect(JSONValue.double(.nan).text() == "null")
    for value in [1e20, Double.leastNonzeroMagnitude, -0.0, 1.7976931348623157e308, 123456.789] {
      let back = try #require(try parse(JSONValue.double(value).text()).doubleValue)
      #expect(back.bitPattern == value.bitPattern || (value == 0 && back == 0))
    }
    #expect(try parse("1e999").doubleValue == nil)
    #expect(try parse("9223372036854775807").integerValue == Int.max)
  }

  @Test func keysThatLookAlikeButDifferInBytesAreTwoKeys() throws {
    let value = try #require(try parse("{\"\u{E9}\":1,\"e\u{301}\":2}").objectValue)
    #expect(value["\u{E9}"] == .integer(1))
    #expect(value["e\u{301}"] == .integer(2))
  }

  @Test(arguments: [
    ("", "expected a value, found the end of the text at line 1, column 1"),
    ("{\n  \"a\": 1,\n  \"a\": 2}", "the key \"a\" comes twice at line 3, column 7"),
    ("[1 2]", "expected ']', found '2' at line 1, column 4"),
    ("[1,]", "expected a value, found ']' at line 1, column 4"),
    ("{\"a\":1,}", "expected a key in double quotes, found '}' at line 1, column 8"),
    ("{a:1}", "expected a key in double quotes, found 'a' at line 1, column 2"),
    ("{\"a\" 1}", "expected ':', found '1' at line 1, column 6"),
    ("01", "a number must not start with 0 at line 1, column 2"),
    ("-", "expected a digit, found the end of the text at line 1, column 2"),
    ("1.", "expected a digit, found the end of the text at line 1, column 3"),
    ("1e+", "expected a digit, found the end of the text at line 1, column 4"),
    ("NaN", "NaN is no JSON value at line 1, column 1"),
    ("nul", "expected a value, found 'n' at line 1, column 1"),
    ("\"a", "the string is not closed at line 1, column 3"),
    ("\"a\\", "the string is not closed at line 1, column 4"),
    ("\"\n\"", "a control character must be escaped at line 1, column 2"),
    ("\"\\x\"", "unknown escape in a string at line 1, column 3"),
    ("\"\\u12g4\"", "expected four hexadecimal digits after \\u at line 1, column 6"),
    ("\"\\ud800\"", "half of a surrogate pair at line 1, column 8"),
    ("\"\\ud800\\u0041\"", "half of a surrogate pair at line 1, column 14"),
    ("\"\\udc00\"", "half of a surrogate pair at line 1, column 8"),
    ("1 x", "expected the end of the text, found 'x' at line 1, column 3"),
    ("\u{1}", "expected a value, found the byte 1 at line 1, column 1"),
  ]) func refusesWhatIsNoJSON(text: String, message: String) {
    let error = #expect(throws: MartletError.self) { try parse(text) }
    #expect(error?.message == message)
    #expect(error?.code == .malformedFile)
    #expect(error?.place == "a.json")
  }

  @Test func refusesBrokenUTF8AndDeepNesting() throws {
    let broken = #expect(throws: MartletError.self) {
      try JSONValue(parsing: [0x22, 0x61, 0xC3, 0x28, 0x22], name: "a.json")
    }
    #expect(broken?.message == "the string is not valid UTF-8 at line 1, column 2")
    for opening in ["[", "{\"a\":"] {
      let deep = #expect(throws: MartletError.self) { try parse(String(repeating: opening, count: 100_000)) }
      #expect(deep?.message.hasPrefix("nesting deeper than 128 at line 1") == true)
    }
    #expect(throws: Never.self) {
      try parse(String(repeating: "[", count: 128) + String(repeating: "]", count: 128))
    }
  }

  @Test func mutatedTextNeverCrashes() {
    let seed = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",true,null],"b":{"c":false,"d":[{}]}}"#.utf8)
    var random = RandomStream(RandomKey(seed: 11))
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = seed
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(seed[Int.random(in: 0..<seed.count, using: &random)], at: place)
        }
      }
      let isSkipped = bytes.withUnsafeBytes { bytes in
        var reader = JSONReader(bytes, name: "a.json")
        return (try? reader.skip()) != nil && (try? reader.end()) != nil
      }
      do {
        let value = try JSONValue(parsing: bytes, name: "a.json")
        #expect(isSkipped)
        // What is accepted reads back as the same.
        #expect((try? JSONValue(parsing: Array(value.text().utf8), name: "b.json")) == value)
        accepted += 1
      } catch {
        // Text that is passed over is not decoded, and keys are not compared.
        let message = (error as? MartletError)?.message ?? ""
        #expect(!isSkipped || ["not valid UTF-8", "surrogate", "comes twice"].contains { message.contains($0) })
      }
    }
    #expect(accepted > 100)
  }

  @Test func fieldsNameFileKeyExpectedAndFound() throws {
    let object = try #require(
      try parse(
        #"{"n_layer": "six", "n_head": 0, "p": 1.5, "tie": 1, "act": "relu6", "names": ["a", 1], "sub": {"k": []}, "no": null, "parts": [{"id": 1}, {"id": "x"}], "mixed": [{}, 7]}"#
      ).objectValue)
    let fields = JSONFields(object, file: "config.json")
    func message(_ body: () throws -> Void) -> String? {
      let error = #expect(throws: MartletError.self, performing: body)
      #expect(error?.place == "config.json")
      return error?.message
    }
    #expect(
      message { _ = try fields.integer("n_layer") } == "key n_layer must be a positive integer, found \"six\"")
    #expect(message { _ = try fields.integer("n_head") } == "key n_head must be a positive integer, found 0")
    #expect(message { _ = try fields.integer("p") } == "key p must be a positive integer, found 1.5")
    #expect(message { _ = try fields.number("p", in: 0...1) } == "key p must be a number from 0.0 to 1.0, found 1.5")
    #expect(message { _ = try fields.bool("tie") } == "key tie must be true or false, found 1")
    #expect(
      message { _ = try fields.string("act", choices: ["gelu", "relu"]) }
        == "key act must be one of \"gelu\", \"relu\", found \"relu6\"")
    #expect(message { _ = try fields.strings("names") } == "key names must be an array of strings, found an array")
    #expect(
      message { _ = try fields.fields("sub").integer("k", in: 0...9) }
        == "key sub.k must be an integer from 0 to 9, found an array")
    #expect(message { _ = try fields.string("none") } == "key none must be a string, it is missing")
    #expect(message { _ = try fields.string("no") } == "key no must be a string, found null")
    let parts = try fields.objects("parts")
    #expect(try parts[0].integer("id") == 1)
    #expect(
      message { _ = try parts[1].integer("id") } == "key parts[1].id must be a positive integer, found \"x\"")
    #expect(message { _ = try fields.objects("mixed") } == "key mixed[1] must be an object, found 7")
    #expect(message { _ = try fields.objects("p") } == "key p must be an array of objects, found 1.5")
    #expect(message { _ = try fields.objects("none") } == "key none must be an array of objects, it is missing")
    #expect(try fields.objects("no", default: []).isEmpty)
    #expect(try fields.integer("none", default: 7) == 7)
    #expect(try fields.integer("no", default: 7) == 7)
    #expect(try fields.number("n_head") == 0)
  }
}
