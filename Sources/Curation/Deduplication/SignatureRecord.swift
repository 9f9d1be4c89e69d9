import Core

/// A document in a file of signatures. All integers are little-endian.
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 8 | the ordinal of the document |
/// | 8 | 16 | its exact hash, the lower half first |
/// | 24 | 4 | how many n-grams it has |
/// | 28 | 4 | the place in the file of the first document of its cluster: its own, or an earlier one |
/// | 32 | permutations | the values of its signature; none where only equal texts are looked for |
struct SignatureRecord {
  static let headerSize = 32

  /// The bytes of a record.
  static func size(_ settings: DuplicateSettings) -> Int {
    headerSize + (settings.isExact ? 0 : settings.permutations)
  }

  /// Where the record starts.
  let start: UnsafePointer<UInt8>

  private func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
    T(littleEndian: UnsafeRawPointer(start).loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  var ordinal: UInt64 { load(0, as: UInt64.self) }
  var exact: ExactHash { ExactHash(low: load(8, as: UInt64.self), high: load(16, as: UInt64.self)) }
  var nGrams: UInt32 { load(24, as: UInt32.self) }
  var root: UInt32 { load(28, as: UInt32.self) }
  var values: UnsafePointer<UInt8> { start + Self.headerSize }

  /// The similarity of two documents whose signatures have so many values.
  func similarity(to other: SignatureRecord, permutations: Int) -> Double {
    if exact == other.exact { return 1 }
    guard nGrams > 0, other.nGrams > 0 else { return 0 }
    let equal = DocumentSignature.countEqual(values, other.values, permutations)
    return DocumentSignature.similarity(equal: equal, of: permutations)
  }

  /// Appends a record to bytes.
  static func append(ordinal: UInt64, _ signature: DocumentSignature, root: UInt32, to bytes: inout [UInt8]) {
    bytes.append(littleEndian: ordinal)
    bytes.append(littleEndian: signature.exact.low)
    bytes.append(littleEndian: signature.exact.high)
    bytes.append(littleEndian: signature.nGrams)
    bytes.append(littleEndian: root)
    bytes.append(contentsOf: signature.values)
  }
}

/// The records of an index that was there before, and of the documents that were added, by their places.
final class SignatureStore {
  private let recordSize: Int
  private let index: SignatureIndex?
  private let file: TemporaryFile
  private var pending: [UInt8] = []
  private(set) var count: Int

  private static let blockSize = 1 << 18

  init(folder: String, recordSize: Int, index: SignatureIndex?) throws {
    self.recordSize = recordSize
    self.index = index
    file = try TemporaryFile(in: folder)
    count = index?.count ?? 0
  }

  /// How many of the records are those of the index.
  var oldCount: Int { index?.count ?? 0 }

  /// Appends a record.
  func append(ordinal: UInt64, _ signature: DocumentSignature) throws {
    if pending.count + recordSize > Self.blockSize { try flush() }
    SignatureRecord.append(ordinal: ordinal, signature, root: 0, to: &pending)
    count += 1
  }

  /// Writes out what is pending, so that it can be read.
  func flush() throws {
    try pending.withUnsafeBytes { try file.append($0) }
    pending.removeAll(keepingCapacity: true)
  }

  /// Reads records from a place on, as many as fit in the buffer.
  private func read(_ buffer: UnsafeMutableRawBufferPointer, from position: Int) throws -> Int {
    let wanted = buffer.count / recordSize
    if let index, position < index.count {
      let got = min(wanted, index.count - position)
      try index.read(UnsafeMutableRawBufferPointer(rebasing: buffer[..<(got * recordSize)]), from: position)
      return got
    }
    let got = min(wanted, count - position)
    let slice = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(got * recordSize)])
    try file.read(slice, at: (position - oldCount) * recordSize)
    return got
  }

  /// Reads the record at a place to `target`, which has room for it.
  func read(_ position: Int, to target: UnsafeMutablePointer<UInt8>) throws {
    _ = try read(UnsafeMutableRawBufferPointer(start: target, count: recordSize), from: position)
  }

  /// Calls `body` with all records from a place on, in order.
  func forEach(from first: Int, _ body: (Int, SignatureRecord) throws -> Void) throws {
    var buffer = [UInt8](repeating: 0, count: max(Self.blockSize, recordSize) + 16)
    let usable = buffer.count - 16
    var position = first
    while position < count {
      try buffer.withUnsafeMutableBytes { bytes in
        let got = try read(UnsafeMutableRawBufferPointer(rebasing: bytes[..<usable]), from: position)
        guard let start = bytes.baseAddress else { return }
        for item in 0..<got {
          let record = (start + item * recordSize).assumingMemoryBound(to: UInt8.self)
          try body(position + item, SignatureRecord(start: record))
        }
        position += got
      }
    }
  }
}
