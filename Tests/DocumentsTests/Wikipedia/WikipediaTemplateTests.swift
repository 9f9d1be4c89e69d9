import Core
import Documents
import Foundation
import TestSupport
import Testing

@Suite("Templates of a dump are collected and expanded") struct WikipediaTemplateTests {
  /// The templates of a dump, by their names.
  private func templates(_ texts: [(String, String)], memoryLimit: Int = 1 << 20, folder: String = "/tmp") throws
    -> WikipediaTemplates
  {
    func escaped(_ text: String) -> String {
      text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    }
    let pages = texts.map { Dump.page("Vorlage:" + $0.0, escaped($0.1), namespace: 10) }
    let dump = Dump.head + Dump.page("Article", "x") + pages.joined() + "</mediawiki>"
    return try WikipediaTemplates(PiecesInput(dump), named: "dump.xml", memoryLimit: memoryLimit, folder: folder)
  }

  private func check(_ texts: [(String, String)], _ wikitext: String, _ expected: String) throws {
    #expect(text(wikitext, templates: try templates(texts)) == expected)
  }

  @Test("arguments by place and name, with defaults") func arguments() throws {
    let greeting = [("Greeting", "Hello {{{1|world}}}, {{{name|nobody}}}{{{end|!}}}")]
    try check(greeting, "{{greeting}}", "Hello world, nobody!\n")
    try check(greeting, "{{Greeting|you| name = Ann }}", "Hello you, Ann!\n")
    try check(greeting, "{{greeting|end=.|1=[[a|b]]}}", "Hello b, nobody.\n")
    try check(greeting, "{{greeting|{{greeting|x}}|name=}}", "Hello Hello x, nobody!, !\n")
  }

  @Test("what pages include of a template") func inclusion() throws {
    try check([("A", "x<noinclude>doc {{{1}}}</noinclude>y")], "{{a}}", "xy\n")
    try check([("A", "<includeonly>x</includeonly><noinclude>doc")], "{{a}}", "x\n")
    try check([("A", "no <onlyinclude>x</onlyinclude> no <onlyinclude>y</onlyinclude> no")], "{{a}}", "xy\n")
    try check([("A", "x<!-- no -->y<ref>z</ref>")], "{{a}}", "xy\n")
  }

  @Test("redirects, underscores and the name of the namespace") func names() throws {
    let texts = [
      ("Long name", "text"), ("Short", "#REDIRECT [[Template:Long name]]"),
      ("Alias", "#WEITERLEITUNG [[Vorlage:Short]]"),
    ]
    for call in [
      "{{short}}", "{{Long_name}}", "{{ long  name }}", "{{alias}}", "{{Template:Short}}", "{{subst:Short}}",
    ] {
      try check(texts, call, "text\n")
    }
    // Only the first letter may be either.
    try check(texts, "a {{Long Name}}", "a\n")
  }

  @Test("functions in templates see their arguments") func functions() throws {
    let texts = [
      ("Plural", "{{{1}}} {{#ifeq:{{{1}}}|1|{{{2}}}|{{{2}}}s}}"), ("Opt", "{{#if:{{{x|}}}|has {{{x}}}|none}}"),
      ("Day", "{{#switch:{{lc:{{{1}}}}}|sa|so=weekend|#default=week}}"),
      ("Table", "{{{!}}\n! a\n{{!}}-\n{{!}} {{{1}}}\n{{!}}}"),
    ]
    try check(texts, "{{plural|1|dog}}, {{plural|2|dog}}", "1 dog, 2 dogs\n")
    try check(texts, "{{opt}}, {{opt|x=1}}, {{opt|x= }}", "none, has 1, none\n")
    try check(texts, "{{day|SA}} {{day|So}} {{day|Mo}}", "weekend weekend week\n")
    try check(texts, "A\n{{table|x}}\nB", "A\nB\n")
  }

  @Test("built-in texts come first, and boxes are dropped whatever the dump says") func precedence() throws {
    try check(
      [("Lang", "WRONG"), ("Infobox city", "{{{name}}}"), ("Own", "{{lang|fr|{{{1}}}}}")],
      "{{own|a}}{{infobox city|name=b}}", "a\n")
  }

  @Test("templates that include themselves end") func loops() throws {
    try check([("A", "x{{a}}y")], "{{a}}", "xy\n")
    try check([("A", "a{{b}}"), ("B", "b{{a}}")], "{{a}}", "ab\n")
  }

  @Test("texts over the memory limit lie in a file and read the same") func spilled() throws {
    let texts = (0..<50).map { ("T\($0)", "text \($0) " + String(repeating: "ü", count: 100)) }
    try withTemporaryFolder { folder in
      let few = try templates(texts, memoryLimit: 1000, folder: folder)
      let all = try templates(texts)
      #expect(few.count == 50)
      // The file has no name, so that nothing is left behind.
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
      for index in 0..<50 {
        let call = "{{t\(index)}}"
        #expect(text(call, templates: few) == text(call, templates: all))
        #expect(text(call, templates: few).hasPrefix("text \(index) ü"))
      }
    }
    #expect {
      try templates(texts, memoryLimit: 0, folder: "/nonexistent")
    } throws: { error in (error as? MartletError)?.code == .notFound }
  }

  @Test("expansion is bounded: templates that double, nest and fan out", .timeLimit(.minutes(1))) func bombs() throws {
    var doubling = [("D0", "lol")]
    for level in 1...60 { doubling.append(("D\(level)", "{{d\(level - 1)}}{{d\(level - 1)}}")) }
    let bomb = try templates(doubling)
    let start = ContinuousClock.now
    let result = WikitextReader(.init(expansionLimit: 4 << 20), templates: bomb).text(
      of: Array("a {{d60}} b {{d3}}".utf8))
    #expect(ContinuousClock.now - start < .seconds(5))
    #expect(result.counts.overLimit > 0)
    #expect(result.text.count < 8 << 20)
    // Arguments that double.
    let twice = try templates([("T", "{{{1}}}{{{1}}}")])
    var call = "x"
    for _ in 0..<90 { call = "{{t|\(call)}}" }
    let other = WikitextReader(.init(expansionLimit: 4 << 20), templates: twice).text(of: Array(call.utf8))
    #expect(other.text.count < 16 << 20)
    // Arguments that lead through all levels again and again.
    let chain = try templates((0..<95).map { ("C\($0)", "{{c\($0 + 1)|{{{1}}}{{{1}}}}}") })
    _ = WikitextReader(.init(expansionLimit: 4 << 20), templates: chain).text(of: Array("{{c0|{{c0|{{c0|x}}}}}}".utf8))
    #expect(ContinuousClock.now - start < .seconds(20))
  }
}
