import Core
import Foundation
import TestSupport
import Testing
import Tokenizers

/// Ids, places and decoded text of hard lines, as the `tokenizers` library gives them: Tools/golden/tokenizer_files.py.
@Suite struct GoldenEncodingTests {
  struct Lines: Decodable {
    var lines: [String]
    var awkward_lines: [String]
  }

  struct Cases: Decodable {
    var cases: [Case]
  }

  struct Case: Decodable {
    var ids: [Int32]
    var offsets: [Int]
    var decoded: String?
    var without_special: String?
  }

  /// GPT-NeoX's tokenizer.json, which is not ours to commit; CONTRIBUTING.md says how to test with it.
  static let neoX = ProcessInfo.processInfo.environment["MARTLET_NEOX_TOKENIZER"]

  @Test(arguments: ["bpe", "characters", "awkward"])
  func trainedByTheLibrary(name: String) throws {
    let tokenizer = try Tokenizer.load(fixture("tokenizers/\(name).tokenizer.json"))
    try compare(tokenizer, name, withAwkwardLines: name == "awkward")
  }

  @Test(arguments: ["bpe", "characters", "awkward"])
  func theSameAfterSavingAndLoading(name: String) throws {
    let tokenizer = try Tokenizer.load(fixture("tokenizers/\(name).tokenizer.json"))
    try withTemporaryFolder { folder in
      try tokenizer.save(to: folder)
      let loaded = try Tokenizer.load(folder)
      try compare(loaded, name, withAwkwardLines: name == "awkward")
      #expect(loaded.json() == tokenizer.json())
      #expect(loaded.roles == tokenizer.roles)
      #expect(loaded.addedTokens == tokenizer.addedTokens)
    }
  }

  @Test(.enabled(if: neoX != nil, "MARTLET_NEOX_TOKENIZER does not name GPT-NeoX's tokenizer.json"))
  func tokenizerOfGPTNeoX() throws {
    let path = try #require(GoldenEncodingTests.neoX)
    try compare(try Tokenizer.load(path), "gpt_neo", withAwkwardLines: false)
  }

  private func compare(_ tokenizer: Tokenizer, _ name: String, withAwkwardLines: Bool) throws {
    let file = try JSONDecoder().decode(
      Lines.self, from: Data(contentsOf: URL(fileURLWithPath: fixture("tokenizers/lines.json"))))
    let cases = try JSONDecoder().decode(
      Cases.self, from: Data(contentsOf: URL(fileURLWithPath: fixture("tokenizers/\(name).json")))
    ).cases
    let lines = (withAwkwardLines ? file.awkward_lines : []) + file.lines
    try #require(lines.count == cases.count)
    for (line, expected) in zip(lines, cases) {
      let encoding = tokenizer.encodeWithOffsets(line)
      #expect(encoding.ids == expected.ids, "ids of \(line.debugDescription)")
      #expect(tokenizer.encode(line) == expected.ids, "cached ids of \(line.debugDescription)")
      let offsets = encoding.offsets.flatMap { characters(line, $0) }
      #expect(offsets == expected.offsets, "places in \(line.debugDescription)")
      let decoded = tokenizer.decode(expected.ids)
      #expect(Array(decoded.utf8) == Array((expected.decoded ?? line).utf8))
      let text = tokenizer.decode(expected.ids, skipsSpecialTokens: true)
      #expect(Array(text.utf8) == Array((expected.without_special ?? line).utf8))
      for skips in [false, true] {
        var decoder = tokenizer.streamingDecoder(skipsSpecialTokens: skips)
        let streamed = expected.ids.map { decoder.append($0) }.joined() + decoder.finish()
        #expect(Array(streamed.utf8) == Array((skips ? text : decoded).utf8), "streamed \(line.debugDescription)")
      }
    }
  }

  /// The library counts Unicode scalars, Martlet bytes.
  private func characters(_ text: String, _ bytes: Range<Int>) -> [Int] {
    let utf8 = Array(text.utf8)
    return [bytes.lowerBound, bytes.upperBound].map { place in utf8[..<place].count { $0 & 0xC0 != 0x80 } }
  }
}
