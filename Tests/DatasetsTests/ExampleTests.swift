import Core
import Datasets
import TestSupport
import Testing
import Tokenizers

/// Documents with labels become examples, and examples batches.
@Suite struct ExampleTests {
  /// Reviews of 1 to 40 words with one of three labels, as a table.
  private static func table(_ count: Int) -> String {
    var random = RandomStream(RandomKey(seed: 5))
    let labels = ["10", "9", "good"]
    return (0..<count).map { number in
      let words = (0..<Int.random(in: 1...40, using: &random)).map { "w\($0 * number % 23)" }
      return "review \(number) \(words.joined(separator: " "))\t\(labels[number % 3])\n"
    }.joined()
  }

  private static func prepared<Result>(
    _ count: Int, _ change: (inout DataSettings) -> Void = { _ in }, _ body: (PreparedDataset) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      try AtomicFile.write(table(count), to: folder + "/reviews.tsv")
      let options: JSONObject = [
        "header": .bool(false), "columns": .array([.string("text"), .string("stars")]), "text": .string("text"),
        "label": .string("stars"),
      ]
      var trained = TokenizerTrainer.Options(.wordPiece, vocabularySize: 120)
      trained.lowercases = true
      var settings = DataSettings(
        corpus: CorpusSettings(sources: [.init(files: [folder + "/reviews.tsv"], options: options)]),
        tokenizer: .trained(trained))
      settings.examples = ExampleSettings(maximumLength: 24)
      settings.shardTokens = 1000
      settings.validationFraction = 0.2
      change(&settings)
      var preparation = DataPreparation(settings, folder: folder + "/out")
      _ = try preparation.run()
      let dataset = try PreparedDataset(folder: folder + "/out")
      try dataset.verify()
      return try body(dataset)
    }
  }

  @Test func eachDocumentIsAnExampleBetweenMarksOverShardsToo() throws {
    try Self.prepared(200) { dataset in
      // Not all are numbers, so that letters decide.
      #expect(dataset.manifest.labels == ["10", "9", "good"])
      let examples = try #require(dataset.examples)
      #expect(examples.train.count + examples.validation.count == 200 && examples.validation.count > 20)
      #expect(dataset.manifest.train.shards.count > 2)
      let (begin, end) = (dataset.tokenizer.id(of: "[CLS]"), dataset.tokenizer.id(of: "[SEP]"))
      var seen: Set<String> = []
      for side in [examples.train, examples.validation] {
        for index in 0..<side.count {
          let (inputs, targets) = try side(index)
          let length = try side.length(index)
          #expect(inputs.count <= 24 && inputs.count == length)
          #expect(inputs.first == begin && inputs.last == end && targets.count == 1)
          let text = dataset.tokenizer.decode(inputs, skipsSpecialTokens: true)
          let number = try #require(Int(text.split(separator: " ")[1]))
          #expect(targets[0] == Int32(number % 3))
          seen.insert("\(number)")
        }
      }
      #expect(seen.count == 200)
    }
  }

  @Test func documentsWithoutOneOfTheLabelsAreCounted() throws {
    try Self.prepared(90, { $0.examples?.labels = ["9", "10"] }) { dataset in
      #expect(dataset.manifest.labels == ["9", "10"])
      let report = dataset.manifest.report
      #expect(report.read == 90 && report.written == 60 && report.skipped == ["unknown label": 30])
    }
    let error = try #require(throws: MartletError.self) {
      try Self.prepared(20, { $0.examples?.labelAttribute = "colour" }) { _ in }
    }
    #expect(error.message.contains("'colour'") && error.remedy != nil)
    #expect(throws: MartletError.self) { try Self.prepared(20, { $0.examples?.pairAttribute = "other" }) { _ in } }
  }

  private func rows(
    _ length: Int, _ count: Int,
    _ fill: (UnsafeMutableBufferPointer<Int32>, UnsafeMutableBufferPointer<Int32>) throws -> Int
  ) throws -> (columns: Int, rows: [[Int32]], targets: [[Int32]]) {
    var inputs = [Int32](repeating: -7, count: length * count)
    var targets = inputs
    let columns = try inputs.withUnsafeMutableBufferPointer { inputs in
      try targets.withUnsafeMutableBufferPointer { targets in try fill(inputs, targets) }
    }
    let ranges = (0..<count).map { $0 * length..<($0 + 1) * length }
    return (columns, ranges.map { Array(inputs[$0]) }, ranges.map { Array(targets[$0]) })
  }

  @Test func anEpochHasExamplesOnceInBatchesOfLikeLengths() throws {
    try Self.prepared(300) { dataset in
      let examples = try #require(dataset.examples?.train)
      let sampler = try ExampleSampler(examples, dataset.tokenizer, contextLength: 24, batchSize: 8, seed: 3)
      #expect(sampler.samplesPerEpoch == examples.count / 8 * 8)
      let padding = try #require(dataset.tokenizer.paddingID)
      var epochs: [[[Int32]]] = []
      var (padded, tokens) = (0, 0)
      for epoch in 0..<2 {
        var seen: [[Int32]] = []
        for batch in 0..<sampler.samplesPerEpoch / 8 {
          let first = UInt64(epoch * sampler.samplesPerEpoch + batch * 8)
          let (columns, rows, targets) = try rows(24, 8) {
            try sampler.fill(inputs: $0, targets: $1, firstSample: first)
          }
          #expect(rows.allSatisfy { $0[columns...].allSatisfy { $0 == padding } })
          #expect(rows.contains { $0[columns - 1] != padding })
          #expect(targets.allSatisfy { (0..<3).contains($0[0]) && $0[1...].allSatisfy { $0 == -100 } })
          padded += 8 * columns
          tokens += rows.joined().count { $0 != padding }
          seen += rows
        }
        #expect(Set(seen).count == seen.count)
        epochs.append(seen)
      }
      #expect(epochs[0] != epochs[1])
      #expect(Double(tokens) / Double(padded) > 0.9)
      // A sample is a function of its number, whatever was drawn before.
      let again = try ExampleSampler(examples, dataset.tokenizer, contextLength: 24, batchSize: 8, seed: 3)
      let third = try rows(24, 8) { try again.fill(inputs: $0, targets: $1, firstSample: 16) }.rows
      #expect(third == Array(epochs[0][16..<24]))
    }
  }

  @Test func evaluationHasEveryExampleOnce() throws {
    try Self.prepared(100) { dataset in
      let examples = try #require(dataset.examples?.validation)
      let batches = try ExampleEvaluation(examples, dataset.tokenizer, contextLength: 24, batchSize: 7)
      var seen = 0
      for index in 0..<batches.batchCount {
        let (_, _, targets) = try rows(24, 7) { try batches.fill(inputs: $0, targets: $1, batch: index) }
        seen += targets.count { $0[0] >= 0 }
      }
      #expect(seen == examples.count)
    }
  }

  @Test func windowsOfHiddenWordsStandBetweenMarks() throws {
    try Self.prepared(
      200,
      {
        $0.examples = nil
        $0.endOfDocument = .markBehindText
      }
    ) { dataset in
      let tokenizer = dataset.tokenizer
      let (begin, end) = (try #require(tokenizer.id(of: "[CLS]")), try #require(tokenizer.id(of: "[SEP]")))
      let (mask, padding) = (try #require(tokenizer.id(of: "[MASK]")), try #require(tokenizer.paddingID))
      let masking = try WordMasking(tokenizer, rate: 0.2)
      let sampler = try MaskedSampler(dataset.train, masking, tokenizer, contextLength: 32, order: .epochs, seed: 1)
      let first = try rows(32, 4) { try sampler.fill(inputs: $0, targets: $1, firstSample: 9) }
      for (row, targets) in zip(first.rows, first.targets) {
        #expect(row[0] == begin && row[31] == end && !row.contains(padding))
        let hidden = targets.count { $0 >= 0 }
        #expect(hidden > 0 && hidden <= masking.mostHidden(length: 32))
        #expect(zip(row, targets).allSatisfy { $0 != mask || $1 >= 0 })
      }
      // Documents are divided by the mark behind texts.
      #expect(first.rows.contains { $0[1..<31].contains(end) })
      let third = try rows(32, 1) { try sampler.fill(inputs: $0, targets: $1, firstSample: 11) }
      #expect(third.rows[0] == first.rows[2])
      let evaluation = try MaskedEvaluation(dataset.validation, masking, tokenizer, contextLength: 32, batchSize: 3)
      for index in 0..<evaluation.batchCount {
        let batch = try rows(32, 3) { try evaluation.fill(inputs: $0, targets: $1, batch: index) }
        let again = try rows(32, 3) { try evaluation.fill(inputs: $0, targets: $1, batch: index) }
        #expect(batch.rows == again.rows && batch.targets == again.targets)
        for row in batch.rows { #expect(row[0] == begin || row.allSatisfy { $0 == padding }) }
      }
    }
  }
}
