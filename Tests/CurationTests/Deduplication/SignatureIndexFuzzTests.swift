import Core
import Curation
import Foundation
import TestSupport
import Testing

@Suite("Index of signatures")
struct SignatureIndexFuzzTests {
  private func index(_ settings: DuplicateSettings, in folder: String) throws -> [UInt8] {
    var samples = SampleTexts(seed: 40)
    let path = joinPath(folder, "seed")
    _ = try findDuplicates(samples.collection(60), settings, to: path)
    return try FileSystem.read(path, limit: 1 << 20)
  }

  @Test("is read again only if it is whole: any changed, missing or added byte is an error that names the file")
  func mutations() throws {
    let settings = DuplicateSettings(permutations: 16)
    try withTemporaryFolder { folder in
      let seed = try index(settings, in: folder)
      let path = joinPath(folder, "index")
      var random = RandomStream(RandomKey(seed: 41))
      func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
      let edges: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF]
      let time = FuzzTime()
      var rounds = 0
      while rounds < 200 || time.isLeft {
        rounds += 1
        var bytes = seed
        for _ in 0...pick(3) {
          switch bytes.isEmpty ? 4 : pick(6) {
          case 0: bytes[pick(bytes.count)] ^= 1 << UInt8(pick(8))
          case 1: bytes.removeLast(min(bytes.count, 1 + pick(200)))
          case 2: bytes[pick(min(64, bytes.count))] = edges[pick(edges.count)]
          case 3:
            let size: [UInt8] = (0..<8).map { _ in edges[pick(edges.count)] }
            if bytes.count >= 48 { bytes.replaceSubrange(40..<48, with: size) }
          case 4: bytes += (0...pick(100)).map { _ in UInt8(pick(256)) }
          default: bytes[pick(bytes.count)] = UInt8(pick(256))
          }
          if bytes.count < 48 { break }
        }
        if bytes == seed { continue }
        // Some keep a right hash, so that what lies behind it is reached.
        if pick(2) == 0, bytes.count > 96 {
          bytes.removeLast(32)
          bytes += SHA256.hash(bytes).bytes
          if bytes == seed { continue }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        do {
          let search = try NearDuplicates(settings, folder: folder, maximumMemory: 1 << 20, index: path)
          let summary = try search.finish { _ in }
          // With a right hash, a changed signature or ordinal is as good as another.
          let hash = SHA256.hash(Array(bytes.dropLast(32))).bytes
          #expect(hash == Array(bytes.suffix(32)))
          #expect(summary.documents == 0)
        } catch let error as MartletError {
          #expect(error.place?.hasPrefix(path) == true)
        }
      }
    }
  }

  private func read(_ path: String) throws -> [UInt8] { try FileSystem.read(path, limit: 1 << 20) }

  @Test("says what is wrong with it")
  func messages() throws {
    try withTemporaryFolder { folder in
      let settings = DuplicateSettings(permutations: 16)
      let seed = try index(settings, in: folder)
      func check(
        _ code: MartletError.Code, _ used: DuplicateSettings? = nil, _ change: (inout [UInt8]) -> Void = { _ in }
      ) throws {
        var bytes = seed
        change(&bytes)
        let path = joinPath(folder, "index")
        try AtomicFile.write(bytes, to: path)
        let error = #expect(throws: MartletError.self) {
          try NearDuplicates(used ?? settings, folder: folder, maximumMemory: 1 << 20, index: path)
        }
        #expect(error?.code == code)
      }
      try check(.malformedFile) { $0[0] = 0 }
      try check(.unsupported) { $0[8] = 9 }
      try check(.malformedFile) { $0.removeLast() }
      try check(.malformedFile) { $0.removeAll() }
      try check(.malformedFile) { $0[47] = 0x80 }
      try check(.corrupted) { $0[100] ^= 1 }
      try check(.mismatch, DuplicateSettings(threshold: 0.7, permutations: 16))
      try check(.mismatch, DuplicateSettings(permutations: 32))
      #expect(throws: MartletError.self) {
        try NearDuplicates(settings, folder: folder, maximumMemory: 1 << 20, index: joinPath(folder, "none"))
      }
      #expect(throws: MartletError.self) {
        try NearDuplicates(settings, folder: folder, maximumMemory: 1 << 20, index: folder)
      }
    }
  }

  @Test("keeps its bytes whether it was written in one run or over itself")
  func sameBytes() throws {
    try withTemporaryFolder { folder in
      var samples = SampleTexts(seed: 50)
      let texts = samples.collection(300)
      let (a, b) = (joinPath(folder, "a"), joinPath(folder, "b"))
      _ = try findDuplicates(texts, to: a)
      _ = try findDuplicates(texts, memory: 1 << 17, to: b)
      #expect(try read(a) == read(b))
      _ = try findDuplicates([], from: a, to: a)
      #expect(try read(a) == read(b))
    }
  }
}
