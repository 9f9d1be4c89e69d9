import Core
import Documents
import Foundation
import TestSupport
import Testing

/// A deterministic source of choices.
private struct Choices {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

  /// A number below `count`.
  mutating func below(_ count: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(max(1, count)))
  }
}

@Suite("Mutated dumps and wikitext do no harm") struct WikitextFuzzTests {
  private static let pieces: [[UInt8]] = [
    "{{", "}}", "{{{", "}}}", "[[", "]]", "|", "=", "{|", "|}", "|-", "||", "!!", "\n", "\n\n", "'''", "''", "<ref>",
    "</ref>", "<ref name=x/>",
    "<!--", "-->", "<nowiki>", "</nowiki>", "-{", "}-", ";", ":", "zh-hans:", "zh-hant:", "#if:", "#switch:",
    "#expr:1+", "#ifeq:", "lang|fr|",
    "convert|5|km", "birth date|1950|1|2", "quote|", "nowrap|", "==", "* ", "<br>", "<table>", "</table>", "<td>",
    "<sup>2</sup>", "&amp;",
    "&#x4;", "__TOC__", "[http://a b]", "File:", "Category:", "(", ")", ", ", "（", "）", "，", "中文", "\u{A0}", "\u{4}",
    "{{T|", "{{{1|x}}}",
    "<includeonly>", "<noinclude>", "<onlyinclude>", "<poem>", "</poem>", "<math>x</math>",
    "<div style=\"display:none\">", "</div>", "é",
  ].map { Array($0.utf8) }

  private static func mutate(_ bytes: [UInt8], _ choices: inout Choices) -> [UInt8] {
    var result = bytes
    for _ in 0...choices.below(8) {
      let at = choices.below(result.count + 1)
      switch choices.below(6) {
      case 0: result.insert(contentsOf: pieces[choices.below(pieces.count)], at: at)
      case 1: if at < result.count { result[at] = UInt8(choices.below(256)) }
      case 2: result.removeSubrange(at..<min(result.count, at + choices.below(20)))
      case 3:
        let end = min(result.count, at + choices.below(200))
        result.insert(contentsOf: Array(result[at..<end]), at: choices.below(result.count + 1))
      case 4:
        let piece = pieces[choices.below(pieces.count)]
        for _ in 0..<choices.below(50) { result.insert(contentsOf: piece, at: min(at, result.count)) }
      default: result.removeSubrange(at...)
      }
    }
    return Array(result.prefix(20_000))
  }

  private static let settings = [
    WikitextSettings(), WikitextSettings(headings: .plain, tables: .rows, keepsCaptions: true, variant: "zh-tw"),
    WikitextSettings(math: .dropped, keepsCode: false, droppedSections: [], expansionLimit: 1 << 16),
  ]

  @Test("wikitext: text without control characters, in bounded time, the same each time") func wikitext() throws {
    let golden =
      WikitextGoldenTests.inline + WikitextGoldenTests.blocks + WikitextGoldenTests.templates
      + WikitextGoldenTests.functions
      + WikitextGoldenTests.vanished + WikitextGoldenTests.chinese
    let seeds = golden.map { Array($0.wikitext.utf8) }
    let dump = Dump.whole(
      Dump.page("Vorlage:T", "{{{1}}}{{t|{{{2|{{u|{{{1}}}}}}}}}}", namespace: 10),
      Dump.page("Vorlage:U", "({{{1|}}}, {{t}})", namespace: 10))
    let templates = try WikipediaTemplates(PiecesInput(dump), named: "dump.xml")
    let time = FuzzTime()
    var choices = Choices(1)
    var corpus = seeds
    var count = 0
    while time.isLeft || count < 200 {
      let bytes = Self.mutate(corpus[choices.below(corpus.count)], &choices)
      if corpus.count < 2000 { corpus.append(bytes) } else { corpus[choices.below(corpus.count)] = bytes }
      let reader = WikitextReader(Self.settings[choices.below(3)], templates: templates)
      let page = WikitextPage(
        title: "A", language: choices.below(2) == 0 ? "zh" : "en", timestamp: "2016-04-22T10:19:33Z")
      let start = ContinuousClock.now
      let result = reader.text(of: bytes, page: page)
      if ContinuousClock.now - start > .seconds(2) { Issue.record("slow: \(bytes)") }
      if result.text.contains(where: { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 }) {
        Issue.record("control characters: \(bytes)")
      }
      if let last = result.text.last, last != 0x0A { Issue.record("no line feed at the end: \(bytes)") }
      if count % 16 == 0 { #expect(reader.text(of: bytes, page: page).text == result.text) }
      count += 1
    }
  }

  @Test("dumps: the end is reached, and every page is a record or a skip") func dumps() {
    let seeds = [
      Dump.whole(
        Dump.page("A", "x &lt;b&gt; [[y]]"), Dump.page("B", "#REDIRECT [[C]]"), Dump.page("D", "z", namespace: 4)),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + Dump.whole(Dump.page("中", "文")),
      Dump.page("A", "x") + Dump.page("B", "y"),
      "<!DOCTYPE a [<!ENTITY b \"c\">]>" + Dump.whole(Dump.page("A", "&b;")),
    ].map { Array($0.utf8) }
    let time = FuzzTime()
    var choices = Choices(2)
    var count = 0
    while time.isLeft || count < 100 {
      var bytes = Self.mutate(seeds[choices.below(seeds.count)], &choices)
      if choices.below(3) == 0 { bytes = Self.mutate(bytes, &choices) }
      var reader = WikipediaFormat().reader(MemoryInput(bytes, pieceSize: 1 + choices.below(3000)), named: "dump.xml")
      var events = 0
      do {
        while let event = try reader.next() {
          if case .record(let record) = event { #expect(record.provenance.input == "dump.xml") }
          events += 1
          // Each needs some bytes of its own.
          if events > bytes.count + 10 {
            Issue.record("no end: \(bytes)")
            break
          }
        }
      } catch {
        #expect(error is MartletError)
      }
      count += 1
    }
  }
}
