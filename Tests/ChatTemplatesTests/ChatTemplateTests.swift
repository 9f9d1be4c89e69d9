import ChatTemplates
import Core
import Foundation
import TestSupport
import Testing

/// Texts as Python's jinja2 renders them: Tools/golden/chat_templates.py.
@Suite struct ChatTemplateTests {
  private let file: JSONFields

  init() throws { file = try JSONFields(file: fixture("chat_templates/chats.json")) }

  private static let marks: JSONObject = ["bos_token": .string("<s>"), "eos_token": .string("</s>")]

  @Test(arguments: ["chatml", "llama2", "llama3", "qwen", "mistral", "gemma", "macros"])
  func chatsOfKnownModels(name: String) throws {
    let template = try ChatTemplate(try file.fields("templates").string(name), name: name)
    var count = 0
    for part in try file.objects("cases") where try part.string("template") == name {
      let messages = try #require(part.object["messages"])
      let tools = part.object["tools"] == .null ? nil : part.object["tools"]
      func render() throws -> String {
        try template.render(
          messages: messages, tools: tools, addsGenerationPrompt: try part.bool("add_generation_prompt"),
          variables: ChatTemplateTests.marks)
      }
      if let expected = part.object["text"]?.stringValue {
        let text = try render()
        #expect(text.utf8.elementsEqual(expected.utf8), "\(text.debugDescription) is not \(expected.debugDescription)")
      } else {
        let error = try #require(throws: MartletError.self) { try render() }
        #expect(error.place?.contains("\(name), line ") == true)
      }
      count += 1
    }
    #expect(count == 21)
  }

  @Test func everyPartOfTheLanguage() throws {
    let messages = try #require(file.object["messages"])
    for part in try file.objects("snippets") {
      let source = try part.string("source")
      let expected = try part.string("text")
      do {
        let text = try ChatTemplate(source, name: "snippet").render(messages: messages)
        #expect(
          text.utf8.elementsEqual(expected.utf8),
          "\(source): \(text.debugDescription), not \(expected.debugDescription)")
      } catch {
        Issue.record("\(source): \(error)")
      }
    }
  }

  @Test func brokenTemplatesAreRefusedWithTheLine() throws {
    let messages = try #require(file.object["messages"])
    for source in try file.strings("broken") {
      let error = try #require(throws: MartletError.self, "\(source)") {
        try ChatTemplate("\n" + source, name: "broken").render(messages: messages)
      }
      #expect(error.description.contains("broken, line 2"), "\(source): \(error)")
    }
  }

  @Test func theTemplatesOwnWordsAreInTheError() throws {
    let template = try ChatTemplate("{{ raise_exception('roles must ' ~ 'alternate') }}", name: "t")
    let error = try #require(throws: MartletError.self) { try template.render(messages: .array([])) }
    #expect(error.message.contains("roles must alternate"))
  }

  @Test(arguments: [
    "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
    "{{ 'x' * 999999999999 }}",
    "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x * 2 %}{% endfor %}{{ ns.x }}",
    "{% macro a() %}{{ a() }}{{ a() }}{% endmacro %}{{ a() }}",
  ])
  func templatesWithoutEndAreStopped(source: String) throws {
    let template = try ChatTemplate(source, name: "endless")
    #expect(throws: MartletError.self) { try template.render(messages: .array([])) }
  }

  @Test func deepNestingIsRefused() {
    for text in [
      String(repeating: "(", count: 5000), String(repeating: "[", count: 5000), String(repeating: "not ", count: 5000),
      String(repeating: "-", count: 5000),
    ] {
      #expect(throws: MartletError.self) { try ChatTemplate("{{ " + text + " }}", name: "deep") }
    }
    let blocks = String(repeating: "{% if true %}", count: 5000)
    #expect(throws: MartletError.self) { try ChatTemplate(blocks, name: "deep") }
  }

  /// Bytes changed, cut out and doubled at random: an error or a text, never a trap.
  @Test(arguments: 0..<4)
  func mutatedTemplatesNeverCrash(seed: Int) throws {
    let messages = try #require(file.object["messages"])
    let sources = try ["llama3", "qwen", "mistral", "macros"].map {
      try Array(file.fields("templates").string($0).utf8)
    }
    var random = RandomStream(RandomKey(seed: UInt64(seed)))
    for round in 0..<400 {
      var bytes = sources[round % sources.count]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...20, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0x20...0x7E, using: &random)
        case 1: bytes.removeSubrange(place..<end)
        case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
        default: bytes.replaceSubrange(place..<end, with: Array("{%|-9223372036854775808:}".utf8))
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      do {
        let template = try ChatTemplate(String(decoding: bytes, as: UTF8.self), name: "mutated")
        _ = try template.render(messages: messages, addsGenerationPrompt: true, variables: ChatTemplateTests.marks)
      } catch {
        #expect(error is MartletError)
      }
    }
  }

  @Test func templatesAreFoundInAFolder() throws {
    try withTemporaryFolder { folder in
      #expect(try ChatTemplate.load(folder: folder) == nil)
      let config = folder + "/tokenizer_config.json"
      try #"{"chat_template":[{"name":"default","template":"D"},{"name":"tool_use","template":"T"}]}"#.write(
        toFile: config, atomically: true, encoding: .utf8)
      #expect(try ChatTemplate.load(folder: folder)?.source == "D")
      #expect(try ChatTemplate.load(folder: folder, kind: "tool_use")?.source == "T")
      try #"{"chat_template":"{% if %}"}"#.write(toFile: config, atomically: true, encoding: .utf8)
      let error = try #require(throws: MartletError.self) { try ChatTemplate.load(folder: folder) }
      #expect(error.description.contains("chat_template, line 1"))
      try "J".write(toFile: folder + "/chat_template.jinja", atomically: true, encoding: .utf8)
      #expect(try ChatTemplate.load(folder: folder)?.source == "J")
    }
  }
}
