import Core

/// What the first 128 bytes of a token shard say. The format is described in docs/FORMAT-shards.md.
public struct TokenShardHeader: Sendable, Equatable {
  /// How many tokens the shard has.
  public var tokenCount: Int
  /// How many documents end in the shard.
  public var documentCount: Int
  /// Every id is below this.
  public var vocabularySize: Int
  /// The SHA-256 of the `tokenizer.json` that made the ids, in hexadecimal digits.
  public var tokenizerFingerprint: String

  static let magic = Array("MRTLTOKS".utf8)
  static let version: UInt32 = 1
  static let size = 128
  /// The bytes before the hash, which it covers together with what follows the header.
  static let hashedSize = 72

  /// How many bytes a token takes: 2 while all ids fit.
  public var tokenWidth: Int { vocabularySize <= 1 << 16 ? 2 : 4 }
  /// Bytes that the tokens take, with what fills up the last 8.
  var tokenBytes: Int { (tokenCount * tokenWidth + 7) & ~7 }
}

/// A file of token ids, memory-mapped, read-only.
///
/// Opening checks everything that keeps later reads inside the file. The ids themselves are checked as they are read,
/// and all of them with the hash by `verify`.
public final class TokenShard: Sendable {
  /// What the file says of itself.
  public let header: TokenShardHeader
  /// The path of the file.
  public var path: String { file.path }

  private let file: MappedFile
  private let contentHash: [UInt8]
  private let documentEndsOffset: Int

  /// Opens a shard and checks its header and lengths.
  ///
  /// Throws: `MartletError` with the offset of what is wrong.
  public init(_ path: String) throws {
    file = try MappedFile(path)
    func malformed(_ message: String, at offset: Int) -> MartletError {
      MartletError(
        .malformedFile, message, at: "\(path), offset \(offset)",
        remedy: "Run `martlet data` again to write the tokens anew.")
    }
    guard file.count >= TokenShardHeader.size else {
      throw malformed("a token shard has at least \(TokenShardHeader.size) bytes, this file \(file.count)", at: 0)
    }
    guard try file.withBytes(0..<8, { $0.elementsEqual(TokenShardHeader.magic) }) else {
      throw malformed("this is not a token shard", at: 0)
    }
    let version = try file.integer(at: 8, as: UInt32.self)
    guard version == TokenShardHeader.version else {
      throw malformed("version \(version) of the format is not known, only \(TokenShardHeader.version)", at: 8)
    }
    let width = Int(try file.integer(at: 12, as: UInt32.self))
    let tokens = try file.integer(at: 16, as: UInt64.self)
    let documents = try file.integer(at: 24, as: UInt64.self)
    let vocabulary = try file.integer(at: 32, as: UInt64.self)
    guard vocabulary > 0, vocabulary <= UInt64(Int32.max) else {
      throw malformed("a vocabulary of \(vocabulary) tokens is not between 1 and 2^31", at: 32)
    }
    let vocabularySize = Int(vocabulary)
    guard try file.withBytes(104..<TokenShardHeader.size, { $0.allSatisfy { $0 == 0 } }) else {
      throw malformed("bytes that must be zero are not", at: 104)
    }
    guard width == (vocabularySize <= 1 << 16 ? 2 : 4) else {
      throw malformed("tokens of \(width) bytes do not fit a vocabulary of \(vocabularySize)", at: 12)
    }
    // Bounded by the size of the file before any of them is multiplied.
    guard tokens <= UInt64(file.count) / UInt64(width) else {
      throw malformed("\(tokens) tokens are more than the file can hold: it was cut off", at: 16)
    }
    guard documents <= UInt64(file.count) / 8 else {
      throw malformed("\(documents) documents are more than the file can hold: it was cut off", at: 24)
    }
    let fingerprint = try file.withBytes(40..<72) { Array($0).hexadecimal }
    contentHash = try file.withBytes(72..<104) { Array($0) }
    header = TokenShardHeader(
      tokenCount: Int(tokens), documentCount: Int(documents), vocabularySize: vocabularySize,
      tokenizerFingerprint: fingerprint)
    documentEndsOffset = TokenShardHeader.size + header.tokenBytes
    let expected = documentEndsOffset + 8 * header.documentCount
    guard file.count == expected else {
      throw malformed("the header says \(expected) bytes, the file has \(file.count)", at: min(expected, file.count))
    }
  }

