import Core
import Curation
import Documents
import Foundation
import TestSupport
import Testing

/// All steps with their usual settings.
private func allSteps() throws -> [any DocumentStep] {
  var pseudonyms = ScrubPersonalData()
  pseudonyms.replacement = .pseudonym
  var wide = RepairText()
  wide.fullWidth = .all
  wide.form = .nfkc
  return [
    RepairText(), wide, IdentifyLanguage(), C4Quality(), GopherQuality(), GopherRepetition(), FineWebQuality(),
    ChineseQuality(), RemoveBoilerplate(), ScrubPersonalData(), pseudonyms, try ConvertChinese(),
    try ConvertChinese(to: .traditional),
    BlockList(
      addresses: try AddressMatcher(["example.com/a"]), phrases: PhraseMatcher(["bad", "坏", "ab"], wholeWords: false)),
    SelectLength(.words), SampleFraction(0.9),
  ]
}

@Suite("Hostile documents")
struct CurationFuzzTests {
  /// Pieces in which faults are likely.
  private static let seeds = [
    "Call +1 (415) 555-2671 ext. 12 or a.b+c@d-e.co.uk, 2001:db7::1, 8.8.8.8:53, 00:1B:44:11:3A:B7.",
    "身份证11010519491231002X，手机138-1234-5678，卡号6222 0212 3456 7890。", "schÃ¶n â€œquotedâ€\u{9D} Ã\u{A0} caf\u{C3}\u{A9}",
    "GB29 NWBK 6016 1331 9268 19", "\u{FEFF}a\u{200D}\u{202E}b\r\n\u{2028}\u{85}\u{0B}", "漢字轉換，乾隆皇帝，𠮷野家",
    "[12][citation needed][edit][",
    "Lorem ipsum JavaScript {privacy policy}...", "Home | A | B | C\n\n\n- x\n• y\n…", "e\u{301}\u{327}\u{300}ﬁ½Ａ１가각",
    "((((((((((", "@@@@@@", "::::::", "1.1.1.1.1.1.1", "--------", "........", "    \t  ", "+++++",
    "[at][dot](at)(dot)",
    "http://u:p@example.com/a?b#c", "999999999999999999999999999999", "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿", "ا\u{200C}ب \u{200F}",
  ]

  @Test("Mutated documents never crash a step, take little time, and give the same result again")
  func mutations() throws {
    let steps = try allSteps()
    let runner = StepRunner(steps)
    var reports = runner.emptyReports()
    var random = SplitMix(seed: 1000)
    let documents = try GeneratedDocuments()
    let fuzzTime = FuzzTime()
    var count = 0
    while fuzzTime.isLeft {
      let text = mutated(&random, documents)
      for step in steps {
        var (first, second) = (makeDocument(text), makeDocument(text))
        var (firstCounters, secondCounters): (Counters, Counters) = ([:], [:])
        let start = Date()
        let verdict = step.apply(&first, &firstCounters)
        let time = Date().timeIntervalSince(start)
        #expect(time < 2, "\(type(of: step).name) took \(time) s for \(text.utf8.count) bytes")
        #expect(step.apply(&second, &secondCounters) == verdict)
        #expect(first == second && firstCounters == secondCounters)
      }
      var whole = makeDocument(text)
      _ = runner.run(&whole, &reports)
      count += 1
    }
    #expect(count > 0)
    for report in reports {
      #expect(report.documentsIn == report.documentsOut + report.dropped.values.reduce(0, +))
      #expect(try StepReport(JSONFields(parsing: Array(report.json.text().utf8), name: "report")) == report)
    }
  }

  private func makeDocument(_ text: String) -> Document {
    Document(text: text, provenance: Provenance(input: "fuzz", place: "", url: text.count % 3 == 0 ? text : nil))
  }

  private func mutated(_ random: inout SplitMix, _ documents: GeneratedDocuments) -> String {
    var bytes = random.below(3) == 0 ? Array(documents.document(random.below(5000)).utf8.prefix(2000)) : []
    for _ in 0...random.below(6) {
      let seed = Array(random.choice(CurationFuzzTests.seeds).utf8)
      switch random.below(4) {
      case 0: bytes += seed
      case 1: bytes = seed + bytes
      case 2: for _ in 0..<random.below(60) { bytes += seed.suffix(1 + random.below(seed.count)) }
      default:
        for _ in 0...random.below(8) where !bytes.isEmpty {
          bytes[random.below(bytes.count)] = UInt8(random.below(256))
        }
      }
    }
    if !bytes.isEmpty, random.below(3) == 0 { bytes.removeFirst(random.below(bytes.count)) }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    "Long documents of one character or piece take time that grows with their length only",
    arguments: [
      "a", "1", "@", "a@", ":", "1:", "f:", ".", "1.", "(", "+", "-", "1-", " ", "\n", "[", "[1", "汉", "。", "Ã", "Ã©",
      "â€", "\u{301}",
      "a\u{301}", "\u{200D}", "|", "{", "#", "[at]", "a[at]b.", "1 2", "AA11", "GB11 ", "漢", "乾", "\r", "\t", "...",
      "a b ", "Ã\u{A0} ",
    ])
  func long(piece: String) throws {
    let text = String(repeating: piece, count: 300_000 / piece.utf8.count)
    for step in try allSteps() {
      var document = Document(text: text, provenance: Provenance(input: "", place: ""))
      var counters: Counters = [:]
      let start = Date()
      _ = step.apply(&document, &counters)
      let time = Date().timeIntervalSince(start)
      #expect(time < 2, "\(type(of: step).name) took \(time) s for 300 kB of \(piece.debugDescription)")
    }
  }
}
