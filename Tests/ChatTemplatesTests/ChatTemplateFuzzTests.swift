import ChatTemplates
import Core
import TestSupport
import Testing

/// Changed templates render or are refused with their line, in bounded time and memory.
@Suite("Fuzzing of chat templates") struct ChatTemplateFuzzTests {
  private static let words = [
    "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "if", "elif", "else", "endif", "for", "in", "endfor", "set",
    "endset",
    "macro", "endmacro", "is", "not", "defined", "and", "or", "loop.index", "loop.last", "range(9)", "range(10 ** 9)",
    "namespace()", "'x' * 99", "messages", "messages[0]", "['content']", "|", "| tojson", "| trim", "| length", "~",
    "**",
    "//", "%", "[::-1]", "(", ")", "[", "]", ",", "'", "\"", "\\", "recursive", "strftime_now('%Y')", "break",
    "continue",
    "raise_exception('x')", ".split(' ')", ".replace('a', 'aa')",
  ]

  @Test func templates() throws {
    let file = try JSONFields(file: fixture("chat_templates/chats.json"))
    let messages = try #require(file.object["messages"])
    let templates = try file.fields("templates")
    let snippets = try file.objects("snippets").map { try $0.string("source") }
    let seeds = try templates.object.keys.map { Array(try templates.string($0).utf8) } + snippets.map { Array($0.utf8) }
    let (inputs, longest) = try fuzz("chat templates", seeds: seeds, words: Self.words) { bytes in
      do {
        let template = try ChatTemplate(String(decoding: bytes, as: UTF8.self), name: "template")
        _ = try template.render(
          messages: messages, addsGenerationPrompt: true,
          variables: ["bos_token": .string("<s>"), "eos_token": .string("</s>")])
      } catch let error as MartletError {
        #expect(!error.message.isEmpty && error.place?.hasPrefix("template") == true)
      }
    }
    print("chat templates: \(inputs) inputs, \(longest) s at most")
    #expect(longest < 2)
  }
}
