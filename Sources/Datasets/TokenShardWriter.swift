import Core

/// Collects the tokens of documents and writes them as shards of a bounded size.
///
/// A shard is in memory until it is full, and then written as a whole, so that its header is right from the start.
package final class TokenShardWriter {
  /// A shard that was written.
  package struct Written: Sendable, Equatable {
    package var name: String
    package var tokens: Int
    package var documents: Int
    package var bytes: Int
    package var sha256: String
  }

  /// How many tokens a shard has at most.
  package static let defaultShardTokens = 1 << 25

  package private(set) var shards: [Written] = []
  package private(set) var tokenCount = 0
  package private(set) var documentCount = 0
  /// How often each id was written.
  package private(set) var counts: [UInt64]

  /// Where the targets of the documents go, document by document, if they have any.
  package let targets: TokenShardWriter?

  private let folder: String
  private let prefix: String
  private let vocabularySize: Int
  private let fingerprint: [UInt8]
  private let shardTokens: Int
  private let width: Int
  private var tokens: [UInt8] = []
  private var pending = 0
  private var ends: [UInt64] = []

  /// Shards are named `<prefix>-00000.tokens` and so on.
  package init(
    folder: String, prefix: String, vocabularySize: Int, tokenizerFingerprint: String,
    shardTokens: Int = TokenShardWriter.defaultShardTokens, targets: TokenShardWriter? = nil
  ) {
    self.folder = folder
    self.prefix = prefix
    self.vocabularySize = vocabularySize
    self.shardTokens = max(1, shardTokens)
    self.targets = targets
    width = vocabularySize <= 1 << 16 ? 2 : 4
    fingerprint = [UInt8](hexadecimal: tokenizerFingerprint) ?? []
    counts = Array(repeating: 0, count: vocabularySize)
  }

  /// Appends tokens of the current document.
  package func append(_ ids: some Collection<Int32>) throws {
    for id in ids {
      if pending == shardTokens { try flush() }
      counts[Int(id)] += 1
      let value = UInt32(bitPattern: id)
      tokens.append(UInt8(truncatingIfNeeded: value))
      tokens.append(UInt8(truncatingIfNeeded: value >> 8))
      if width == 4 {
        tokens.append(UInt8(truncatingIfNeeded: value >> 16))
        tokens.append(UInt8(truncatingIfNeeded: value >> 24))
      }
      pending += 1
    }
    tokenCount += ids.count
  }

  /// Ends the current document, and that of the targets.
  package func endDocument() {
    targets?.endDocument()
    ends.append(UInt64(pending))
    documentCount += 1
  }

  /// Writes what is left, also of the targets.
  package func finish() throws {
    try targets?.finish()
    if pending > 0 || !ends.isEmpty { try flush() }
  }

  private func flush() throws {
    let number = String(shards.count)
    let name = "\(prefix)-\(String(repeating: "0", count: max(0, 5 - number.count)))\(number).tokens"
    while tokens.count % 8 != 0 { tokens.append(0) }
    var endBytes: [UInt8] = []
    endBytes.reserveCapacity(8 * ends.count)
    for end in ends { endBytes.append(littleEndian: end) }

    var header = TokenShardHeader.magic
    header.append(littleEndian: TokenShardHeader.version)
    header.append(littleEndian: UInt32(width))
    header.append(littleEndian: UInt64(pending))
    header.append(littleEndian: UInt64(ends.count))
    header.append(littleEndian: UInt64(vocabularySize))
    header += fingerprint.prefix(32) + Array(repeating: 0, count: max(0, 32 - fingerprint.count))
    var hash = SHA256()
    for bytes in [header, tokens, endBytes] { bytes.withUnsafeBytes { hash.update($0) } }
    header += hash.finish().bytes
    header += Array(repeating: 0, count: TokenShardHeader.size - header.count)

    let size = header.count + tokens.count + endBytes.count
    let receipt = try AtomicFile.write(to: joinPath(folder, name), expecting: size, hashing: true) { file in
      try file.append(header)
      try file.append(tokens)
      try file.append(endBytes)
    }
    shards.append(
      Written(
        name: name, tokens: pending, documents: ends.count, bytes: receipt.bytes, sha256: receipt.sha256 ?? ""))
    tokens.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    pending = 0
  }
}
