import BenchmarkOptions
import Core
import Curation
import Documents
import Foundation

// Times the steps that clean documents. Prints megabytes of text a second on one thread for each step and for the lists
// that peers have, as one line of JSON; with --decide what each rule decides instead, one line a document.
let options = BenchmarkOptions(
  "curation-bench FILE [--decide]    a file of JSON lines with a member \"text\"", operands: 1...1)
let path = options.operands[0]
let documents = try FileSystem.read(path, limit: 1 << 30).split(separator: UInt8(ascii: "\n")).map { line in
  let text = try JSONValue(parsing: Array(line), name: path).objectValue?["text"]?.stringValue ?? ""
  return Document(text: text, provenance: Provenance(input: path, place: ""))
}
let megabytes = Double(documents.reduce(0) { $0 + $1.text.utf8.count }) / 1e6

let rules: [any DocumentStep] = [GopherQuality(), GopherRepetition(), C4Quality(), FineWebQuality()]
if options.has("--decide") {
  for document in documents {
    let names = rules.map { step in
      var (copy, counters): (Document, Counters) = (document, [:])
      // What the documents are in is not in question.
      copy.attributes["language"] = .string("en")
      return switch step.apply(&copy, &counters) {
      case .keep: "kept"
      case .drop(let reason): reason.replacing(" ", with: "-")
      }
    }
    print(names.joined(separator: " "))
  }
  exit(0)
}

/// Megabytes a second of a list of steps over all documents, dropped ones up to the step that drops them.
func speed(_ steps: [any DocumentStep]) -> Double {
  let runner = StepRunner(steps)
  var reports = runner.emptyReports()
  let time = ContinuousClock().measure {
    for document in documents {
      var copy = document
      _ = runner.run(&copy, &reports)
    }
  }
  return megabytes / (time / .seconds(1))
}

var peerData = ScrubPersonalData()
peerData.kinds = [.email, .ipv4]
let peerList: [any DocumentStep] = [
  RepairText(), GopherQuality(), GopherRepetition(), C4Quality(), FineWebQuality(), peerData,
]
let usualList: [any DocumentStep] = [
  RepairText(), IdentifyLanguage(), C4Quality(), GopherQuality(), GopherRepetition(), FineWebQuality(),
  ChineseQuality(),
  RemoveBoilerplate(), ScrubPersonalData(),
]
var figures: JSONObject = ["all rules of datatrove": .double(speed(peerList)), "usual list": .double(speed(usualList))]
let single: [any DocumentStep] = [
  RepairText(), IdentifyLanguage(), C4Quality(), GopherQuality(), GopherRepetition(), FineWebQuality(),
  ChineseQuality(),
  RemoveBoilerplate(), ScrubPersonalData(), try ConvertChinese(),
  BlockList(phrases: PhraseMatcher((0..<5000).map { "word\($0)" })), SelectLength(.words), SampleFraction(0.5),
]
for step in single { figures[type(of: step).name] = .double(speed([step])) }
print(JSONValue.object(figures).text())
