import Core
import Datasets
import Foundation
import TestSupport
import Testing

/// Shards for tests.
enum ShardFiles {
  static let fingerprint = String(repeating: "0123456789abcdef", count: 4)

  static func writer(_ folder: String, vocabularySize: Int, shardTokens: Int = 1000) -> TokenShardWriter {
    TokenShardWriter(
      folder: folder, prefix: "train", vocabularySize: vocabularySize, tokenizerFingerprint: fingerprint,
      shardTokens: shardTokens)
  }

  static func sequence(_ folder: String, _ writer: TokenShardWriter) throws -> TokenSequence {
    try TokenSequence(writer.shards.map { try TokenShard(folder + "/" + $0.name) })
  }

  static func tokens(_ sequence: TokenSequence, _ range: Range<Int>) throws -> [Int32] {
    var result = [Int32](repeating: -1, count: range.count)
    try result.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { try sequence.copy(range, to: base) }
    }
    return result
  }
}

@Suite struct TokenShardTests {
  @Test(arguments: [(300, 2), (65536, 2), (65537, 4), (1 << 20, 4)])
  func tokensComeBack(vocabularySize: Int, width: Int) throws {
    try withTemporaryFolder { folder in
      let writer = ShardFiles.writer(folder, vocabularySize: vocabularySize, shardTokens: 10)
      var random = RandomStream(RandomKey(seed: 1))
      let documents = [3, 0, 25, 1, 9].map { count in
        (0..<count).map { _ in Int32.random(in: 0..<Int32(vocabularySize), using: &random) }
      }
      for document in documents {
        try writer.append(document)
        writer.endDocument()
      }
      try writer.append([Int32(vocabularySize - 1)])
      try writer.finish()
      let sequence = try ShardFiles.sequence(folder, writer)
      #expect(sequence.count == 39 && sequence.shards.count == 4)
      #expect(sequence.shards.map(\.header.tokenWidth) == [width, width, width, width])
      #expect(sequence.shards[0].header.tokenizerFingerprint == ShardFiles.fingerprint)
      let all = Array(documents.joined()) + [Int32(vocabularySize - 1)]
      #expect(try ShardFiles.tokens(sequence, 0..<39) == all)
      for start in 0..<39 { #expect(try ShardFiles.tokens(sequence, start..<39) == Array(all[start...])) }
      #expect(try ShardFiles.tokens(sequence, 20..<20) == [])
      #expect(throws: MartletError.self) { try ShardFiles.tokens(sequence, 30..<40) }
      let ends = try sequence.shards.enumerated().flatMap { index, shard in
        try (0..<shard.header.documentCount).map { 10 * index + (try shard.documentEnd($0)) }
      }
      #expect(ends == [3, 3, 28, 29, 38])
      try sequence.verify()
    }
  }

  private func shard(_ folder: String) throws -> (path: String, bytes: [UInt8]) {
    let writer = ShardFiles.writer(folder, vocabularySize: 500)
    try writer.append((0..<101).map { Int32($0) })
    writer.endDocument()
    try writer.finish()
    let path = folder + "/train-00000.tokens"
    return (path, try FileSystem.read(path, limit: 1 << 20))
  }

  private func set(_ bytes: inout [UInt8], _ offset: Int, _ value: UInt64, _ width: Int) {
    for index in 0..<width { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
  }

  @Test func everyTruncationIsRefused() throws {
    try withTemporaryFolder { folder in
      let (path, bytes) = try shard(folder)
      for count in 0..<bytes.count {
        try Data(bytes[..<count]).write(to: URL(fileURLWithPath: path))
        let error = try #require(throws: MartletError.self) { try TokenShard(path) }
        #expect(error.description.contains(path) && error.description.contains("offset"))
      }
    }
  }

  @Test(arguments: [
    (0, 1, UInt64(0x58)), (8, 4, 2), (12, 4, 4), (12, 4, 0), (16, 8, .max), (16, 8, 1 << 62), (16, 8, 113), (16, 8, 97),
    (24, 8, .max), (24, 8, 1 << 61), (24, 8, 2), (32, 8, 0), (32, 4, 0xFFFF_FFFF), (32, 4, 70_000),
  ])
  func wrongHeadersAreRefused(offset: Int, width: Int, value: UInt64) throws {
    try withTemporaryFolder { folder in
      let (path, original) = try shard(folder)
      var bytes = original
      set(&bytes, offset, value, width)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let error = try #require(throws: MartletError.self) { try TokenShard(path) }
      #expect(error.description.contains(path))
    }
  }

  @Test func anIdOutsideTheVocabularyIsRefusedWithItsOffset() throws {
    try withTemporaryFolder { folder in
      let (path, original) = try shard(folder)
      var bytes = original
      set(&bytes, 128 + 2 * 40, 500, 2)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let sequence = try TokenSequence([TokenShard(path)])
      #expect(try ShardFiles.tokens(sequence, 0..<40).count == 40)
      let error = try #require(throws: MartletError.self) { try ShardFiles.tokens(sequence, 30..<60) }
      #expect(error.code == .corrupted && error.description.contains("offset 208") && error.description.contains("500"))
    }
  }

  @Test func everyChangedByteIsFound() throws {
    try withTemporaryFolder { folder in
      let (path, bytes) = try shard(folder)
      for offset in bytes.indices {
        var changed = bytes
        changed[offset] ^= 0x04
        try Data(changed).write(to: URL(fileURLWithPath: path))
        #expect(throws: MartletError.self, "byte \(offset)") { try TokenShard(path).verify() }
      }
    }
  }

  @Test func documentEndsOutOfOrderAreRefused() throws {
    try withTemporaryFolder { folder in
      let (path, original) = try shard(folder)
      var bytes = original
      set(&bytes, bytes.count - 8, 102, 8)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(throws: MartletError.self) { try TokenShard(path).documentEnd(0) }
      #expect(throws: MartletError.self) { try TokenShard(path).documentEnd(1) }
    }
  }

  @Test func shardsOfTwoTokenizersDoNotMix() throws {
    try withTemporaryFolder { folder in
      let (path, bytes) = try shard(folder)
      var other = bytes
      other[40] ^= 1
      try Data(other).write(to: URL(fileURLWithPath: folder + "/other.tokens"))
      let error = try #require(throws: MartletError.self) {
        try TokenSequence([TokenShard(path), TokenShard(folder + "/other.tokens")])
      }
      #expect(error.code == .mismatch)
    }
  }

  @Test func aFullDiskLeavesNoShard() throws {
    try #require(throws: MartletError.self) {
      let writer = ShardFiles.writer("/nowhere", vocabularySize: 10)
      try writer.append([1])
      try writer.finish()
    }
  }

  @Test(.enabled(if: canMountSmallDisk, "mounting a small disk takes root"))
  func aFullDiskIsSaidAndLeavesNothing() throws {
    try withSmallDisk(kilobytes: 64) { folder in
      let writer = ShardFiles.writer(folder, vocabularySize: 100_000, shardTokens: 1 << 20)
      let error = try #require(throws: MartletError.self) {
        try writer.append((0..<100_000).map { Int32($0) })
        try writer.finish()
      }
      #expect(error.code == .inputOutput && error.message.contains("full"))
      #expect(try FileSystem.list(folder).isEmpty)
    }
  }
}
