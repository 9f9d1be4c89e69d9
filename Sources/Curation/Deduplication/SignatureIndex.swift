import Core

/// A file with the signatures of the documents of a version of data, so that later ones can be compared with them.
///
/// All integers are unsigned and little-endian.
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 8 | `MRTLDUPS` in ASCII |
/// | 8 | 4 | version: 1 |
/// | 12 | 4 | record size R: 32, and the number of permutations unless the threshold is 1 |
/// | 16 | 8 | threshold, a 64-bit floating-point number |
/// | 24 | 4 | permutations |
/// | 28 | 4 | words of an n-gram |
/// | 32 | 4 | characters of an n-gram |
/// | 36 | 4 | folding: 1 letter case, 2 white space, 4 punctuation |
/// | 40 | 8 | how many records N there are |
/// | 48 | 16 | zero |
/// | 64 | N x R | the records (`SignatureRecord`), ordinals increasing |
/// | 64 + N x R | 32 | SHA-256 of all that is before |
final class SignatureIndex {
  static let magic = Array("MRTLDUPS".utf8)
  static let version: UInt32 = 1
  static let headerSize = 64
  static let digestSize = 32

  let path: String
  let recordSize: Int
  let count: Int
  private let header: [UInt8]
  private let file: ByteStream

  /// Opens an index that must have been made with these settings; reads only its header.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, `malformedFile`, `unsupported` for another version, or
  /// `mismatch` for other settings.
  init(_ path: String, _ settings: DuplicateSettings) throws {
    self.path = path
    let size = try FileSystem.size(of: path)
    guard FileSystem.kind(of: path) == .file, size >= Self.headerSize + Self.digestSize else {
      throw Self.malformed("the file is too short for an index of signatures (\(size) bytes)", path)
    }
    let file = try ByteStream(path)
    self.file = file
    var header = [UInt8](repeating: 0, count: Self.headerSize)
    try header.withUnsafeMutableBytes { try file.read($0, at: 0) }
    self.header = header
    (recordSize, count) = try Self.check(header, size: size, settings, path)
  }

  private static func malformed(_ message: String, _ path: String) -> MartletError {
    MartletError(
      .malformedFile, message, at: path, remedy: "The file is damaged or not an index of signatures: build it again.")
  }

  private static func check(
    _ header: [UInt8], size: Int, _ settings: DuplicateSettings, _ path: String
  ) throws -> (recordSize: Int, count: Int) {
    guard header.starts(with: magic) else { throw malformed("the file does not start with MRTLDUPS", path) }
    let version = header.withUnsafeBytes { $0.integer(at: 8, as: UInt32.self) }
    guard version == Self.version else {
      throw MartletError(
        .unsupported, "the index has version \(version); this program reads version \(Self.version)", at: path,
        remedy: "Build it again with this program.")
    }
    let stated = header.withUnsafeBytes { $0.integer(at: 40, as: UInt64.self) }
    guard header[48...].allSatisfy({ $0 == 0 }) else { throw malformed("reserved bytes of the header are not 0", path) }
    guard header == Self.header(settings, count: stated) else {
      throw MartletError(
        .mismatch, "the index was made with other settings than those that are used now", at: path,
        remedy: "Use the threshold, permutations, n-gram sizes and folding of the version, or build it again.")
    }
    let recordSize = SignatureRecord.size(settings)
    let body = size - headerSize - digestSize
    let (needed, overflow) = stated.multipliedReportingOverflow(by: UInt64(recordSize))
    guard !overflow, needed == UInt64(body), body / recordSize <= Int(UInt32.max) else {
      throw malformed("the header tells of \(stated) records, and \(body) bytes are there", path)
    }
    return (recordSize, body / recordSize)
  }

  /// The header of an index.
  static func header(_ settings: DuplicateSettings, count: UInt64) -> [UInt8] {
    var bytes = magic
    bytes.append(littleEndian: version)
    bytes.append(littleEndian: UInt32(SignatureRecord.size(settings)))
    bytes.append(littleEndian: settings.threshold.bitPattern)
    bytes.append(littleEndian: UInt32(settings.permutations))
    bytes.append(littleEndian: UInt32(settings.wordNGram))
    bytes.append(littleEndian: UInt32(settings.characterNGram))
    bytes.append(littleEndian: settings.folding.rawValue)
    bytes.append(littleEndian: count)
    bytes.append(contentsOf: [UInt8](repeating: 0, count: headerSize - bytes.count))
    return bytes
  }

  /// Reads records from a place on.
  func read(_ buffer: UnsafeMutableRawBufferPointer, from position: Int) throws {
    try file.read(buffer, at: Self.headerSize + position * recordSize)
  }

  /// Calls `body` with all records in order and checks them: ordinals, clusters, and at the end the hash.
  ///
  /// Throws: `MartletError` with code `malformedFile`, `corrupted` or `inputOutput`, or what `body` throws.
  func verify(_ body: (Int, SignatureRecord) throws -> Void) throws {
    var hash = SHA256()
    header.withUnsafeBytes { hash.update($0) }
    // Bits that say which records are the first of their clusters.
    var roots = [UInt64](repeating: 0, count: count / 64 + 1)
    var last: UInt64?
    let perBlock = max(1, (1 << 18) / recordSize)
    var buffer = [UInt8](repeating: 0, count: perBlock * recordSize + 16)
    for first in stride(from: 0, to: count, by: perBlock) {
      let inBlock = min(perBlock, count - first)
      try buffer.withUnsafeMutableBytes { bytes in
        let block = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(inBlock * recordSize)])
        try read(block, from: first)
        hash.update(UnsafeRawBufferPointer(block))
        guard let start = block.baseAddress else { return }
        for item in 0..<inBlock {
          let position = first + item
          let record = SignatureRecord(start: (start + item * recordSize).assumingMemoryBound(to: UInt8.self))
          let root = Int(record.root)
          if let last, record.ordinal <= last {
            throw Self.malformed("the ordinal of record \(position) is not larger than the one before", path)
          }
          last = record.ordinal
          if root == position {
            roots[position / 64] |= 1 << UInt64(position % 64)
          } else if root > position || roots[root / 64] >> UInt64(root % 64) & 1 == 0 {
            throw Self.malformed("record \(position) belongs to a cluster that is not there", path)
          }
          try body(position, record)
        }
      }
    }
    var stored = [UInt8](repeating: 0, count: Self.digestSize)
    try stored.withUnsafeMutableBytes { try read($0, from: count) }
    guard hash.finish().bytes == stored else {
      throw MartletError(
        .corrupted, "the content of the index does not fit its hash", at: path,
        remedy: "The file is damaged: copy it again or build it again.")
    }
  }
}
