import Core
import Foundation
import TestSupport
import Testing
import Tokenizers

@Suite struct TrainingTests {
  struct Recorded: Decodable {
    var vocabulary_size: Int
    var minimum_frequency: UInt64
    var whole: Bool
    var merges: [String]
    var tokens: Int
  }

  private func model(_ tokenizer: Tokenizer) throws -> JSONObject {
    try #require(JSONValue(parsing: tokenizer.json(), name: "trained").objectValue?["model"]?.objectValue)
  }

  private func merges(_ tokenizer: Tokenizer) throws -> [String] {
    let pairs = try #require(try model(tokenizer)["merges"]?.arrayValue)
    return pairs.map { ($0.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " ") }
  }

  @Test(arguments: ["280_0_whole", "700_2_whole", "5000_0_parts"])
  func mergesAreTheLibrarys(name: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: fixture("tokenizers/merges.json")))
    let recorded = try #require(try JSONDecoder().decode([String: Recorded].self, from: data)[name])
    var options = BytePairTrainer.Options(vocabularySize: recorded.vocabulary_size)
    options.minimumFrequency = recorded.minimum_frequency
    var trainer = try BytePairTrainer(options)
    let corpus = TokenizerTests.corpus
    for document in recorded.whole ? [corpus] : corpus.components(separatedBy: "\n\n") { trainer.add(document) }
    let tokenizer = try trainer.train()
    #expect(try merges(tokenizer) == recorded.merges)
    #expect(tokenizer.vocabularySize == recorded.tokens)
  }

  @Test func tokenizerIsTheLibrarys() throws {
    var trainer = try BytePairTrainer(.init(vocabularySize: 700))
    for document in TokenizerTests.corpus.components(separatedBy: "\n\n") { trainer.add(document) }
    let ours = try trainer.train()
    let theirs = try Tokenizer.load(fixture("tokenizers/bpe.tokenizer.json"))
    #expect(ours.json() == theirs.json())
  }

  @Test func outcomeDoesNotDependOnHowTheTextArrives() throws {
    let documents = (0..<400).map { index in
      Array(String(repeating: "\(index % 37) \(TokenizerTests.corpus) ", count: 1).utf8)
    }
    var together = try BytePairTrainer(.init(vocabularySize: 500))
    together.add(documents)
    var apart = try BytePairTrainer(.init(vocabularySize: 500))
    for document in documents.reversed() { apart.add([document]) }
    #expect(together.distinctWords == apart.distinctWords)
    #expect(try together.train().json() == apart.train().json())
  }

  @Test func countsBeyond32BitsKeepTheirOrder() throws {
    // The library's 32-bit counts overflow here; ours must not.
    var learner = MergeLearner()
    learner.add([0, 1], count: 3_000_000_000)
    learner.add([2, 3], count: 5_000_000_000)
    learner.add([0, 2], count: 4_000_000_000)
    var vocabulary = Vocabulary()
    for token in ["a", "b", "c", "d"] { _ = vocabulary.add(Array(token.utf8)) }
    let merges = learner.learn(&vocabulary, vocabularySize: 100, minimumFrequency: 1) { _ in }
    #expect(merges.map { [$0.first, $0.second, $0.merged] } == [[2, 3, 4], [0, 2, 5], [0, 1, 6]])
  }

  @Test func vocabularyTooSmallForTheBytesIsRefused() {
    #expect(throws: MartletError.self) { try BytePairTrainer(.init(vocabularySize: 256)) }
    #expect(throws: Never.self) { try BytePairTrainer(.init(vocabularySize: 257)) }
  }

  @Test func textWithoutPairsTrainsToTheBytes() throws {
    let tokenizer = try BytePairTrainer(.init(vocabularySize: 1000)).train()
    #expect(tokenizer.vocabularySize == 257)
    #expect(tokenizer.decode(tokenizer.encode("any text")) == "any text")
  }

  @Test func trainingStopsWhenProgressThrows() throws {
    struct Stop: Error {}
    var trainer = try BytePairTrainer(.init(vocabularySize: 600))
    trainer.add(TokenizerTests.corpus)
    #expect(throws: Stop.self) { try trainer.train { if $0 > 300 { throw Stop() } } }
  }

  @Test func charactersAreTokensByCodePoint() throws {
    var trainer = CharacterTrainer()
    trainer.specialTokens = ["<|endoftext|>"]
    trainer.add("b\na🙂中a")
    let tokenizer = try trainer.train()
    let tokens = (0..<Int32(tokenizer.vocabularySize)).compactMap { tokenizer.token(of: $0) }
    #expect(tokens == ["<unk>", "<|endoftext|>", "\n", "a", "b", "中", "🙂"])
    #expect(tokenizer.endOfTextID == 1)
  }
}
