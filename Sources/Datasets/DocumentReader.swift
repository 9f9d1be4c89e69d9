import Core
import Tokenizers

/// A part of a document: documents come in parts of a few megabytes, so that none is in memory as a whole for long.
package struct DocumentPart: Sendable {
  package var bytes: [UInt8]
  /// The number of the document among those that are not skipped.
  package var ordinal: Int
  /// A hash of the document's content, the same for all its parts.
  package var contentHash: UInt64
  package var endsDocument: Bool
}

/// Reads the documents of files, in order, and leaves out those that are unfit.
package struct DocumentReader {
  package let settings: DataSettings
  package private(set) var report = SkipReport()
  /// How many bytes of files were read.
  private(set) var bytesRead = 0
  private var ordinal = 0

  /// A part is at least this long, if the document is, and cut where a word begins.
  private static let partSize = 1 << 20
  private static let longestPart = 8 << 20

  package init(_ settings: DataSettings) { self.settings = settings }

  /// Calls `body` with the parts of all documents.
  ///
  /// Throws: `MartletError` if a file cannot be read or has changed since it was inspected, or what `body` throws.
  package mutating func read(_ files: [SourceFile], _ body: (DocumentPart) throws -> Void) throws {
    for file in files {
      let start = bytesRead
      switch (file.isJSONL, settings.division) {
      case (true, _): try readLines(file, body)
      case (false, .file): try readWhole(file, body)
      case (false, .blankLines): try readBlocks(file, body)
      case (false, .separator(let text)): try readSeparated(file, Array(text.utf8), body)
      }
      bytesRead = start + file.bytes
    }
  }

  private mutating func readWhole(_ file: SourceFile, _ body: (DocumentPart) throws -> Void) throws {
    if let offset = file.firstNul { return report.skip(.nulBytes, at: "\(file.path), byte \(offset)") }
    if file.isBlank { return report.skip(.empty, at: file.path) }
    if let offset = file.firstBroken {
      let place = "\(file.path), byte \(offset)"
      if settings.invalidUTF8 == .drop { return report.skip(.brokenUTF8, at: place) }
      report.repair(at: place)
    }
    let stream = try ByteStream(file.path)
    let contentHash = file.sha256.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    var hash = SHA256()
    var buffer: [UInt8] = []
    var searched = 0
    var isFirst = true
    while true {
      let chunk = try stream.read()
      chunk.withUnsafeBytes { hash.update($0) }
      bytesRead += chunk.count
      buffer += chunk
      let isLast = chunk.isEmpty
      if isFirst, buffer.count >= 3 || isLast {
        isFirst = false
        if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { buffer.removeFirst(3) }
      }
      guard isLast || buffer.count > DocumentReader.partSize else { continue }
      let end = isLast ? buffer.count : DocumentReader.partEnd(buffer, from: 0, &searched)
      guard let end else { continue }
      searched = 0
      if isLast, hash.finish().bytes != file.sha256 {
        throw MartletError(
          .inputOutput, "the file has changed while it was read", at: file.path,
          remedy: "Run the command again when nothing writes to the file any more.")
      }
      let bytes = file.firstBroken == nil ? Array(buffer[..<end]) : repaired(Array(buffer[..<end]))
      buffer.removeFirst(end)
      try body(DocumentPart(bytes: bytes, ordinal: ordinal, contentHash: contentHash, endsDocument: isLast))
      if isLast { break }
    }
    finishDocument()
  }

  private mutating func readLines(_ file: SourceFile, _ body: (DocumentPart) throws -> Void) throws {
    try readPieces(file, [0x0A]) { reader, piece in
      let place = "\(file.path), line \(piece.line)"
      guard var line = piece.bytes else { return reader.report.skip(.tooLong, at: place) }
      // An empty line is no record.
      if line.allSatisfy(isWhiteSpace) { return }
      if line.contains(0) { return reader.report.skip(.nulBytes, at: place) }
      let isBroken = line.withUnsafeBufferPointer { firstInvalidUTF8(in: $0) } != nil
      if isBroken {
        if reader.settings.invalidUTF8 == .drop { return reader.report.skip(.brokenUTF8, at: place) }
        line = reader.repaired(line)
      }
      switch textOfLine(line, key: reader.settings.textField) {
      case .failure(let failure): reader.report.skip(failure.reason, at: place)
      case .success(let text):
        try reader.emit(text.bytes, wasRepaired: isBroken || text.hadHalfSurrogates, at: place, body)
      }
    }
  }

  private mutating func readSeparated(
    _ file: SourceFile, _ separator: [UInt8], _ body: (DocumentPart) throws -> Void
  ) throws {
    try readPieces(file, separator) { reader, piece in
      let place = "\(file.path), line \(piece.line)"
      guard let bytes = piece.bytes else { return reader.report.skip(.tooLong, at: place) }
      try reader.checkAndEmit(bytes, at: place, body)
    }
  }

  private mutating func readBlocks(_ file: SourceFile, _ body: (DocumentPart) throws -> Void) throws {
    var block: [UInt8] = []
    var firstLine = 0
    var isTooLong = false
    func end(_ reader: inout DocumentReader) throws {
      defer {
        block.removeAll(keepingCapacity: true)
        firstLine = 0
        isTooLong = false
      }
      guard firstLine > 0 else { return }
      let place = "\(file.path), line \(firstLine)"
      if isTooLong { return reader.report.skip(.tooLong, at: place) }
      try reader.checkAndEmit(block, at: place, body)
    }
    try readPieces(file, [0x0A]) { reader, piece in
      if let line = piece.bytes, line.allSatisfy(isWhiteSpace) { return try end(&reader) }
      if firstLine == 0 { firstLine = piece.line }
      guard let line = piece.bytes, block.count + line.count < reader.settings.longestDocument else {
        isTooLong = true
        block.removeAll()
        return
      }
      if isTooLong { return }
      if !block.isEmpty { block.append(0x0A) }
      block += line
    }
    try end(&self)
  }

  private mutating func readPieces(
    _ file: SourceFile, _ delimiter: [UInt8], _ body: (inout DocumentReader, DelimitedReader.Piece) throws -> Void
  ) throws {
    let start = bytesRead
    var reader = DelimitedReader(
      try ByteStream(file.path), delimiter: delimiter, limit: settings.longestDocument)
    while let piece = try reader.next() {
      bytesRead = start + piece.offset
      try body(&self, piece)
    }
  }

  private mutating func checkAndEmit(
    _ bytes: [UInt8], at place: String, _ body: (DocumentPart) throws -> Void
  ) throws {
    if bytes.contains(0) { return report.skip(.nulBytes, at: place) }
    let isBroken = bytes.withUnsafeBufferPointer { firstInvalidUTF8(in: $0) } != nil
    if isBroken && settings.invalidUTF8 == .drop { return report.skip(.brokenUTF8, at: place) }
    try emit(isBroken ? repaired(bytes) : bytes, wasRepaired: isBroken, at: place, body)
  }

  /// Hands on a document that is whole in memory, in parts.
  private mutating func emit(
    _ text: [UInt8], wasRepaired: Bool, at place: String, _ body: (DocumentPart) throws -> Void
  ) throws {
    if text.contains(0) { return report.skip(.nulBytes, at: place) }
    if text.allSatisfy(isWhiteSpace) { return report.skip(.empty, at: place) }
    if wasRepaired && settings.invalidUTF8 == .drop { return report.skip(.brokenUTF8, at: place) }
    if wasRepaired { report.repair(at: place) }
    let hash = SHA256.hash(text).bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    var start = 0
    var searched = 0
    while text.count - start > DocumentReader.partSize,
      let end = DocumentReader.partEnd(text, from: start, &searched)
    {
      let bytes = Array(text[start..<end])
      try body(DocumentPart(bytes: bytes, ordinal: ordinal, contentHash: hash, endsDocument: false))
      start = end
    }
    let bytes = start == 0 ? text : Array(text[start...])
    try body(DocumentPart(bytes: bytes, ordinal: ordinal, contentHash: hash, endsDocument: true))
    finishDocument()
  }

  private mutating func finishDocument() {
    report.read += 1
    report.written += 1
    ordinal += 1
  }

  private func repaired(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBufferPointer { repairedUTF8($0).bytes } }

  /// Where the part that begins at `start` ends, nil if only more text can tell; `searched` is where to look from.
  ///
  /// Very long text without white space is cut between characters.
  private static func partEnd(_ bytes: [UInt8], from start: Int, _ searched: inout Int) -> Int? {
    searched = max(searched, start + partSize)
    let boundary = bytes.withUnsafeBufferPointer { tokenBoundary(in: $0, from: searched) }
    if let boundary { return boundary }
    searched = max(searched, bytes.count)
    guard bytes.count - start >= longestPart else { return nil }
    var place = bytes.count - 1
    while place > start + 1, bytes[place] & 0xC0 == 0x80 { place -= 1 }
    return place
  }
}

