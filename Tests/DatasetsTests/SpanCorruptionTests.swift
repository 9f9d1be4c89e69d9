import Core
import Datasets
import TestSupport
import Testing
import Tokenizers

@Suite struct SpanCorruptionTests {
  private static let sentinels: [Int32] = (0..<100).map { 999 - $0 }
  private static let end: Int32 = 1

  /// The text that a source and its target were made of.
  private func restored(_ source: [Int32], _ target: [Int32]) throws -> [Int32] {
    #expect(source.last == Self.end && target.last == Self.end)
    var spans: [Int32: ArraySlice<Int32>] = [:]
    let starts = target.indices.filter { Self.sentinels.contains(target[$0]) }
    for (start, next) in zip(starts, starts.dropFirst() + [target.count - 1]) {
      spans[target[start]] = target[start + 1..<next]
    }
    // Sentinels come in their order, the same in both.
    #expect(starts.map { target[$0] } == Array(Self.sentinels.prefix(starts.count)))
    #expect(source.filter(Self.sentinels.contains) == starts.map { target[$0] })
    return try source.dropLast().flatMap { token in
      Self.sentinels.contains(token) ? Array(try #require(spans[token])) : [token]
    }
  }

  @Test(arguments: [1, 2, 3, 5, 12, 100, 517])
  func sourceAndTargetTogetherAreTheText(_ length: Int) throws {
    let corruption = try SpanCorruption(sentinels: Self.sentinels, endToken: Self.end)
    let text = (0..<length).map { Int32(100 + $0) }
    var hidden = Set<Int32>()
    for seed in 0..<200 {
      let (source, target) = corruption(text, key: RandomKey(seed: UInt64(seed)))
      #expect(try restored(source, target) == text)
      let lengths = corruption.lengths(of: length)
      #expect(source.count == lengths.source && target.count == lengths.target)
      let again = corruption(text, key: RandomKey(seed: UInt64(seed)))
      #expect(again.source == source && again.target == target)
      hidden.formUnion(target.filter { $0 < 900 && $0 >= 100 })
    }
    // Each token but the first may be hidden where there are several spans; the last always is.
    #expect(hidden.contains(text[length - 1]) == (length > 1) && !hidden.contains(100))
    #expect(length < 100 || hidden.count > length * 9 / 10)
  }

  @Test func aSeventhIsHiddenInSpansOfThree() throws {
    let corruption = try SpanCorruption(sentinels: Self.sentinels, endToken: Self.end)
    // 512 tokens: 76.8 hidden in 25.67 spans, as the paper's figures for its lengths are counted.
    let half = corruption.lengths(of: 512)
    #expect(half.source == 512 - 77 + 26 + 1 && half.target == 77 + 26 + 1)
    let whole = corruption.lengths(of: 568)
    #expect(whole.source == 512 && whole.target == 114)
    #expect(corruption.textLength(source: 512, target: 114) == 568)
    #expect(corruption.textLength(source: 512, target: 60) < 300)
    let few = try SpanCorruption(sentinels: [7, 8], endToken: Self.end, rate: 0.5, meanSpanLength: 1)
    #expect(few.lengths(of: 100).source == 53 && few.lengths(of: 100).target == 53)
  }

  @Test func sentinelsComeFromTheTokenizer() throws {
    var options = TokenizerTrainer.Options(.unigram, vocabularySize: 60)
    options.specialTokens = ["<pad>", "</s>", "<unk>", "<extra_id_0>", "<extra_id_1>"]
    var trainer = try TokenizerTrainer(options)
    for _ in 0..<20 { try trainer.add("the quick brown fox jumps over the lazy dog") }
    let tokenizer = try trainer.train()
    let corruption = try SpanCorruption(tokenizer, rate: 0.4)
    let (source, target) = corruption((0..<20).map { 10 + $0 }, key: RandomKey(seed: 1))
    let ids = [0, 1].compactMap { tokenizer.id(of: "<extra_id_\($0)>") }
    #expect(ids.count == 2 && ids.allSatisfy(source.contains) && ids.allSatisfy(target.contains))
    #expect(source.last == tokenizer.endOfTextID && target.last == tokenizer.endOfTextID)
    options.specialTokens.removeLast(2)
    var plain = try TokenizerTrainer(options)
    for _ in 0..<20 { try plain.add("the quick brown fox jumps over the lazy dog") }
    let without = try plain.train()
    #expect(throws: MartletError.self) { try SpanCorruption(without) }
    for (rate, length) in [(0, 3), (1, 3), (.nan, 3), (0.1, 0.5), (0.1, .infinity)] as [(Double, Double)] {
      #expect(throws: MartletError.self) { try SpanCorruption(tokenizer, rate: rate, meanSpanLength: length) }
    }
  }

  @Test func pairsBecomeRows() throws {
    let pairs = try SequencePairs(sourceLength: 4, targetLength: 3, startToken: 9, paddingToken: 0)
    #expect(pairs.rowLength == 7)
    let short = pairs.row(source: [5, 1], target: [6, 1])
    #expect(short.tokens == [5, 1, 0, 0, 9, 6, 0] && short.targets == [-100, -100, -100, -100, 6, 1, -100])
    let long = pairs.row(source: [5, 6, 7, 8, 1], target: [2, 3, 4, 5, 1])
    #expect(long.tokens == [5, 6, 7, 1, 9, 2, 3] && long.targets == [-100, -100, -100, -100, 2, 3, 1])
    #expect(pairs.row(source: [], target: []).tokens == [0, 0, 0, 0, 9, 0, 0])
    #expect(throws: MartletError.self) {
      try SequencePairs(sourceLength: 0, targetLength: 3, startToken: 9, paddingToken: 0)
    }
  }
}
