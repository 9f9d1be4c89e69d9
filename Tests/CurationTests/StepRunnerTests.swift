import Core
import Curation
import Documents
import Testing

/// Drops what contains "bad", replaces "e" by "é" and counts it.
private struct Replace: DocumentStep {
  static let name = "replace"

  func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    if document.text.contains("bad") {
      document.text = "half done"
      return .drop(reason: "bad word")
    }
    let count = document.text.utf8.count { $0 == UInt8(ascii: "e") }
    if count > 0 { counters["letters", default: 0] += count }
    if document.text.contains("x") { counters["other", default: 0] += 1 }
    document.text = String(document.text.map { $0 == "e" ? "é" : $0 })
    return .keep
  }
}

/// Drops empty text.
private struct DropEmpty: DocumentStep {
  static let name = "drop-empty"

  func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    document.text.isEmpty ? .drop(reason: "empty") : .keep
  }
}

private func document(_ number: Int, _ text: String) -> Document {
  Document(text: text, provenance: Provenance(input: "list.txt", place: "line \(number)"))
}

@Suite("Running steps over documents")
struct StepRunnerTests {
  private let runner = StepRunner([DropEmpty(), Replace()], samplesPerReason: 3)
  private let documents = (0..<200).map { number in
    switch number % 5 {
    case 0: document(number, "")
    case 1: document(number, "a bad line \(number)")
    case 2: document(number, "the sea \(number)")
    case 3: document(number, "exe \(number)")
    default: document(number, "nothing to do, nor \(number)")
    }
  }

  private func reports(_ documents: some Sequence<Document>) -> [StepReport] {
    var reports = runner.emptyReports()
    for var document in documents { _ = runner.run(&document, &reports) }
    return reports
  }

  @Test("A document that a step drops goes no further and keeps its text")
  func stopsAtTheFirstDrop() {
    var reports = runner.emptyReports()
    var dropped = document(1, "bad sea")
    #expect(runner.run(&dropped, &reports) == .drop(reason: "bad word"))
    #expect(dropped.text == "bad sea")
    var empty = document(2, "")
    #expect(runner.run(&empty, &reports) == .drop(reason: "empty"))
    var kept = document(3, "sea")
    #expect(runner.run(&kept, &reports) == .keep)
    #expect(kept.text == "séa")
    #expect(reports.map(\.documentsIn) == [3, 2])
    #expect(reports.map(\.documentsOut) == [2, 1])
  }

  @Test("A report counts documents, bytes, changes, drops by reason and the step's counters")
  func counts() {
    let report = reports(documents)[1]
    #expect(report.documentsIn == 160)
    #expect(report.documentsOut == 120)
    #expect(report.documentsChanged == 80)
    #expect(report.dropped == ["bad word": 40])
    #expect(report.counters == ["letters": 160, "other": 40])
    // Two bytes for one, 160 times, and the dropped lines gone.
    let dropped = documents.filter { $0.text.contains("bad") }.reduce(0) { $0 + $1.text.utf8.count }
    #expect(report.bytesOut == report.bytesIn + 160 - dropped)
  }

  @Test("Samples show what was dropped, and the first change of what was changed")
  func samples() throws {
    let report = reports(documents)[1]
    #expect(Set(report.samples.keys) == ["bad word", "letters", StepReport.severalChanges])
    let drop = try #require(report.samples["bad word"]?.first)
    #expect(drop.before.hasPrefix("a bad line"))
    #expect(drop.after == nil)
    let change = try #require(report.samples["letters"]?.first)
    #expect(change.before.hasPrefix("the sea"))
    #expect(change.after?.hasPrefix("thé séa") == true)
    #expect(report.samples.values.allSatisfy { $0.count == 3 })
  }

  @Test("A change deep in a long text is shown with its surroundings, cut between characters")
  func deepChange() throws {
    let text = String(repeating: "汉", count: 5000) + "e" + String(repeating: "字", count: 5000)
    let report = reports([document(1, text)])[1]
    let sample = try #require(report.samples["letters"]?.first)
    #expect(sample.before.contains("汉e字"))
    #expect(sample.after?.contains("汉é字") == true)
    #expect(!sample.before.contains("\u{FFFD}"))
    #expect(sample.before.utf8.count <= 240)
  }

  @Test("Reports of parts merge to the same bits, however documents were divided")
  func merges() throws {
    let whole = reports(documents)
    for parts in [2, 3, 7] {
      var merged = runner.emptyReports()
      for part in (0..<parts).reversed() {
        try merged.merge(reports(documents.enumerated().filter { $0.offset % parts == part }.map(\.element)))
      }
      #expect(merged == whole)
      #expect(merged.map { $0.json.text() } == whole.map { $0.json.text() })
    }
  }

  @Test("Reports of other steps don't merge")
  func refusesOthers() {
    var some = runner.emptyReports()
    #expect(throws: MartletError.self) { try some.merge([]) }
    #expect(throws: MartletError.self) { try some.merge(some.reversed()) }
  }

  @Test("A report comes back from its JSON as it was")
  func json() throws {
    for report in reports(documents) {
      let bytes = Array(report.json.text(indent: 2).utf8)
      #expect(try StepReport(JSONFields(parsing: bytes, name: "report.json")) == report)
    }
  }

  @Test(
    "A damaged report is refused by file and key",
    arguments: [
      #"{}"#, #"{"name":"x","samples_per_reason":-1}"#,
      #"{"name":"x","samples_per_reason":1,"documents_in":9223372036854775807}"#,
    ])
  func damaged(text: String) {
    #expect(throws: MartletError.self) { try StepReport(JSONFields(parsing: Array(text.utf8), name: "report.json")) }
  }
}
