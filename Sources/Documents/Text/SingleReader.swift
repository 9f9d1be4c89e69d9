/// Reads an input as one record, a page or a book.
struct SingleReader: RecordReader {
  let input: any ByteInput
  let name: String
  /// What the record is called.
  let kind: String
  /// Longer inputs are left out, in bytes.
  let longest: Int
  private var isAtEnd = false

  init(_ input: any ByteInput, name: String, kind: String, longest: Int) {
    self.input = input
    self.name = name
    self.kind = kind
    self.longest = longest
  }

  mutating func next() throws -> RecordEvent? {
    if isAtEnd { return nil }
    isAtEnd = true
    let provenance = Provenance(input: name, place: kind)
    var bytes: [UInt8] = []
    while true {
      let piece = try input.read()
      if piece.isEmpty { return .record(Record(bytes: bytes, provenance: provenance)) }
      bytes += piece
      if bytes.count > longest { return .skip(Skip(reason: "\(kind) too large", provenance, sample: bytes)) }
    }
  }
}
