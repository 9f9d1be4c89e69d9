import BenchmarkOptions
import Core
import Documents
import Foundation

// Times the reading of structured sources on one thread and prints one line of JSON.
let options = BenchmarkOptions(
  """
  source-bench json|csv|text|chat FILE    megabytes a second: cut into records, and whole
  source-bench images FOLDER SIZE         JPEG and PNG images a second, decoded and cropped to SIZE x SIZE
  """, operands: 2...3)
let (kind, path) = (options.operands[0], options.operands[1])

func seconds(_ work: () throws -> Void) rethrows -> Double { try ContinuousClock().measure(work) / .seconds(1) }

if kind == "images" {
  guard let size = options.number(2) else { options.refuse() }
  let files = try FileSystem.list(path).map { try FileSystem.read(joinPath(path, $0), limit: 1 << 28) }
  let decoder = ImageDecoder(size: .crop(width: size, height: size), filter: .bicubic)
  var decoded = 0
  var sum = 0
  let time = try seconds {
    for file in files {
      let image = try decoder.decode(file)
      sum += Int(image.pixels[image.pixels.count / 2])
      decoded += 1
    }
  }
  print(JSONValue.object(["images a second": .double(Double(decoded) / time), "sum": .integer(sum)]).text())
  exit(0)
}

let format: any DocumentFormat =
  switch kind {
  case "json": JSONFormat(container: .lines)
  case "chat": JSONFormat(container: .lines, mapping: ChatMapping())
  case "csv": TableFormat()
  case "text": TextFormat(division: .blankLines)
  default: options.refuse()
  }
let bytes = try FileSystem.read(path, limit: 4 << 30)
var records = 0
let cutting = try seconds {
  var reader = try format.reader(MemoryInput(bytes), named: path)
  while try reader.next() != nil { records += 1 }
}
var documents = 0
var textBytes = 0
let whole = try seconds {
  var reader = try format.reader(MemoryInput(bytes), named: path)
  while let event = try reader.next() {
    guard case .record(let record) = event else { continue }
    for document in try format.extract(record).documents {
      documents += 1
      textBytes += document.text.utf8.count
    }
  }
}
let megabytes = Double(bytes.count) / 1e6
print(
  JSONValue.object([
    "cut, MB/s": .double(megabytes / cutting), "whole, MB/s": .double(megabytes / whole),
    "extract, MB/s": .double(megabytes / (whole - cutting)), "records": .integer(records),
    "documents": .integer(documents), "bytes of text": .integer(textBytes),
  ]).text())
