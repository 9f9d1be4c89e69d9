import Documents
import Foundation
import Testing

@Suite("Hostile wikitext takes linear time") struct WikitextHostileTests {
  /// What is repeated, and what stands around it.
  struct Trap: Sendable, CustomTestStringConvertible {
    var unit: String
    var head = ""
    var tail = ""
    var testDescription: String { "\(head)(\(unit))\(tail)" }
  }

  static let traps: [Trap] =
    [
      "{{", "}}", "{{{", "}}}", "[[", "]]", "{|\n", "|}\n", "{{a|", "{{{a|", "[[a|", "[[File:a|", "[http://a ", "<ref>",
      "</ref>", "<ref", "<!--",
      "<b", "<nowiki>", "<math>", "<poem>", "'''", "''a", "l'''a", "-{", "}-", "-{zh-hans:", "&amp", "&#", "__",
      "__TOC__", "==", "== a ==\n",
      "* \n", "*", "|", "{{a}}", "(", "( , {{a}})", "({{a}}", "<table>", "<table", "<div>", "<sup>",
      "<span style=\"display:none\">", "[", "]",
      "{", "}", "{{#if:", "{{#switch:a|", "{{#expr:(", "{{lc:", "<noinclude>", "<includeonly>", "\n\n", "<br>",
      "{|\n|\n", "{{!}}", "a|b=c|",
      "[[a]]", "[[:", "[[a:", " ", "\u{A0}", "中", "，", "（{{a}}", "<ref name=", "#REDIRECT [[", "[[[", "{{{{{", "[[a|{{",
      "{{a|[[", "{{\n|", "|-\n",
      "{{quote|", "{{nowrap|", "{{convert|", "{{lang|a|",
    ].map { Trap(unit: $0) } + [
      Trap(unit: "{{nowrap|", head: "", tail: "x"), Trap(unit: "[[", head: "{{a|", tail: "}}"),
      Trap(unit: "=", head: "{{a|", tail: "}}"),
      Trap(unit: "|", head: "{{nowrap|", tail: "}}"), Trap(unit: "|a=b", head: "{{nowrap", tail: "}}"),
      Trap(unit: ";", head: "-{", tail: "}-"),
      Trap(unit: "a=>", head: "-{", tail: "}-"), Trap(unit: "|b", head: "{{#switch:a", tail: "}}"),
      Trap(unit: "-", head: "{{#expr:", tail: "}}"),
      Trap(unit: "| a || b\n", head: "{|\n", tail: "|}"), Trap(unit: "_", head: "__", tail: "__"),
      Trap(unit: ",", head: "({{a}}", tail: ")"),
    ]

  @Test("a megabyte of one thing", arguments: traps) func repeated(_ trap: Trap) {
    let count = (1 << 20) / trap.unit.utf8.count
    let bytes = Array((trap.head + String(repeating: trap.unit, count: count) + trap.tail).utf8)
    for settings in [WikitextSettings(), WikitextSettings(tables: .rows, keepsCaptions: true)] {
      let start = ContinuousClock.now
      let result = WikitextReader(settings).text(of: bytes, page: WikitextPage(title: "A", language: "zh"))
      #expect(ContinuousClock.now - start < .seconds(2))
      #expect(result.text.count <= 2 * bytes.count)
    }
  }

  @Test(
    "a hundred thousand levels",
    arguments: [
      ("{{a|", "}}"), ("[[a|", "]]"), ("{|\n|\n", "\n|}\n"), ("<div>", "</div>"), ("-{zh:", "}-"), ("({{a}}", ")"),
    ])
  func deep(_ open: String, _ close: String) {
    let text = String(repeating: open, count: 100_000) + "x" + String(repeating: close, count: 100_000)
    let start = ContinuousClock.now
    let result = WikitextReader().text(of: Array((text + "\n\nThe end.").utf8), page: WikitextPage(language: "zh"))
    #expect(ContinuousClock.now - start < .seconds(2))
    #expect(String(decoding: result.text, as: UTF8.self).hasSuffix("The end.\n"))
  }

  @Test("the stack of a small thread is enough") func smallStack() {
    let text = String(repeating: "{{nowrap|{{#if:x|", count: 200) + "x" + String(repeating: "}}}}", count: 200)
    let thread = Thread { _ = WikitextReader().text(of: Array(text.utf8)) }
    thread.stackSize = 512 << 10
    thread.start()
    while !thread.isFinished { usleep(1000) }
    #expect(thread.isFinished)
  }

  @Test("bytes that are no text do no harm") func notText() {
    #expect(text("a\u{1}b\u{4}c\r\nd\u{2}[[x]]\u{3}") == "a b c d x\n")
    let broken = WikitextReader().text(of: [0x41, 0xFF, 0xFE, 0x5B, 0x5B, 0xC2, 0xE3, 0x80])
    #expect(!broken.text.isEmpty)
    #expect(WikitextReader().text(of: []).text.isEmpty)
  }
}
