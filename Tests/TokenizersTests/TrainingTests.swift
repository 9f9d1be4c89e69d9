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
    var options = TokenizerTrainer.Options(vocabularySize: recorded.vocabulary_size)
    options.minimumFrequency = recorded.minimum_frequency
    var trainer = try TokenizerTrainer(options)
    let corpus = TokenizerTests.corpus
    for document in recorded.whole ? [corpus] : corpus.components(separatedBy: "\n\n") { try trainer.add(document) }
    let tokenizer = try trainer.train()
    #expect(try merges(tokenizer) == recorded.merges)
    #expect(tokenizer.vocabularySize == recorded.tokens)
  }

  @Test func tokenizerIsTheLibrarys() throws {
    var trainer = try TokenizerTrainer(.init(vocabularySize: 700))
    for document in TokenizerTests.corpus.components(separatedBy: "\n\n") { try trainer.add(document) }
    let ours = try trainer.train()
    let theirs = try Tokenizer.load(fixture("tokenizers/bpe.tokenizer.json"))
    #expect(ours.json() == theirs.json())
  }

  @Test func outcomeDoesNotDependOnHowTheTextArrives() throws {
    let documents = (0..<400).map { index in
      Array(String(repeating: "\(index % 37) \(TokenizerTests.corpus) ", count: 1).utf8)
    }
    var together = try TokenizerTrainer(.init(vocabularySize: 500))
    try together.add(documents)
    var apart = try TokenizerTrainer(.init(vocabularySize: 500))
    for document in documents.reversed() { try apart.add([document]) }
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
    #expect(throws: MartletError.self) { try TokenizerTrainer(.init(vocabularySize: 256)) }
    #expect(throws: Never.self) { try TokenizerTrainer(.init(vocabularySize: 257)) }
  }

  @Test func textWithoutPairsTrainsToTheBytes() throws {
    let tokenizer = try TokenizerTrainer(.init(vocabularySize: 1000)).train()
    #expect(tokenizer.vocabularySize == 257)
    #expect(tokenizer.decode(tokenizer.encode("any text")) == "any text")
  }

  @Test func trainingStopsWhenProgressThrows() throws {
    struct Stop: Error {}
    var trainer = try TokenizerTrainer(.init(vocabularySize: 600))
    try trainer.add(TokenizerTests.corpus)
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

  private func trained(_ algorithm: TokenizerTrainer.Algorithm, _ size: Int, memory: Int = 1 << 30) throws -> Tokenizer
  {
    var options = TokenizerTrainer.Options(algorithm, vocabularySize: size)
    options.maximumMemory = memory
    var trainer = try TokenizerTrainer(options)
    for document in TokenizerTests.corpus.components(separatedBy: "\n\n") { try trainer.add(document) }
    return try trainer.train()
  }

  @Test(arguments: TokenizerTrainer.Algorithm.allCases)
  func everyAlgorithmReadsItsTextBack(algorithm: TokenizerTrainer.Algorithm) throws {
    let tokenizer = try trained(algorithm, 900)
    #expect(tokenizer.vocabularySize <= 900)
    #expect(try Tokenizer(json: tokenizer.json(), name: "again").json() == tokenizer.json())
    let line = "the miller's daughter"
    let text = tokenizer.decode(tokenizer.encode(line))
    #expect(text == (algorithm == .wordPiece ? "the miller ' s daughter" : line))
    // Pieces, not single characters.
    #expect(tokenizer.encode(TokenizerTests.corpus).count < TokenizerTests.corpus.unicodeScalars.count * 3 / 4)
  }

  @Test func wordPieceHasTheLibrarysTokens() throws {
    // Where pairs come equally often the library goes by ids that it gives in no fixed order; from four times on, the
    // outcome is the same whichever goes first.
    let theirs = try JSONFields(file: fixture("tokenizers/wordpiece_tokens.json")).strings("tokens")
    var options = TokenizerTrainer.Options(.wordPiece, vocabularySize: 5000)
    options.minimumFrequency = 4
    var trainer = try TokenizerTrainer(options)
    for document in TokenizerTests.corpus.components(separatedBy: "\n\n") { try trainer.add(document) }
    let tokenizer = try trainer.train()
    let ours = (0..<Int32(tokenizer.vocabularySize)).compactMap { tokenizer.token(of: $0) }
    #expect(Set(ours.map(ExactString.init)) == Set(theirs.map(ExactString.init)))
    #expect(ours.count == theirs.count)
  }

  @Test func wordsPutAsideAreNotLost() throws {
    // Words of different lengths, far more than 16 MB of table holds.
    let documents = (0..<60).map { part in
      Array(
        (0..<10_000).map { "w\((part * 10_000 + $0) &* 7919 % 600_011) common\($0 % 7)" }.joined(separator: " ").utf8)
    }
    func merges(_ memory: Int) throws -> (Tokenizer, Int) {
      var options = TokenizerTrainer.Options(vocabularySize: 400)
      options.maximumMemory = memory
      var trainer = try TokenizerTrainer(options)
      for document in documents { try trainer.add([document]) }
      let outcome = try trainer.learn()
      return (outcome.tokenizer, outcome.droppedWords)
    }
    let (whole, none) = try merges(1 << 30)
    let (small, dropped) = try merges(200 << 20)
    #expect(none == 0 && dropped == 0)
    #expect(small.json() == whole.json(), "counted in parts and put together, the outcome is the same")
    let (_, left) = try merges(16 << 20)
    #expect(left > 0, "and what cannot be learned from is said")
  }

  @Test func memoryTooSmallToWorkInIsRefused() {
    var options = TokenizerTrainer.Options(vocabularySize: 400)
    options.maximumMemory = 1000
    #expect(throws: MartletError.self) { try TokenizerTrainer(options) }
  }
}
