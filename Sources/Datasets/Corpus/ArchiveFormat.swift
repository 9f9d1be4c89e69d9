import Core
import Documents

/// The files in a zip or tar archive, each read by the format that its ending says. Nothing is unpacked to the disk.
struct ArchiveFormat: DocumentFormat {
  /// The header that names a record's format.
  private static let endingHeader = "archive-member-ending"

  private let file: InputFile
  private let sources: [String: SourceFormat]
  private let formats: [String: any DocumentFormat]

  /// The files of an archive with these endings.
  ///
  /// Throws: what the making of a format throws.
  init(_ file: InputFile, _ sources: [String: SourceFormat]) throws {
    self.file = file
    self.sources = sources
    formats = try sources.mapValues { try $0.make() }
  }

  /// The library reads the archive itself, from its end where it is a zip; `input` is not needed.
  func reader(_ input: any ByteInput, named name: String) throws -> any RecordReader {
    Members(archive: try ArchiveReader(file, endings: Set(sources.keys)), name: name, sources: sources)
  }

  func extract(_ record: Record) throws -> Extraction {
    try record.headers[Self.endingHeader].flatMap { formats[$0] }?.extract(record) ?? Extraction()
  }

  /// The records of one member after another.
  private struct Members: RecordReader {
    let archive: ArchiveReader
    let name: String
    let sources: [String: SourceFormat]
    private var member: (reader: InputReader, ending: String)?

    init(archive: ArchiveReader, name: String, sources: [String: SourceFormat]) {
      self.archive = archive
      self.name = name
      self.sources = sources
    }

    mutating func next() throws -> RecordEvent? {
      while true {
        if let event = try member?.reader.next() {
          guard case .record(var record) = event, let ending = member?.ending else { return event }
          record.headers[ArchiveFormat.endingHeader] = ending
          return .record(record)
        }
        member = nil
        switch try archive.next() {
        case nil: return nil
        case .skip(let skip): return .skip(skip)
        case .member(let file):
          let ending = InputFile.ending(of: file.name)
          guard let source = sources[ending] else { continue }
          let name = "\(name), \(file.name)"
          let reader = try InputReader(source, named: name) {
            if case .raw = source.bytes { file } else { DecompressedInput(file, named: name) }
          }
          member = (reader, ending)
        }
      }
    }
  }
}