  /// Where document `index` ends: the number of tokens of the shard up to and with its last.
  ///
  /// Throws: `MartletError` if the file holds an end that is out of order.
  public func documentEnd(_ index: Int) throws -> Int {
    let offset = documentEndsOffset + 8 * index
    let end = try file.integer(at: offset, as: UInt64.self)
    let previous = index > 0 ? try file.integer(at: offset - 8, as: UInt64.self) : 0
    guard end >= previous, end <= UInt64(header.tokenCount) else {
      throw MartletError(
        .corrupted, "document \(index) ends at token \(end), which is not between \(previous) and \(header.tokenCount)",
        at: "\(path), offset \(offset)", remedy: "Run `martlet data` again to write the tokens anew.")
    }
    return Int(end)
  }

  /// Copies the ids of a range of tokens, which must lie inside the shard.
  ///
  /// Throws: `MartletError` if an id is not in the vocabulary. Complexity: O(range), no memory is taken.
  public func copy(_ range: Range<Int>, to target: UnsafeMutablePointer<Int32>) throws {
    guard range.lowerBound >= 0, range.upperBound <= header.tokenCount else {
      throw MartletError(
        .invalidArgument, "tokens \(range) were asked for, the shard has \(header.tokenCount)", at: path)
    }
    let offset = TokenShardHeader.size + range.lowerBound * header.tokenWidth
    var largest: UInt32 = 0
    guard let base = file.bytes.baseAddress.map({ $0 + offset }) else { return }
    withExtendedLifetime(file) {
      if header.tokenWidth == 2 {
        for index in 0..<range.count {
          let id = UInt32(UInt16(littleEndian: base.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
          largest = max(largest, id)
          target[index] = Int32(bitPattern: id)
        }
      } else {
        for index in 0..<range.count {
          let id = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
          largest = max(largest, id)
          target[index] = Int32(bitPattern: id)
        }
      }
    }
    guard largest >= UInt32(header.vocabularySize) else { return }
    for index in 0..<range.count where UInt32(bitPattern: target[index]) >= UInt32(header.vocabularySize) {
      throw MartletError(
        .corrupted,
        "the id \(UInt32(bitPattern: target[index])) is not in the vocabulary of \(header.vocabularySize) tokens",
        at: "\(path), offset \(offset + index * header.tokenWidth)",
        remedy: "Run `martlet data` again to write the tokens anew.")
    }
  }

  /// Compares the content with the hash in the header, and reads every id and document end.
  ///
  /// Throws: `MartletError` for the first thing that is wrong. Complexity: O(bytes).
  public func verify() throws {
    var hash = SHA256()
    try file.withBytes(0..<TokenShardHeader.hashedSize) { hash.update($0) }
    try file.withBytes(TokenShardHeader.size..<file.count) { hash.update($0) }
    guard hash.finish().bytes == contentHash else {
      throw MartletError(
        .corrupted, "the content does not match its hash", at: path,
        remedy: "Run `martlet data` again to write the tokens anew.")
    }
    var buffer = [Int32](repeating: 0, count: 1 << 16)
    var start = 0
    while start < header.tokenCount {
      let end = min(start + buffer.count, header.tokenCount)
      try buffer.withUnsafeMutableBufferPointer { buffer in
        if let base = buffer.baseAddress { try copy(start..<end, to: base) }
      }
      start = end
    }
    for index in 0..<header.documentCount { _ = try documentEnd(index) }
  }
}
