import Core
import Datasets
import Foundation
import TestSupport
import Testing
import Tokenizers

@Suite struct DataPreparationTests {
  private static let corpus = (try? String(contentsOfFile: fixture("tokenizers/corpus.txt"), encoding: .utf8)) ?? ""

  private func write(_ text: String, _ path: String) throws {
    try FileSystem.createFolder(parentFolder(of: path))
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  private func jsonl(_ texts: [String]) throws -> String {
    texts.map { JSONValue.object(["text": .string($0)]).text() + "\n" }.joined()
  }

  @discardableResult
  private func prepare(_ settings: DataSettings, _ folder: String) throws -> DataPreparation.Outcome {
    var preparation = DataPreparation(settings, folder: folder)
    return try preparation.run()
  }

  private func tokens(_ sequence: TokenSequence) throws -> [Int32] {
    try ShardFiles.tokens(sequence, 0..<sequence.count)
  }

  private func contents(_ folder: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileSystem.list(folder) where name != ".lock" {
      files[name] = try FileSystem.read(joinPath(folder, name), limit: 1 << 28)
    }
    return files
  }

  @Test func oneTextIsDividedByItsTail() throws {
    try withTemporaryFolder { folder in
      try write(DataPreparationTests.corpus, folder + "/a.txt")
      let outcome = try prepare(DataSettings(sources: [folder + "/a.txt"], tokenizer: .character), folder + "/out")
      #expect(outcome.manifest.split == .tail && !outcome.wasUpToDate)
      let data = try PreparedDataset(folder: folder + "/out")
      try data.verify()
      let scalars = Array(DataPreparationTests.corpus.unicodeScalars)
      let kept = Int(Double(scalars.count) * 0.9)
      #expect(data.train.count == kept && data.validation.count == scalars.count - kept)
      let text = data.tokenizer.decode(try tokens(data.train) + tokens(data.validation))
      #expect(text == DataPreparationTests.corpus)
      // The entropy and the bytes per token, computed another way.
      let train = try tokens(data.train)
      let validation = try tokens(data.validation)
      let size = Double(data.tokenizer.vocabularySize)
      let entropy =
        validation.reduce(0.0) { sum, id in
          sum - log((Double(train.count { $0 == id }) + 1) / (Double(train.count) + size))
        } / Double(validation.count)
      #expect(abs(entropy - (data.manifest.unigramEntropy ?? 0)) < 1e-9)
      let bytes = Double(data.tokenizer.decode(validation).utf8.count)
      #expect(abs(data.manifest.validation.bytesPerToken - bytes / Double(validation.count)) < 1e-12)
      let bits = try #require(data.manifest.bitsPerByte(loss: entropy))
      #expect(abs(bits - entropy * Double(validation.count) / log(2) / bytes) < 1e-9)
    }
  }

  @Test func manyDocumentsAreDividedByDocument() throws {
    try withTemporaryFolder { folder in
      let texts = (0..<300).map { "Document \($0) of the river \($0 * $0)." }
      try write(try jsonl(texts), folder + "/a.jsonl")
      var settings = DataSettings(sources: [folder], tokenizer: .bytePair(vocabularySize: 300))
      settings.shardTokens = 1000
      let outcome = try prepare(settings, folder + "/out")
      #expect(outcome.manifest.split == .document)
      let data = try PreparedDataset(folder: folder + "/out")
      try data.verify()
      #expect(data.train.shards.count > 3)
      let end = try #require(data.tokenizer.endOfTextID)
      func documents(_ sequence: TokenSequence) throws -> [String] {
        try tokens(sequence).split(separator: end, omittingEmptySubsequences: false).dropLast().map {
          data.tokenizer.decode($0)
        }
      }
      let (train, validation) = (try documents(data.train), try documents(data.validation))
      #expect(Set(train + validation) == Set(texts) && train.count + validation.count == 300)
      #expect((10...60).contains(validation.count))
      #expect(train == texts.filter { train.contains($0) }, "documents stay in order")
      #expect(outcome.manifest.train.documents == train.count)
      #expect(outcome.manifest.validation.documents == validation.count)

      settings.seed = 1
      try prepare(settings, folder + "/other")
      let other = try documents(try PreparedDataset(folder: folder + "/other").validation)
      #expect(other != validation)
    }
  }

  @Test func equalDocumentsStayOnOneSide() throws {
    try withTemporaryFolder { folder in
      try write(try jsonl((0..<400).map { "text number \($0 % 40)" }), folder + "/a.jsonl")
      var settings = DataSettings(sources: [folder + "/a.jsonl"], tokenizer: .character)
      settings.endOfDocument = .token("<|endoftext|>")
      settings.validationFraction = 0.3
      try prepare(settings, folder + "/out")
      let data = try PreparedDataset(folder: folder + "/out")
      let end = try #require(data.tokenizer.endOfTextID)
      func texts(_ sequence: TokenSequence) throws -> Set<[Int32]> {
        Set(try tokens(sequence).split(separator: end).map(Array.init))
      }
      let (train, validation) = (try texts(data.train), try texts(data.validation))
      #expect(train.isDisjoint(with: validation) && train.count + validation.count == 40 && !validation.isEmpty)
    }
  }

  @Test(arguments: [0.001, 0.999])
  func neitherSideIsEmptyByChance(fraction: Double) throws {
    try withTemporaryFolder { folder in
      try write(try jsonl((0..<12).map { "text number \($0)" }), folder + "/a.jsonl")
      var settings = DataSettings(sources: [folder + "/a.jsonl"], tokenizer: .character)
      settings.validationFraction = fraction
      let manifest = try prepare(settings, folder + "/out").manifest
      #expect(min(manifest.train.documents, manifest.validation.documents) == 1)
      #expect(manifest.report.written == 12)
    }
  }

  @Test func withoutAFractionEverythingIsForTraining() throws {
    try withTemporaryFolder { folder in
      try write("some text", folder + "/a.txt")
      var settings = DataSettings(sources: [folder + "/a.txt"], tokenizer: .character)
      settings.validationFraction = 0
      let manifest = try prepare(settings, folder + "/out").manifest
      #expect(manifest.train.tokens == 9 && manifest.validation.tokens == 0 && manifest.unigramEntropy == nil)
      #expect(try PreparedDataset(folder: folder + "/out").validation.count == 0)
    }
  }

  @Test func theSameInputGivesTheSameFiles() throws {
    try withTemporaryFolder { folder in
      let texts = (0..<50).map { String(repeating: DataPreparationTests.corpus, count: 1 + $0 % 3) + "\($0)" }
      try write(try jsonl(texts), folder + "/in/a.jsonl")
      var settings = DataSettings(sources: [folder + "/in"], tokenizer: .bytePair(vocabularySize: 500))
      settings.shardTokens = 5000
      try prepare(settings, folder + "/one")
      try prepare(settings, folder + "/two")
      #expect(try contents(folder + "/one") == contents(folder + "/two"))
    }
  }

  @Test func preparingAgainIsUpToDateUntilSomethingChanges() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try write("some text", path)
      var settings = DataSettings(sources: [path], tokenizer: .character)
      let out = folder + "/out"
      #expect(try !prepare(settings, out).wasUpToDate)
      let before = try contents(out)
      #expect(try prepare(settings, out).wasUpToDate)
      #expect(try contents(out) == before)
      settings.seed = 9
      #expect(try !prepare(settings, out).wasUpToDate)
      try write("other text", path)
      #expect(try !prepare(settings, out).wasUpToDate)
      #expect(try prepare(settings, out).wasUpToDate)
      // A shard that is gone or cut off is not up to date either.
      try FileSystem.remove(out + "/train-00000.tokens")
      #expect(try !prepare(settings, out).wasUpToDate)
      try write("", out + "/train-00000.tokens")
      #expect(try !prepare(settings, out).wasUpToDate)
      try FileSystem.remove(out + "/dataset.json")
      #expect(try !prepare(settings, out).wasUpToDate)
      #expect(try PreparedDataset(folder: out).train.count == 9)
    }
  }

  @Test func aTokenizerOfOnesOwnIsTakenOver() throws {
    try withTemporaryFolder { folder in
      var trainer = try TokenizerTrainer(.init(vocabularySize: 400))
      try trainer.add(DataPreparationTests.corpus)
      let tokenizer = try trainer.train()
      try FileSystem.createFolder(folder + "/tokenizer")
      try tokenizer.save(to: folder + "/tokenizer")
      try write("the <|endoftext|> river", folder + "/a.txt")
      let settings = DataSettings(sources: [folder + "/a.txt"], tokenizer: .file(folder + "/tokenizer"))
      try prepare(settings, folder + "/out")
      let data = try PreparedDataset(folder: folder + "/out")
      #expect(data.tokenizer.json() == tokenizer.json())
      let all = try tokens(data.train) + tokens(data.validation)
      #expect(all.count { $0 == tokenizer.endOfTextID } == 1, "text that looks like a special token is text")
      #expect(all.last == tokenizer.endOfTextID)
      #expect(tokenizer.decode(all.dropLast()) == "the <|endoftext|> river")
      #expect(try prepare(settings, folder + "/out").wasUpToDate)
    }
  }

  @Test func anEmptyCorpusIsAnErrorThatSaysWhy() throws {
    try withTemporaryFolder { folder in
      try write("{\"body\":\"x\"}\nnot json\n", folder + "/a.jsonl")
      let settings = DataSettings(sources: [folder + "/a.jsonl"], tokenizer: .character)
      let error = try #require(throws: MartletError.self) { try prepare(settings, folder + "/out") }
      #expect(error.code == .invalidArgument)
      #expect(error.description.contains("1 no_text") && error.description.contains("1 not_json"))
      #expect(error.description.contains("a.jsonl, line 1") && error.description.contains("'text'"))
      try write("", folder + "/b.txt")
      #expect(throws: MartletError.self) {
        try prepare(DataSettings(sources: [folder + "/b.txt"], tokenizer: .character), folder + "/out")
      }
      #expect(try FileSystem.list(folder + "/out") == [".lock"], "nothing is left behind")
    }
  }

  @Test func settingsThatMakeNoSenseAreRefused() throws {
    func refused(_ change: (inout DataSettings) -> Void) throws -> MartletError {
      var settings = DataSettings(sources: ["a"], tokenizer: .character)
      change(&settings)
      return try #require(throws: MartletError.self) { try settings.validate() }
    }
    #expect(try refused { $0.corpus.sources = [] }.message.contains("source"))
    #expect(try refused { $0.validationFraction = 1 }.message.contains("fraction"))
    #expect(try refused { $0.validationFraction = .nan }.message.contains("fraction"))
    #expect(try refused { $0.division = .separator("") }.message.contains("separator"))
    #expect(try refused { $0.shardTokens = 0 }.code == .invalidArgument)
    try withTemporaryFolder { folder in
      try write("text", folder + "/a.txt")
      var settings = DataSettings(sources: [folder + "/a.txt"], tokenizer: .bytePair(vocabularySize: 100))
      #expect(throws: MartletError.self) { try prepare(settings, folder + "/out") }
      settings.tokenizer = .file(folder + "/none")
      let error = try #require(throws: MartletError.self) { try prepare(settings, folder + "/out") }
      #expect(error.code == .notFound)
      settings = DataSettings(sources: [folder + "/none.txt"], tokenizer: .character)
      #expect(throws: MartletError.self) { try prepare(settings, folder + "/out") }
    }
  }

  @Test(arguments: [0, 1, 2, 3, 5, 8])
  func aRunThatIsStoppedLeavesNothingThatLooksComplete(after calls: Int) throws {
    try withTemporaryFolder { folder in
      try write(try jsonl((0..<9000).map { "text number \($0)" }), folder + "/a.jsonl")
      let settings = DataSettings(sources: [folder + "/a.jsonl"], tokenizer: .bytePair(vocabularySize: 600))
      var left = calls
      var stopped = DataPreparation(
        settings, folder: folder + "/out",
        isCancelled: {
          left -= 1
          return left < 0
        })
      let error = try #require(throws: MartletError.self) { try stopped.run() }
      #expect(error.code == .interrupted)
      let missing = try #require(throws: MartletError.self) { try PreparedDataset(folder: folder + "/out") }
      #expect(missing.code == .notFound && missing.remedy?.contains("martlet data") == true)
      // What a killed run leaves, and the next one removes.
      try write("junk", folder + "/out/.partial/train-00000.tokens")
      try prepare(settings, folder + "/out")
      try prepare(settings, folder + "/undisturbed")
      #expect(try contents(folder + "/out") == contents(folder + "/undisturbed"))
    }
  }

  @Test func sourcesWithoutTextAmongOthersAreNamed() throws {
    try withTemporaryFolder { folder in
      try write("some text to prepare", folder + "/a.txt")
      try write(" \n", folder + "/blank.txt")
      try write("no text file", folder + "/pictures/x.png")
      try write("more text", folder + "/more/b.txt")
      let sources = ["a.txt", "blank.txt", "pictures", "more/"].map { folder + "/" + $0 }
      var settings = DataSettings(sources: sources, tokenizer: .character)
      settings.validationSources = ["/a.txt", "/blank.txt"].map { .init(files: [folder + $0]) }
      let expected = [1, 2, 1].map { "there is no text in \(sources[$0])" }
      #expect(try Set(prepare(settings, folder + "/out").warnings) == Set(expected))
      let again = try prepare(settings, folder + "/out")
      #expect(again.wasUpToDate && Set(again.warnings) == Set(expected))
    }
  }

  @Test func whatIsNotAcceptedLeavesTheFolderAsItWas() throws {
    struct Refusal: Error {}
    try withTemporaryFolder { folder in
      try write("some text to prepare", folder + "/a.txt")
      let settings = DataSettings(sources: [folder + "/a.txt"], tokenizer: .character)
      let first = try prepare(settings, folder + "/out").manifest
      let before = try contents(folder + "/out")
      try write("other text to prepare", folder + "/a.txt")
      var preparation = DataPreparation(settings, folder: folder + "/out")
      var shown: DatasetManifest?
      #expect(throws: Refusal.self) {
        try preparation.run { manifest in
          shown = manifest
          throw Refusal()
        }
      }
      #expect(shown != nil && shown?.fingerprint != first.fingerprint)
      #expect(try contents(folder + "/out") == before)
      _ = try preparation.run { shown = $0 }
      #expect(try DatasetManifest(folder: folder + "/out") == shown)
    }
  }

  @Test func whatAKilledWriterLeftIsRemoved() throws {
    try withTemporaryFolder { folder in
      try write("some text to prepare", folder + "/a.txt")
      try write("half", folder + "/out/.tokenizer.json.tmp-123-4")
      try prepare(DataSettings(sources: [folder + "/a.txt"], tokenizer: .character), folder + "/out")
      #expect(try FileSystem.list(folder + "/out").filter { $0.hasPrefix(".tok") } == [])
    }
  }

  @Test func progressGoesForward() throws {
    try withTemporaryFolder { folder in
      try write(try jsonl((0..<9000).map { "text number \($0)" }), folder + "/a.jsonl")
      var seen: [DataProgress] = []
      var preparation = DataPreparation(
        DataSettings(sources: [folder + "/a.jsonl"], tokenizer: .bytePair(vocabularySize: 400)),
        folder: folder + "/out",
        progress: { seen.append($0) })
      _ = try preparation.run()
      for phase in [DataProgress.Phase.inspecting, .countingWords, .learning, .encoding] {
        let steps = seen.filter { $0.phase == phase }.map(\.done)
        #expect(!steps.isEmpty && steps == steps.sorted(), "\(phase)")
      }
      #expect(seen.last { $0.phase == .encoding }?.documents == 9000)
    }
  }

  @Test func twoRunsInOneFolderDoNotMix() throws {
    try withTemporaryFolder { folder in
      try write("text", folder + "/a.txt")
      let lock = try FolderLock(folder + "/out", purpose: "testing")
      let error = try #require(throws: MartletError.self) {
        try prepare(DataSettings(sources: [folder + "/a.txt"], tokenizer: .character), folder + "/out")
      }
      #expect(error.code == .resource)
      withExtendedLifetime(lock) {}
    }
  }

  @Test func aFolderWithMixedFilesIsRefused() throws {
    try withTemporaryFolder { folder in
      try write("some text to prepare", folder + "/a.txt")
      try write("other text to prepare", folder + "/b.txt")
      try prepare(DataSettings(sources: [folder + "/a.txt"], tokenizer: .character), folder + "/one")
      try prepare(DataSettings(sources: [folder + "/b.txt"], tokenizer: .character), folder + "/two")
      let names = ["tokenizer.json", "train-00000.tokens", "validation-00000.tokens"]
      for name in names {
        let original = try FileSystem.read(folder + "/one/" + name, limit: 1 << 20)
        try AtomicFile.write(try FileSystem.read(folder + "/two/" + name, limit: 1 << 20), to: folder + "/one/" + name)
        let error = try #require(throws: MartletError.self) { try PreparedDataset(folder: folder + "/one") }
        #expect(error.code == .mismatch && error.place?.hasSuffix(name) == true)
        try AtomicFile.write(original, to: folder + "/one/" + name)
      }
      _ = try PreparedDataset(folder: folder + "/one")
    }
  }

  @Test func damagedManifestsAreErrors() throws {
    try withTemporaryFolder { folder in
      try write("some text to prepare", folder + "/a.txt")
      try prepare(DataSettings(sources: [folder + "/a.txt"], tokenizer: .character), folder + "/out")
      let path = folder + "/out/dataset.json"
      let original = try FileSystem.read(path, limit: 1 << 20)
      var random = RandomStream(RandomKey(seed: 3))
      for round in 0..<400 {
        var bytes = original
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch round % 3 {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + 20))
        default: bytes.replaceSubrange(place...place, with: Array(["..", "9", "-", "null", "/"][round % 5].utf8))
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        do {
          _ = try PreparedDataset(folder: folder + "/out").verify()
        } catch {
          #expect(error is MartletError)
        }
      }
      let text = String(decoding: original, as: UTF8.self).replacingOccurrences(
        of: "train-00000.tokens", with: "../out/train-00000.tokens")
      try write(text, path)
      #expect(throws: MartletError.self) { try PreparedDataset(folder: folder + "/out") }
    }
  }
}
