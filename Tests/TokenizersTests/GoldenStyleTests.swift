import Core
import Foundation
import TestSupport
import Testing
import Tokenizers

/// Tokenizers in the style of known models, against the `tokenizers` and `sentencepiece` libraries:
/// Tools/golden/tokenizer_styles.py.
@Suite struct GoldenStyleTests {
  struct Case: Decodable {
    var pair: String?
    var ids: [Int32]
    var offsets: [Int]
    var words: [Int]
    var types: [Int32]
    var special: [Int]
    var attention: [Int]
    var decoded: String
    var text: String
  }

  struct Cases: Decodable { var cases: [Case] }
  struct Lines: Decodable { var lines: [String] }

  struct Pieces: Decodable {
    var ids: [[Int32]]
    var decoded: [String]
  }

  static let folder = fixture("tokenizer_styles")
  static let files = ((try? FileSystem.list(folder)) ?? []).sorted()
  static let styles = files.filter { $0.hasSuffix(".json") && !$0.hasSuffix(".model.json") && $0 != "lines.json" }
  static let models = files.filter { $0.hasSuffix(".model") }

  private func decode<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: GoldenStyleTests.folder + "/" + name)))
  }

  @Test func everyStyleIsThere() {
    #expect(GoldenStyleTests.styles.count >= 25 && GoldenStyleTests.models.count == 4)
  }

  @Test(arguments: styles)
  func encodesAsTheLibraryDoes(name: String) throws {
    let file = try JSONValue(file: GoldenStyleTests.folder + "/" + name)
    let json = try #require(file.objectValue?["tokenizer"])
    let tokenizer = try Tokenizer(json: Array(json.text().utf8), name: name)
    let again = try Tokenizer(json: tokenizer.json(), name: name)
    #expect(again.json() == tokenizer.json())
    #expect(again.fingerprint() == tokenizer.fingerprint())
    let cases = try decode(Cases.self, name).cases
    let lines = try decode(Lines.self, "lines.json").lines
    for tokenizer in [tokenizer, again] {
      for (line, expected) in zip(lines, cases) {
        let found = try tokenizer.encodeForModel(Tokenizer.Input(line, pair: expected.pair))
        #expect(found.ids == expected.ids, "ids of \(line.debugDescription)")
        #expect(found.typeIDs == expected.types)
        #expect(found.wordIDs.map { $0 ?? -1 } == expected.words, "words of \(line.debugDescription)")
        #expect(found.specialTokensMask.map { $0 ? 1 : 0 } == expected.special)
        #expect(found.attentionMask.map { $0 ? 1 : 0 } == expected.attention)
        let places = zip(found.offsets, found.sequenceIDs).flatMap { range, sequence in
          characters(sequence == 1 ? expected.pair ?? "" : line, range)
        }
        #expect(places == expected.offsets, "places in \(line.debugDescription)")
        let decoded = tokenizer.decode(found.ids)
        #expect(decoded.utf8.elementsEqual(expected.decoded.utf8), "\(decoded.debugDescription)")
        let text = tokenizer.decode(found.ids, skipsSpecialTokens: true)
        #expect(text.utf8.elementsEqual(expected.text.utf8), "\(text.debugDescription)")
        // Without places the words come from the cache, and give the same.
        let plain = tokenizer.encodeWithOffsets(line).ids
        #expect(tokenizer.encode(line) == plain && tokenizer.encode(line) == plain)
      }
    }
  }

  @Test(arguments: models)
  func encodesAsSentencePieceDoes(name: String) throws {
    let tokenizer = try Tokenizer.load(GoldenStyleTests.folder + "/" + name)
    let expected = try decode(Pieces.self, name + ".json")
    let lines = try decode(Lines.self, "lines.json").lines
    for (index, line) in lines.enumerated() {
      let ids = tokenizer.encode(line, specialTokens: .plainText)
      #expect(ids == expected.ids[index], "ids of \(line.debugDescription)")
      let encoding = tokenizer.encodeWithOffsets(line, specialTokens: .plainText)
      #expect(encoding.ids == ids)
      #expect(encoding.offsets.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= line.utf8.count })
      let decoded = tokenizer.decode(ids)
      #expect(decoded.utf8.elementsEqual(expected.decoded[index].utf8), "\(decoded.debugDescription)")
    }
    // What is saved is read again and encodes plain text the same.
    let saved = try Tokenizer(json: tokenizer.json(), name: name)
    #expect(saved.encode("the river and the mill", specialTokens: .plainText).count > 3)
  }

  @Test(arguments: ["llama2.json", "bert_uncased.json", "t5.json", "gpt2.json"])
  func streamedTextIsTheText(name: String) throws {
    let file = try JSONValue(file: GoldenStyleTests.folder + "/" + name)
    let tokenizer = try Tokenizer(
      json: Array(try #require(file.objectValue?["tokenizer"]).text().utf8), name: name)
    for line in try decode(Lines.self, "lines.json").lines where !line.contains("\u{FFFD}") {
      let ids = tokenizer.encode(line)
      var decoder = tokenizer.streamingDecoder(skipsSpecialTokens: false)
      let streamed = ids.map { decoder.append($0) }.joined() + decoder.finish()
      #expect(streamed.utf8.elementsEqual(tokenizer.decode(ids).utf8), "\(line.debugDescription)")
    }
  }

  /// No stage may be slower than linear by more than a logarithm.
  @Test(
    arguments: ["llama2", "llama3", "bert_uncased", "t5", "roberta", "part_nmt", "part_scripts"], ["a", "^", "中", " "])
  func halfAMebibyteOfOneThingIsFast(name: String, unit: String) throws {
    let file = try JSONValue(file: GoldenStyleTests.folder + "/\(name).json")
    let tokenizer = try Tokenizer(
      json: Array(try #require(file.objectValue?["tokenizer"]).text().utf8), name: name)
    let text = String(repeating: unit, count: (1 << 19) / unit.utf8.count)
    var start = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
    _ = tokenizer.encode(text)
    var end = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
    #expect(Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) / 1e9 < 1, "of processor time")
  }

  /// The library counts Unicode scalars, Martlet bytes.
  private func characters(_ text: String, _ bytes: Range<Int>) -> [Int] {
    let utf8 = Array(text.utf8)
    return [bytes.lowerBound, bytes.upperBound].map { place in utf8[..<place].count { $0 & 0xC0 != 0x80 } }
  }
}