/// Why a line of JSONL gives no text.
struct LineFailure: Error { var reason: SkipReason }

/// The text of a line of JSONL. Halves of surrogate pairs, which are no text in any encoding, are replaced by U+FFFD.
func textOfLine(
  _ line: [UInt8], key: String
) -> Result<(bytes: [UInt8], hadHalfSurrogates: Bool), LineFailure> {
  line.withUnsafeBytes { bytes in
    var reader = JSONReader(bytes, name: "", positions: .offset(0), repairsSurrogates: true)
    var hadHalfSurrogates = false
    var text: String?
    var failure: SkipReason = .noText
    do {
      guard reader.peek() == UInt8(ascii: "{") else {
        _ = try reader.value()
        try reader.end()
        return .failure(LineFailure(reason: .notAnObject))
      }
      try reader.object { reader, found in
        guard ExactString(found) == ExactString(key) else { return _ = try reader.value() }
        if reader.peek() == UInt8(ascii: "\"") {
          let before = reader.repairedSurrogates
          text = try reader.string()
          hadHalfSurrogates = reader.repairedSurrogates > before
        } else {
          text = nil
          failure = .textNotAString
          _ = try reader.value()
        }
      }
      try reader.end()
    } catch {
      return .failure(LineFailure(reason: .notJSON))
    }
    return text.map { .success((Array($0.utf8), hadHalfSurrogates)) } ?? .failure(LineFailure(reason: failure))
  }
}
