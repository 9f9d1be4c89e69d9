import Core
import Documents
import Foundation
import Testing

@Suite struct DecompressionTests {
  static let tools: [(Compression, tool: String)] = [
    (.gzip, "gzip"), (.bzip2, "bzip2"), (.xz, "xz"), (.zstd, "zstd"),
  ].filter { hasTool($0.1) }

  private func decompress(_ bytes: [UInt8], pieceSize: Int = 1 << 18) -> (bytes: [UInt8], error: MartletError?) {
    let input = DecompressedInput(MemoryInput(bytes, pieceSize: pieceSize), named: "x")
    let (content, error) = readAll(input)
    // A failed input fails again, an ended one stays at its end.
    #expect(readAll(input).bytes.isEmpty)
    #expect((readAll(input).error == nil) == (error == nil))
    return (content, error as? MartletError)
  }

  @Test(arguments: tools) func `content comes back whole, whatever the pieces`(
    _ compression: Compression, tool: String
  ) throws {
    let text = sampleText(300_000)
    let compressed = try filter(text, through: tool, ["-c"])
    #expect(Compression(front: compressed) == compression)
    for size in [1, 2, 3, 7, 1000, 1 << 18] {
      let (content, error) = decompress(compressed, pieceSize: size)
      #expect(content == text)
      #expect(error == nil)
    }
  }

  @Test(arguments: tools) func `streams one after another are one content, with zeros at the end or not`(
    _ compression: Compression, tool: String
  ) throws {
    let parts = (1...3).map { sampleText(50_000 * Int($0), seed: $0) }
    var compressed: [UInt8] = []
    for part in parts { compressed += try filter(part, through: tool, ["-c"]) }
    #expect(decompress(compressed).bytes == parts.flatMap { $0 })
    let (content, error) = decompress(compressed + [UInt8](repeating: 0, count: 4096), pieceSize: 100)
    #expect(content == parts.flatMap { $0 })
    #expect(error == nil)
  }

  @Test(arguments: tools) func `a stream that is cut off gives all before the cut and an error that says where`(
    _ compression: Compression, tool: String
  ) throws {
    let text = sampleText(1_000_000)
    let compressed = try filter(text, through: tool, ["-c"])
    for cut in [12, compressed.count / 3, compressed.count / 2, compressed.count - 1] {
      let (content, error) = decompress(Array(compressed[..<cut]), pieceSize: 5000)
      #expect(text.starts(with: content))
      // Blocks of bzip2 have 900 kB and cannot be decoded in part; the others come nearly to the cut.
      if compression == .gzip { #expect(content.count > text.count * cut / compressed.count - 20_000) }
      #expect(error?.code == .malformedFile)
      #expect(error?.place == "x, byte \(cut)")
      #expect(error?.message.contains("cut off") == true)
    }
  }

  @Test func `a cut within the second of two streams gives all of the first, for each kind`() throws {
    let text = sampleText(1_000_000)
    for (_, tool) in Self.tools {
      let compressed = try filter(text, through: tool, ["-c"])
      let (content, error) = decompress(compressed + compressed[..<(compressed.count / 2)])
      #expect(content.count >= text.count)
      #expect((text + text).starts(with: content))
      #expect(error?.message.contains("cut off") == true)
    }
  }

  @Test(arguments: tools) func `a flipped bit is an error at a place, never other content without one`(
    _ compression: Compression, tool: String
  ) throws {
    let text = sampleText(200_000)
    let compressed = try filter(text, through: tool, ["-c"] + (compression == .zstd ? ["--check"] : []))
    var random = SplitMix(state: 7)
    for _ in 0..<100 {
      var damaged = compressed
      // Behind the header, whose name and date nothing protects.
      let place = 12 + Int(random.next() % UInt64(compressed.count - 12))
      damaged[place] ^= 1 << UInt8(random.next() % 8)
      let (content, error) = decompress(damaged)
      if content != text { #expect(error?.place?.hasPrefix("x, byte ") == true, "byte \(place)") }
    }
  }

  @Test func `foreign bytes behind a stream are an error, and all of the stream comes first`() throws {
    for (_, tool) in Self.tools {
      let text = sampleText(10_000)
      let compressed = try filter(text, through: tool, ["-c"])
      let (content, error) = decompress(compressed + Array("garbage".utf8))
      #expect(content == text)
      #expect(error?.place == "x, byte \(compressed.count)")
    }
  }

  @Test(arguments: ["", "B", "BZ", "BZh9 is how this text begins", "(not zstd)", "PK", "plain\n", "\u{1F}\n"])
  func `other content stays as it is`(_ text: String) {
    for size in [1, 100] {
      let (content, error) = decompress(Array(text.utf8), pieceSize: size)
      #expect(content == Array(text.utf8))
      #expect(error == nil)
    }
  }

  @Test func `a bomb takes no memory beyond a piece`() throws {
    let bomb = try filter([UInt8](repeating: 0, count: 50_000_000), through: "gzip", ["-c"])
    let input = DecompressedInput(MemoryInput(bomb), named: "x")
    var count = 0
    while true {
      let piece = try input.read()
      if piece.isEmpty { break }
      #expect(piece.count <= 1 << 20)
      count += piece.count
    }
    #expect(count == 50_000_000)
  }
}
