import Core
import Curation
import Documents
import TestSupport
import Testing

/// Applies a step to a text; nil if it was dropped.
func applied(_ step: some DocumentStep, _ text: String, language: String? = nil) -> String? {
  var document = Document(text: text, provenance: Provenance(input: "test", place: "line 1"))
  if let language { document.attributes["language"] = .string(language) }
  var counters: Counters = [:]
  return step.apply(&document, &counters) == .keep ? document.text : nil
}

/// The verdict of a step on a text, and what it counted.
func judged(_ step: some DocumentStep, _ text: String, url: String? = nil) -> (verdict: Verdict, counters: Counters) {
  var document = Document(text: text, provenance: Provenance(input: "test", place: "line 1", url: url))
  var counters: Counters = [:]
  let verdict = step.apply(&document, &counters)
  return (verdict, counters)
}

@Suite("Repair of text")
struct RepairTests {
  /// A step that does nothing, for a test to switch on what it looks at.
  private var bare: RepairText {
    var step = RepairText()
    step.repairsMojibake = false
    step.removesControls = false
    step.removesInvisible = false
    step.removesBidirectionalControls = false
    step.plainSpaces = false
    step.plainLineEnds = false
    step.maximumBlankLines = nil
    step.form = .none
    step.maximumUndecodable = nil
    return step
  }

  private func same(_ left: String?, _ right: String) -> Bool { left.map { Array($0.utf8) } == Array(right.utf8) }

  @Test("Lines that were decoded wrongly become what ftfy makes of them, and others stay")
  func mojibake() throws {
    var step = bare
    step.repairsMojibake = true
    let cases = try JSONValue(file: fixture("curation/repair.json")).arrayValue ?? []
    #expect(cases.count > 200)
    for item in cases {
      let pair = item.arrayValue?.compactMap(\.stringValue) ?? []
      try #require(pair.count == 2)
      let found = applied(step, pair[0])
      #expect(same(found, pair[1]), "\(pair[0]) became \(found ?? "nothing"), not \(pair[1])")
    }
  }

  @Test("Only the lines that need it are decoded again")
  func lines() {
    var step = bare
    step.repairsMojibake = true
    #expect(applied(step, "schÃ¶n\nÇA VA\ncafÃ©\n") == "schön\nÇA VA\ncafé\n")
    #expect(judged(step, "schÃ¶n\nÇA VA\ncafÃ©\n").counters == ["lines decoded again": 2])
  }

  @Test(
    "Characters that nobody sees go, those with a meaning stay",
    arguments: [
      ("a\u{0}b\u{1B}c\u{7F}d\te", "abcd\te"), ("\u{FEFF}one\u{FEFF} two", "one two"),
      ("zero\u{200B}width", "zerowidth"),
      ("soft\u{AD}hyphen", "softhyphen"), ("a\u{200D}b", "ab"), ("👩\u{200D}💻", "👩\u{200D}💻"),
      ("می\u{200C}خواهم", "می\u{200C}خواهم"), ("\u{202E}abc\u{202C}", "abc"), ("汉\u{200B}字", "汉字"),
      ("no\u{A0}break\u{3000}wide", "no break wide"), ("one\r\ntwo\rthree\u{2028}four", "one\ntwo\nthree\nfour"),
      ("end  \t\nnext ", "end\nnext"), ("\n\n\na\n\n\n\n\nb\n\n", "a\n\nb"), ("\u{FFF9}x\u{206A}y", "xy"),
      ("e\u{301}", "é"), ("ﬁ²", "ﬁ²"), ("👍🏽 ok", "👍🏽 ok"), ("", ""), ("\n \n", ""), ("plain", "plain"),
      // Windows-1252 has an ellipsis where Latin-1 has this control character.
      ("a\u{85}", "a…"),
    ] as [(String, String)])
  func characters(text: String, expected: String) {
    let found = applied(RepairText(), text)
    #expect(same(found, expected), "\(found?.debugDescription ?? "dropped")")
  }

  @Test("Each setting can be switched off by itself")
  func switchedOff() {
    let text = "\u{FEFF}a\u{0}\u{202E}\u{A0}\r\n\n\n\nÃ©e\u{301} \n"
    #expect(same(applied(bare, text), text))
  }

  @Test("Wide characters become narrow as far as is asked")
  func fullWidth() {
    var step = RepairText()
    let text = "ＡＢＣ１２３，（ｘ）！"
    #expect(applied(step, text) == text)
    step.fullWidth = .lettersAndDigits
    #expect(applied(step, text) == "ABC123，（x）！")
    step.fullWidth = .all
    #expect(applied(step, text) == "ABC123,(x)!")
  }

  @Test("The compatible form makes variants plain")
  func compatible() {
    var step = RepairText()
    step.form = .nfkc
    #expect(applied(step, "ﬁ ① Ａ ㎏ x²") == "fi 1 A kg x2")
  }

  @Test("A document of which too much could not be decoded is dropped")
  func undecodable() {
    #expect(judged(RepairText(), "ab\u{FFFD}").verdict == .drop(reason: "undecodable characters"))
    #expect(judged(RepairText(), String(repeating: "ab", count: 100) + "\u{FFFD}").verdict == .keep)
  }

  @Test("Repaired text is repaired no more")
  func idempotent() throws {
    let cases = try JSONValue(file: fixture("curation/repair.json")).arrayValue ?? []
    let documents = try GeneratedDocuments()
    let texts = cases.compactMap { $0.arrayValue?.first?.stringValue } + (0..<300).map { documents.document($0) }
    for text in texts {
      guard let once = applied(RepairText(), text) else { continue }
      #expect(same(applied(RepairText(), once), once), "\(text.debugDescription)")
    }
  }
}
