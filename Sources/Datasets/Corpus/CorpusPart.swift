import Core
import Curation
import Documents

/// The documents of one input after its steps: a folder of a corpus, named by the hash of all that decides its content.
///
///     documents.jsonl   a document a line
///     offsets.bin       for each document 8 bytes: twice its offset, plus 1 where it goes on with the one before
///     signatures.bin    for each document its signature, where duplicates are searched for
///     part.json         counts and samples; written last
struct CorpusPart {
  let folder: String
  let summary: PartSummary
  /// The size and the hash of the documents.
  let bytes: Int
  let sha256: String

  static let summaryName = "part.json"
  static func documents(_ folder: String) -> String { joinPath(folder, "documents.jsonl") }
  static func offsets(_ folder: String) -> String { joinPath(folder, "offsets.bin") }
  static func signatures(_ folder: String) -> String { joinPath(folder, "signatures.bin") }

  /// Opens a part that was finished; nil if there is none.
  ///
  /// Throws: `MartletError` if it is damaged.
  init?(folder: String) throws {
    let path = joinPath(folder, Self.summaryName)
    guard FileSystem.kind(of: path) != nil else { return nil }
    let fields = try JSONFields(file: path)
    self.folder = folder
    summary = try PartSummary(fields)
    bytes = try fields.integer("bytes", in: 0...1 << 56)
    sha256 = try fields.string("sha256")
    guard try FileSystem.size(of: Self.documents(folder)) == bytes,
      try FileSystem.size(of: Self.offsets(folder)) == 8 * summary.documents
    else {
      throw MartletError(
        .corrupted, "the documents are not as long as they were written", at: folder,
        remedy: "Remove the folder and run `martlet data` again; it is made anew.")
    }
  }
}

/// Random access to the documents of several parts, a few of which have their files open at a time: a corpus may have more
/// parts than a process may open files.
final class PartReaders {
  private let parts: [CorpusPart]
  private var readers: [Int: PartReader] = [:]
  /// The parts that are open, the one that was opened first at the beginning.
  private var opened: [Int] = []

  private static let most = 32

  init(_ parts: [CorpusPart]) { self.parts = parts }

  /// The reader of a part.
  subscript(part: Int) -> PartReader {
    get throws {
      if let reader = readers[part] { return reader }
      if opened.count == Self.most { readers[opened.removeFirst()] = nil }
      let reader = try PartReader(parts[part])
      readers[part] = reader
      opened.append(part)
      return reader
    }
  }
}

/// Random access to the documents of a part. Files are read and not mapped: what was read long ago takes no memory.
final class PartReader {
  private let part: CorpusPart
  private let documents: ByteStream
  private let offsets: ByteStream
  /// Some entries, from a place on.
  private var entries: [UInt8] = []
  private var firstEntry = 0

  private static let entriesAtOnce = 512

  init(_ part: CorpusPart) throws {
    self.part = part
    documents = try ByteStream(CorpusPart.documents(part.folder))
    offsets = try ByteStream(CorpusPart.offsets(part.folder))
  }

  private func entry(_ index: Int) throws -> UInt64 {
    if index < firstEntry || index >= firstEntry + entries.count / 8 {
      firstEntry = index
      let end = min(part.summary.documents, index + Self.entriesAtOnce)
      guard index >= 0, index < end else { throw damaged() }
      entries = try offsets.bytes(8 * index..<8 * end)
      guard entries.count == 8 * (end - index) else { throw damaged() }
    }
    return entries.withUnsafeBytes { $0.integer(at: 8 * (index - firstEntry)) }
  }

  /// Whether a document goes on with the one before.
  func continuesPrevious(_ index: Int) throws -> Bool { try entry(index) & 1 == 1 }

  func document(_ index: Int) throws -> Document {
    let start = Int(truncatingIfNeeded: try entry(index) >> 1)
    let end = index + 1 < part.summary.documents ? Int(truncatingIfNeeded: try entry(index + 1) >> 1) : part.bytes
    guard start >= 0, start < end, end <= part.bytes else { throw damaged() }
    let line = try documents.bytes(start..<end)
    guard line.count == end - start else { throw damaged() }
    do {
      return try line.withUnsafeBytes { try Document(line: $0, of: documents.path) }
    } catch let error as MartletError where error.code == .malformedFile {
      throw damaged()
    }
  }

  private func damaged() -> MartletError {
    MartletError(
      .corrupted, "the documents of this part are damaged", at: part.folder,
      remedy: "Remove the folder and run `martlet data` again; it is made anew.")
  }
}
