import Core
import Foundation
import TestSupport
import Testing
import Tokenizers

@Suite struct TokenizerTests {
  static let corpus = (try? String(contentsOfFile: fixture("tokenizers/corpus.txt"), encoding: .utf8)) ?? ""

  static func bytePair(_ size: Int = 600) throws -> Tokenizer {
    var trainer = try TokenizerTrainer(.init(vocabularySize: size))
    try trainer.add(corpus)
    return try trainer.train()
  }

  static func characters() throws -> Tokenizer {
    var trainer = CharacterTrainer()
    trainer.add(corpus)
    return try trainer.train()
  }

  @Test func anyTextComesBackFromBytes() throws {
    let tokenizer = try TokenizerTests.bytePair()
    var random = RandomStream(RandomKey(seed: 5))
    for _ in 0..<300 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...60, using: &random) {
        let limit: UInt32 = [0x80, 0x800, 0x3000, 0xD800, 0x110000].randomElement(using: &random) ?? 0x80
        if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) { text.append(scalar) }
      }
      let string = String(text)
      let decoded = tokenizer.decode(tokenizer.encode(string, specialTokens: .plainText))
      #expect(decoded.utf8.elementsEqual(string.utf8))
    }
  }

  @Test func charactersWithoutATokenAreNamedOnce() throws {
    let characters = try TokenizerTests.characters()
    #expect(characters.unknownCharacters(in: String(TokenizerTests.corpus.prefix(500))) == [])
    #expect(characters.unknownCharacters(in: "") == [])
    #expect(
      characters.unknownCharacters(in: "a\u{1F600}b\u{7}\u{1F600} e\u{325}") == ["\u{1F600}", "\u{7}", "\u{325}"])
    var trainer = CharacterTrainer()
    trainer.unknownToken = "?!"
    trainer.add("abc")
    #expect(try trainer.train().unknownCharacters(in: "axb c") == ["x", " "])
    // Bytes are tokens: nothing is unknown.
    #expect(try TokenizerTests.bytePair().unknownCharacters(in: " \u{1F600}\t ß\n") == [])
  }

  @Test func brokenBytesComeBackAsTheyWere() throws {
    let tokenizer = try TokenizerTests.bytePair()
    var random = RandomStream(RandomKey(seed: 6))
    for _ in 0..<300 {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      var ids: [Int32] = []
      bytes.withUnsafeBufferPointer { tokenizer.encode(utf8: $0, specialTokens: .plainText, into: &ids) }
      #expect(tokenizer.decodeBytes(ids) == bytes)
    }
  }

  @Test func specialTokensAreMatchedOnlyWhenAllowed() throws {
    let tokenizer = try TokenizerTests.bytePair()
    let mark = try #require(tokenizer.endOfTextID)
    let text = "one<|endoftext|>two"
    #expect(tokenizer.encode(text).count(where: { $0 == mark }) == 1)
    let plain = tokenizer.encode(text, specialTokens: .plainText)
    #expect(!plain.contains(mark))
    #expect(tokenizer.decode(plain, skipsSpecialTokens: true) == text)
    #expect(tokenizer.decode(tokenizer.encode(text), skipsSpecialTokens: true) == "onetwo")
    #expect(tokenizer.isSpecial(mark) && !tokenizer.isSpecial(mark + 1) && !tokenizer.isSpecial(-1))
  }

  @Test func unknownCharactersBecomeTheUnknownToken() throws {
    let tokenizer = try TokenizerTests.characters()
    let unknown = try #require(tokenizer.unknownID)
    let ids = tokenizer.encode("a\u{1F47D}河\u{1F47D}")
    #expect(ids.count == 4)
    #expect(ids[1] == unknown && ids[3] == unknown && ids[0] != unknown && ids[2] != unknown)
    #expect(tokenizer.decode(ids) == "a<unk>河<unk>")
    #expect(tokenizer.decode(tokenizer.encode(TokenizerTests.corpus)) == TokenizerTests.corpus)
    #expect(tokenizer.vocabularySize == Set(TokenizerTests.corpus.unicodeScalars).count + 1)
  }

  @Test func charactersWithoutAnUnknownTokenAreLeftOut() throws {
    var trainer = CharacterTrainer()
    trainer.unknownToken = nil
    trainer.add("ab\n")
    let tokenizer = try trainer.train()
    #expect(tokenizer.vocabularySize == 3)
    #expect(tokenizer.decode(tokenizer.encode("xaybz\n")) == "ab\n")
    #expect(tokenizer.unknownID == nil)
  }

  @Test func idsOutsideTheVocabularyStandForNothing() throws {
    let tokenizer = try TokenizerTests.bytePair()
    #expect(tokenizer.decode([-1, .min, .max, Int32(tokenizer.vocabularySize)]) == "")
    #expect(tokenizer.token(of: -1) == nil && tokenizer.token(of: .max) == nil && tokenizer.id(of: "no such") == nil)
  }

  @Test func streamingHoldsBackHalfACharacter() throws {
    let tokenizer = try TokenizerTests.bytePair(257)
    var decoder = tokenizer.streamingDecoder()
    let ids = tokenizer.encode("é🙂")
    try #require(ids.count == 6)
    #expect(ids.map { decoder.append($0) } == ["", "é", "", "", "", "🙂"])
    #expect(decoder.append(ids[2]) == "")
    #expect(decoder.finish() == "\u{FFFD}")
    #expect(decoder.finish() == "")
  }

  @Test(arguments: ["a", "^", "中", " ", "\n", "🙂", "'", "ab", "\u{0301}"])
  func aMebibyteOfOneThingTakesNoLongerThanASecond(unit: String) throws {
    let tokenizer = try TokenizerTests.bytePair()
    let text = String(repeating: unit, count: (1 << 20) / unit.utf8.count)
    let start = nanoseconds(CLOCK_THREAD_CPUTIME_ID)
    let ids = tokenizer.encode(text)
    let seconds = Double(nanoseconds(CLOCK_THREAD_CPUTIME_ID) - start) / 1e9
    #expect(seconds < 1, "of processor time, so that other work does not count")
    #expect(tokenizer.decode(ids) == text)
  }

  @Test func threadsShareATokenizer() async throws {
    let tokenizer = try TokenizerTests.bytePair()
    let pieces = TokenizerTests.corpus.split(separator: "\n").map(String.init)
    let expected = pieces.map { tokenizer.encode($0) }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask { (0..<20).allSatisfy { _ in pieces.map { tokenizer.encode($0) } == expected } }
      }
      for await same in group { #expect(same) }
    }
  }

  @Test func cacheSurvivesMoreWordsThanItHolds() throws {
    let tokenizer = try TokenizerTests.bytePair()
    let words = (0..<80_000).map { "w\($0 &* 7919 % 1_000_003)" }
    let text = words.joined(separator: " ")
    #expect(tokenizer.encode(text) == tokenizer.encodeWithOffsets(text).ids)
    #expect(tokenizer.encode(text) == tokenizer.encodeWithOffsets(text).ids)
  }

  @Test func textIsCutOnlyWhereItsTokensAllowIt() throws {
    let tokenizer = try TokenizerTests.bytePair()
    let text = Array((TokenizerTests.corpus + "x \u{3000}\n \u{2003} y  z\u{A0}\nq").utf8)
    let whole = encode(tokenizer, text)
    var place = 1
    var cuts = 0
    while let cut = text.withUnsafeBufferPointer({ tokenBoundary(in: $0, from: place) }) {
      #expect(encode(tokenizer, Array(text[..<cut])) + encode(tokenizer, Array(text[cut...])) == whole)
      place = cut + 1
      cuts += 1
    }
    #expect(cuts > 200)
  }

  private func nanoseconds(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  private func encode(_ tokenizer: Tokenizer, _ bytes: [UInt8]) -> [Int32] {
    var ids: [Int32] = []
    bytes.withUnsafeBufferPointer { tokenizer.encode(utf8: $0, into: &ids) }
    return ids
  }
}
