import Core
import Documents
import Foundation

// Times the reading of structured sources on one thread:
//   source-bench json|csv|text|chat <file>       megabytes a second: cut into records, and whole
//   source-bench images <folder> <size>          JPEG and PNG images a second, decoded and cropped to size x size
// Prints one line of JSON.
func usage() -> Never {
  print("source-bench json|csv|text|chat <file>, or source-bench images <folder> <size>")
  exit(2)
}
let arguments = CommandLine.arguments
guard arguments.count >= 3 else { usage() }

func seconds(_ work: () throws -> Void) rethrows -> Double { try ContinuousClock().measure(work) / .seconds(1) }

if arguments[1] == "images" {
  guard arguments.count == 4, let size = Int(arguments[3]) else { usage() }
  let files = try FileSystem.list(arguments[2]).map { try FileSystem.read(arguments[2] + "/" + $0, limit: 1 << 28) }
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
  switch arguments[1] {
  case "json": JSONFormat(container: .lines)
  case "chat": JSONFormat(container: .lines, mapping: ChatMapping())
  case "csv": TableFormat()
  case "text": TextFormat(division: .blankLines)
  default: usage()
  }
let bytes = try FileSystem.read(arguments[2], limit: 4 << 30)
var records = 0
let cutting = try seconds {
  var reader = try format.reader(MemoryInput(bytes), named: arguments[2])
  while try reader.next() != nil { records += 1 }
}
var documents = 0
var textBytes = 0
let whole = try seconds {
  var reader = try format.reader(MemoryInput(bytes), named: arguments[2])
  while let event = try reader.next() {
    guard case .record(let record) = event else { continue }
    for document in format.extract(record).documents {
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
