/// The pieces of an input between delimiters, each a record.
package struct LineReader: RecordReader {
  private var pieces: PieceReader
  private let name: String
  private let unit: String
  private let skipsBlank: Bool

  /// A reader of lines or of what else stands between delimiters.
  ///
  /// - Parameters:
  ///   - limit: longer pieces are left out.
  ///   - line: the number of the first line.
  ///   - unit: what a piece's number counts, in its place.
  ///   - skipsBlank: whether a piece with nothing but white space is no record.
  package init(
    _ input: any ByteInput, name: String, delimiter: [UInt8] = [0x0A], limit: Int, line: Int = 1,
    unit: String = "line", skipsBlank: Bool
  ) {
    pieces = PieceReader(input, delimiter: delimiter, limit: limit, line: line)
    self.name = name
    self.unit = unit
    self.skipsBlank = skipsBlank
  }

  /// The next piece.
  package mutating func next() throws -> RecordEvent? {
    while let piece = try pieces.next() {
      if skipsBlank, !piece.isTooLong, piece.bytes.allSatisfy(isWhiteSpace) { continue }
      let provenance = Provenance(input: name, place: "\(unit) \(piece.line)")
      if piece.isTooLong { return .skip(Skip(.tooLong, provenance, sample: piece.bytes)) }
      return .record(Record(bytes: piece.bytes, provenance: provenance))
    }
    return nil
  }
}

/// The blocks of lines between blank lines, each a record.
struct BlockReader: RecordReader {
  var pieces: PieceReader
  let name: String
  let longest: Int

  mutating func next() throws -> RecordEvent? {
    var block: [UInt8] = []
    var firstLine = 0
    var isTooLong = false
    while let piece = try pieces.next() {
      if !piece.isTooLong, piece.bytes.allSatisfy(isWhiteSpace) {
        if firstLine > 0 { break }
        continue
      }
      if firstLine == 0 { firstLine = piece.line }
      if isTooLong { continue }
      if !block.isEmpty { block.append(0x0A) }
      block += piece.bytes
      if piece.isTooLong || block.count > longest {
        isTooLong = true
        block = Array(block.prefix(256))
      }
    }
    if firstLine == 0 { return nil }
    let provenance = Provenance(input: name, place: "line \(firstLine)")
    if isTooLong { return .skip(Skip(.tooLong, provenance, sample: block)) }
    return .record(Record(bytes: block, provenance: provenance))
  }
}
