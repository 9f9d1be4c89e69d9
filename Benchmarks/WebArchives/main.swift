import BenchmarkOptions
import Core
import Dispatch
import Documents
import Foundation
import Synchronization

/// What came of a file.
struct Totals {
  var documents = 0
  var textBytes = 0
  var skips: [String: Int] = [:]

  static func + (left: Totals, right: Totals) -> Totals {
    Totals(
      documents: left.documents + right.documents, textBytes: left.textBytes + right.textBytes,
      skips: left.skips.merging(right.skips, uniquingKeysWith: +))
  }
}

func list(_ path: String) throws {
  var reader = WebArchiveReader(try FileInput(path), name: path, largestBlock: 1 << 30, givesAll: true)
  while let event = try reader.next() {
    switch event {
    case .skip(let skip): print(["skip", skip.reason, skip.place].joined(separator: "\t"))
    case .record(let record):
      let type = record.headers["warc-type"] ?? ""
      var fields = [type, record.provenance.url ?? ""]
      if let response = type == "response" ? HTTPResponse(record.bytes[...]) : nil {
        fields.append(SHA256.hash(Array(response.body)).hex)
        switch response.content(limit: 1 << 30) {
        case .bytes(let bytes, _): fields.append(SHA256.hash(bytes).hex)
        case .unreadable(let reason): fields.append(reason)
        }
      } else {
        fields += [SHA256.hash(record.bytes).hex, ""]
      }
      print(fields.joined(separator: "\t"))
    }
  }
}

func read(_ path: String) throws -> Totals {
  let format = WebArchiveFormat()
  var reader = try format.reader(FileInput(path), named: path)
  var totals = Totals()
  while let event = try reader.next() {
    switch event {
    case .skip(let skip): totals.skips[skip.reason, default: 0] += 1
    case .record(let record):
      let extraction = try format.extract(record)
      totals.documents += extraction.documents.count
      totals.textBytes += extraction.documents.reduce(0) { $0 + $1.text.utf8.count }
      for skip in extraction.skips { totals.skips[skip.reason, default: 0] += 1 }
    }
  }
  return totals
}

let options = BenchmarkOptions(
  """
  webarchive-bench list FILE       a line for each record: type, address, hashes of its body as it came and as content
  webarchive-bench time FILE...    makes documents of files, one thread for each, and prints one line of JSON
  """, operands: 2...10_000)
let paths = Array(options.operands.dropFirst())
switch options.operands[0] {
case "list" where paths.count == 1: try list(paths[0])
case "time":
  let sum = Mutex(Totals())
  let bytes = try paths.reduce(0) { $0 + (try FileSystem.size(of: $1)) }
  let time = ContinuousClock().measure {
    DispatchQueue.concurrentPerform(iterations: paths.count) { index in
      let totals = (try? read(paths[index])) ?? Totals(skips: ["file that cannot be read": 1])
      sum.withLock { $0 = $0 + totals }
    }
  }
  let totals = sum.withLock { $0 }
  var skips = JSONObject()
  for (reason, count) in totals.skips.sorted(by: { $0.key < $1.key }) { skips[reason] = .integer(count) }
  let summary: JSONObject = [
    "compressed_bytes": .integer(bytes), "seconds": .double(time / .seconds(1)),
    "documents": .integer(totals.documents),
    "text_bytes": .integer(totals.textBytes), "skips": .object(skips),
  ]
  print(JSONValue.object(summary).text())
default: options.refuse()
}
