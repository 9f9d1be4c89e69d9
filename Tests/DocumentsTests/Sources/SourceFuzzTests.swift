import Core
import Documents
import Foundation
import TestSupport
import Testing

/// Damaged inputs: no crash, each record gives a document or is counted, texts are fit, no input takes long.
@Suite(.serialized) struct SourceFuzzTests {
  private let rules = TextRules(longest: 2000, partSize: 200)

  /// Reads changed inputs in chunks of two sizes, which must give the same.
  private func check(
    _ name: String, _ format: any DocumentFormat, _ seeds: [String], _ words: [String],
    _ extra: (ReadResult) -> Void = { _ in }
  ) throws {
    var documents = 0
    let (inputs, longest) = try fuzz(name, seeds: seeds.map { Array($0.utf8) }, words: words) { bytes in
      let results = [7, 1 << 16].map { chunk in Result { try read(format, bytes, chunk: chunk) } }
      switch (results[0], results[1]) {
      case (.success(let one), .success(let other)):
        #expect(one == other)
        documents += one.documents.count
        for document in one.documents { #expect(!document.text.utf8.contains(0)) }
        for skip in one.skips { #expect(!skip.reason.isEmpty && skip.place.hasPrefix("in, ")) }
        extra(one)
      case (.failure(let one as MartletError), .failure(let other as MartletError)): #expect(one == other)
      default: Issue.record("\(results) of \(String(decoding: bytes, as: UTF8.self).debugDescription)")
      }
    }
    print("\(name): \(inputs) inputs, \(documents) documents, \(longest) s at most")
    #expect(documents > 0 && longest < 2)
  }

  @Test func text() throws {
    let seeds = ["---\na: b\n---\none two\n\nthree", "\u{FEFF}äöü 中文 🙂\n", String(repeating: "word 字\n\n", count: 100)]
    for division in [TextFormat.Division.file, .blankLines, .separator("--")] {
      let format = TextFormat(
        division: division, dropsFrontMatter: true, rules: TextRules(longest: 300, partSize: 100))
      try check("text \(division)", format, seeds, ["\n\n", "---\n", "--", "\0"])
    }
  }

  private let jsonWords = ["{", "}", "[", "]", "\"", "\\u", "\\ud83d", "\\", ",", ":", "\n", "null", "1e9", "\0"]

  @Test func jsonLinesAndArrays() throws {
    let objects = [
      #"{"text":"one \ud83d\ude42 \n","id":7,"meta":{"url":"u","a":[1,{"b":null}]}}"#, #"{"text":"two"}"#,
      #"{"a":-1.5e+3,"text":"ü\u00fc\"\\","b":[true,false,{}]}"#,
    ]
    let fields = TextFields(attributes: ["a": "meta.a", "b": "b"], id: "id", url: "meta.url")
    let mapping = TextMapping(fields: fields, rules: rules)
    try check(
      "lines", JSONFormat(container: .lines, mapping: mapping, longest: 2000),
      [objects.joined(separator: "\n"), objects.joined(separator: "\r\n\n")], jsonWords)
    let array = "[" + objects.joined(separator: ", ") + "]"
    try check(
      "array", JSONFormat(container: .array, mapping: mapping, longest: 100), [array, "[ ]", "[1,[2]]"], jsonWords)
    try check(
      "member", JSONFormat(container: .member("data"), mapping: mapping, longest: 2000),
      [#"{"x":{"data":[]},"data":\#(array),"y":"z"}"#], jsonWords + ["\"data\""])
    try check("automatic", JSONFormat(mapping: mapping, longest: 500), [array, objects[0]], jsonWords)
  }

  @Test func tables() throws {
    let seeds = [
      "text,b,c\n\"a, \"\"b\"\"\nc\",1,2\r\nplain,,3\n", "text\tb\nx\t1\n\"y\t2\n", "b;text\n1;\"x;\"\n2;y z",
    ]
    let words = ["\"", "\"\"", ",", ",\"", "\n", "\r\n", ";", "\t"]
    try check("table", TableFormat(fields: TextFields(attributes: ["b": "b"]), rules: rules), seeds, words)
    let short = TextRules(longest: 12)
    try check(
      "table without header",
      TableFormat(dialect: .commas, header: .none, fields: TextFields(text: .field("1")), rules: short), seeds, words)
    try check(
      "pairs", ParallelTable(ParallelText(source: "a", target: "b", rules: rules)), ["a b\tb c\nd\te\t\n"], words)
  }

  @Test func conversations() throws {
    let seeds = [
      #"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a","tool_calls":[{}]},{"role":"tool","content":"t"}]}"#,
      #"{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"}],"system":"s"}"#,
      #"{"instruction":"i","input":"x","output":"o"}"#, #"{"prompt":"p","completion":"c"}"#,
      #"{"prompt":"p","chosen":"c","rejected":"r"}"#,
      #"{"chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"b"}]}"#,
    ]
    let words =
      jsonWords + ["\"role\"", "\"user\"", "\"assistant\"", "\"content\"", "{\"role\":\"user\",\"content\":\"x\"},"]
    try check("chat", JSONFormat(container: .lines, mapping: ChatMapping(), longest: 4000), seeds, words) { result in
      for document in result.documents {
        let lists = ["messages", "prompt", "chosen", "rejected"].compactMap { document.attributes[$0]?.arrayValue }
        #expect(lists.count == 1 || lists.count == 3)
        for message in lists.joined() {
          let role = message.objectValue?["role"]?.stringValue
          #expect(["system", "user", "assistant", "tool"].contains(role))
        }
      }
    }
  }

  @Test func captionsAndMemories() throws {
    let captions = #"""
      {"images":[{"id":1,"file_name":"a/1.jpg","license":2},{"id":2,"file_name":"2.jpg"}],"licenses":[{"id":2,"name":"l"}],"annotations":[{"image_id":2,"caption":"x"},{"image_id":1,"caption":"yü"}]}
      """#
    try check(
      "captions", CaptionFormat(folder: "f", needsFiles: false), [captions],
      jsonWords + ["\"images\"", "\"image_id\"", "\"caption\"", "..", "/"]
    ) { result in
      for document in result.documents {
        let path = document.attributes["image"]?.stringValue ?? ""
        #expect(path.hasPrefix("f/") && !path.split(separator: "/").contains(".."))
      }
    }
    let memory = #"""
      <?xml version="1.0" encoding="utf-8"?><tmx><body><tu><tuv xml:lang="en-US"><seg>a <hi>b</hi> &amp;</seg></tuv><tuv lang="de"><seg>c d</seg></tuv></tu></body></tmx>
      """#
    let text = ParallelText(source: "de", target: "en", rules: rules)
    try check(
      "memory", TranslationMemory(text), [memory],
      ["<tu>", "</tu>", "<seg>", "</seg>", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "<![CDATA[", "&#0;"])
  }

  @Test func images() throws {
    let folder = fixture("images")
    let seeds = try FileSystem.list(folder).filter {
      $0.hasSuffix(".jpg") || $0.hasPrefix("expected1.") || $0 == "rgba.png"
    }
    .map { try FileSystem.read(folder + "/" + $0, limit: 1 << 20) }
    let decoder = ImageDecoder(size: .crop(width: 9, height: 7), maximumPixels: 1 << 20)
    var decoded = 0
    let (inputs, longest) = try fuzz("images", seeds: seeds) { bytes in
      do throws(ImageFault) {
        let header = try ImageHeader(bytes)
        #expect(header.width > 0 && header.height > 0 && 1...8 ~= header.orientation)
        let image = try decoder.decode(bytes)
        #expect(image.width == 9 && image.height == 7 && image.pixels.count == 3 * 9 * 7)
        decoded += 1
      } catch {
        #expect(ImageFault.allCases.contains(error))
      }
    }
    print("images: \(inputs) inputs, \(decoded) decoded, \(longest) s at most")
    #expect(decoded > 0 && longest < 2)
  }
}
