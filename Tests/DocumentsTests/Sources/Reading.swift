import Core
import Documents
import Testing

/// What came of an input.
struct ReadResult: Equatable {
  var documents: [Document] = []
  var skips: [Skip] = []
  var records = 0

  var texts: [String] { documents.map(\.text) }
  var reasons: [String] { skips.map(\.reason) }
  /// The texts with those that go on in the next joined.
  var wholeTexts: [String] {
    var result: [String] = []
    var current = ""
    for document in documents {
      current += document.text
      if document.continues { continue }
      result.append(current)
      current = ""
    }
    return current.isEmpty ? result : result + [current]
  }

  mutating func take(_ event: RecordEvent, _ format: any DocumentFormat) throws {
    records += 1
    switch event {
    case .skip(let skip): skips.append(skip)
    case .record(let record):
      let extraction = try format.extract(record)
      documents += extraction.documents
      skips += extraction.skips
      // Each record gives a document, perhaps in parts, or is counted.
      #expect(extraction.documents.isEmpty != extraction.skips.isEmpty)
    }
  }
}

/// Reads all of an input.
func read(
  _ format: any DocumentFormat, _ bytes: [UInt8], named name: String = "in", chunk: Int = 1 << 16
) throws -> ReadResult {
  var result = ReadResult()
  var reader = try format.reader(MemoryInput(bytes, pieceSize: chunk), named: name)
  while let event = try reader.next() { try result.take(event, format) }
  return result
}

func read(_ format: any DocumentFormat, _ text: String, named name: String = "in", chunk: Int = 1 << 16) throws
  -> ReadResult
{
  try read(format, Array(text.utf8), named: name, chunk: chunk)
}
