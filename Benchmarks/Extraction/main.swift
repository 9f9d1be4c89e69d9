import BenchmarkOptions
import Core
import Dispatch
import Documents
import Foundation

// Extracts the main content of pages, whose paths come line by line on the standard input.
// Prints a line of JSON for each page, in the order of the list, and at last one on the standard error with the time of
// decoding, parsing and extraction without reading and printing.
let options = BenchmarkOptions(
  "extraction-bench [--threads N] [--no-text | --features] [--everything] < list of files", operands: 0...0)
let threads = options.number("--threads") ?? 1
let extractor = HTMLExtractor(scope: options.has("--everything") ? .everything : .mainContent)
var paths: [String] = []
while let line = readLine() { paths.append(line) }
let pages = try paths.map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: $0))) }
if options.has("--features") {
  // For Tools/train_extraction.py: the names, then the blocks of each page.
  print(JSONValue.array(HTMLExtractor.featureNames.map { .string($0) }).text())
  for page in pages {
    let blocks = try extractor.features(bytes: page).map { text, values in
      JSONValue.object(["text": .string(text), "values": .array(values.map { .double(Double($0)) })])
    }
    print(JSONValue.object(["blocks": .array(blocks)]).text())
  }
  exit(0)
}
_ = try extractor.extract(bytes: Array("<p>warm</p>".utf8))

nonisolated(unsafe) let results = UnsafeMutableBufferPointer<HTMLPage>.allocate(capacity: pages.count)
results.initialize(repeating: HTMLPage())
let time = ContinuousClock().measure {
  DispatchQueue.concurrentPerform(iterations: threads) { worker in
    for index in stride(from: worker, to: pages.count, by: threads) {
      results[index] = (try? extractor.extract(bytes: pages[index])) ?? HTMLPage()
    }
  }
}

if !options.has("--no-text") {
  for (path, page) in zip(paths, results) {
    var object: JSONObject = [
      "path": .string(path), "text": .string(page.text), "charset": .string(page.charset), "cut": .bool(page.isCut),
    ]
    if let title = page.title { object["title"] = .string(title) }
    if let author = page.author { object["author"] = .string(author) }
    if let date = page.date { object["date"] = .string(date) }
    if let language = page.language { object["language"] = .string(language) }
    if let licence = page.licence { object["licence"] = .string(licence) }
    print(JSONValue.object(object).text())
  }
}
let seconds = time / .seconds(1)
let summary: JSONObject = [
  "pages": .integer(pages.count), "bytes": .integer(pages.reduce(0) { $0 + $1.count }), "seconds": .double(seconds),
  "threads": .integer(threads),
]
FileHandle.standardError.write(Data((JSONValue.object(summary).text() + "\n").utf8))
