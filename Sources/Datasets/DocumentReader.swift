import Core
import Documents
import Tokenizers

/// A part of a document: documents come in parts of a few megabytes, so that none is in memory as a whole for long.
package struct DocumentPart: Sendable {
  package var bytes: [UInt8]
  /// The number of the document among those that are not skipped.
  package var ordinal: Int
  /// A hash of the document's content or group, the same for all its parts.
  package var contentHash: UInt64
  package var endsDocument: Bool
  /// The place of its file, or of its input, in the list of sources.
  package var source: Int
  /// Whether it is the first part of its document.
  package var beginsDocument: Bool
  /// What else is known of the document, in each of its parts.
  package var attributes: [String: JSONValue]
  /// Where the document is from.
  package var provenance: Provenance
}

/// Where documents are read from.
package enum TextInput: Sendable {
  /// Files, one after another.
  case files([SourceFile])
  /// The documents of a corpus.
  case corpus(CorpusSequence)

  /// About how many bytes there are.
  var bytes: Int {
    switch self {
    case .files(let files): files.reduce(0) { $0 + $1.bytes }
    case .corpus(let sequence): sequence.bytes
    }
  }
}

/// Reads documents in order, and leaves out those that are unfit.
package struct DocumentReader {
  package private(set) var report = SkipReport()
  /// How many bytes of files or of text were read.
  private(set) var bytesRead = 0
  /// The files that gave no document.
  private(set) var filesWithoutText: [String] = []
  /// What a person is told of files that are damaged.
  private(set) var damage: [String] = []
  /// The licences of the documents of each source.
  private(set) var licences: [Int: Set<String>] = [:]
  private var ordinal = 0
  /// The hash of a document that the next one goes on with.
  private var openHash: UInt64?

  /// A part is at least this long, if the document is, and cut where a word begins.
  private static let partSize = 1 << 20
  private static let longestPart = 8 << 20
  /// Documents name their licences themselves: a field that is none must not fill the memory.
  private static let mostLicences = 1000

  package init() {}

  /// Calls `body` with the parts of all documents.
  ///
  /// Throws: `MartletError` if a file cannot be read or has changed since it was inspected, or what `body` throws.
  package mutating func read(_ input: TextInput, _ body: (DocumentPart) throws -> Void) throws {
    switch input {
    case .files(let files):
      for (source, file) in files.enumerated() { try read(file, source, body) }
    case .corpus(let sequence):
      try sequence.forEach { document, group, source in
        bytesRead += document.text.utf8.count
        try take(document, source, hash: group, body)
      }
    }
  }

  private mutating func read(_ file: SourceFile, _ source: Int, _ body: (DocumentPart) throws -> Void) throws {
    let (start, before) = (bytesRead, ordinal)
    var reader = try file.reader()
    while let event = try reader.next() {
      switch event {
      case .skip(let skip):
        report.skip(skip.reason, at: skip.place)
        if skip.reason == InputReader.damage { damage.append(InputReader.warning(skip)) }
      case .record(let record):
        bytesRead += record.bytes.count
        let extraction = try reader.format?.extract(record) ?? Extraction()
        for skip in extraction.skips { report.skip(skip.reason, at: skip.place) }
        for var document in extraction.documents {
          if document.provenance.licence == nil { document.provenance.licence = file.licence }
          try take(document, source, hash: openHash ?? document.groupHash(nil), body)
        }
      }
    }
    bytesRead = start + file.bytes
    if ordinal == before { filesWithoutText.append(file.path) }
  }

  /// Counts documents that were handed on as left out after all.
  mutating func drop(_ skips: SkipReport) {
    report.read -= skips.read
    report.written -= skips.read
    report.add(skips)
  }

  /// Hands on a document in parts.
  private mutating func take(_ document: Document, _ source: Int, hash: UInt64, _ body: (DocumentPart) throws -> Void)
    throws
  {
    if document.attributes[TextRules.repairedAttribute] != nil {
      report.repair(at: "\(document.provenance.input), \(document.provenance.place)")
    }
    let licence = document.provenance.licence ?? "unknown"
    if licences[source, default: []].count < Self.mostLicences { licences[source, default: []].insert(licence) }
    let text = Array(document.text.utf8)
    var start = 0
    var searched = 0
    func give(_ bytes: [UInt8], endsDocument: Bool) throws {
      try body(
        DocumentPart(
          bytes: bytes, ordinal: ordinal, contentHash: hash, endsDocument: endsDocument, source: source,
          beginsDocument: start == 0 && openHash == nil, attributes: document.attributes,
          provenance: document.provenance))
    }
    while text.count - start > Self.partSize, let end = Self.partEnd(text, from: start, &searched) {
      try give(Array(text[start..<end]), endsDocument: false)
      start = end
    }
    try give(start == 0 ? text : Array(text[start...]), endsDocument: !document.continues)
    openHash = document.continues ? hash : nil
    if document.continues { return }
    report.read += 1
    report.written += 1
    ordinal += 1
  }

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
