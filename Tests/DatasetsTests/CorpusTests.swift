import Core
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct CorpusTests {
  /// Some hundred different documents, a few of them twice or nearly, one broken line.
  private static func lines(_ count: Int, seed: UInt64 = 1) -> String {
    var random = RandomStream(RandomKey(seed: seed))
    let words = ["river", "boat", "morning", "fog", "the", "of", "and", "with", "that", "stone", "bridge", "早上", "桥"]
    var texts: [String] = []
    for index in 0..<count {
      if index % 10 == 9, let old = texts.randomElement(using: &random) {
        texts.append(index % 20 == 19 ? old : old + " again")
        continue
      }
      let length = Int.random(in: 30...90, using: &random)
      texts.append((0..<length).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ") + ".")
    }
    var lines = texts.enumerated().map { index, text in
      JSONValue.object(["text": .string(text), "url": .string("https://a\(index % 5).org/\(index)")]).text()
    }
    lines.insert("{broken", at: count / 2)
    return lines.joined(separator: "\n")
  }

  private static func write(_ text: String, _ path: String) throws {
    try FileSystem.createFolder(parentFolder(of: path))
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  private static func settings(_ files: [String]) -> CorpusSettings {
    CorpusSettings(
      sources: [.init(files: files, format: "json", options: ["url": .string("url")], licence: "CC0-1.0")],
      steps: [
        .init("select_length", ["min": .integer(200)]), .init("deduplicate", ["threshold": .double(0.8)]),
      ])
  }

  /// All files below a folder but locks.
  static func contents(_ folder: String, below: String = "") throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileSystem.list(folder) where name != ".lock" {
      let path = joinPath(folder, name)
      if FileSystem.kind(of: path) == .folder {
        files.merge(try contents(path, below: below + name + "/")) { first, _ in first }
      } else {
        files[below + name] = try FileSystem.read(path, limit: 1 << 28)
      }
    }
    return files
  }

  @Test func documentsAreCountedTracedAndComparedAndNoneIsLost() throws {
    try withTemporaryFolder { folder in
      try Self.write(Self.lines(300), folder + "/a.jsonl")
      let outcome = try CorpusBuilder(Self.settings([folder + "/a.jsonl"]), folder: folder + "/corpus").run()
      let counts = try outcome.version.counts()
      #expect(counts.found == 300 && counts.skips.map(\.reason) == ["not_json"] && counts.skips.first?.count == 1)
      let step = try #require(counts.steps.first)
      #expect(step.documentsIn == 300 && step.documentsIn == step.documentsOut + step.dropped.values.reduce(0, +))
      #expect(outcome.version.documents == step.documentsOut && (10...40).contains(outcome.version.manifest.duplicates))
      #expect((5...20).contains(outcome.version.manifest.exactDuplicates))
      let found = try outcome.version.find("river", similarity: nil, threads: 2)
      let first = try #require(found.first)
      #expect(first.provenance.licence == "CC0-1.0" && first.provenance.url?.hasPrefix("https://a") == true)
      #expect(first.provenance.input == folder + "/a.jsonl" && first.provenance.place.hasPrefix("line "))
      #expect(found.contains { $0.isLeftOut } && found.contains { !$0.isLeftOut })
      #expect(try outcome.version.find("no such words at all", similarity: nil, threads: 2).isEmpty)
    }
  }

  @Test(arguments: ["a.tar", "a.tgz", "a.zip"]) func filesInArchivesAreReadByWhatTheyAre(name: String) throws {
    try withTemporaryFolder { folder in
      try Self.write("A plain text.\n", folder + "/in/a.txt")
      try Self.write(#"{"text": "A line."}"# + "\n{broken\n", folder + "/in/deep/b.jsonl")
      try Self.write("<html><body><p>A page, with words in it.</p></body></html>", folder + "/in/c.html")
      try Self.write("id,text\n1,A row.\n", folder + "/in/d.csv")
      try Self.write("not for us", folder + "/in/e.png")
      let pack = name.hasSuffix("zip") ? "python3 -m zipfile -c ../\(name) *" : "tar caf ../\(name) *"
      try runTool("sh", ["-c", "cd '\(folder)/in' && \(pack)"])
      let settings = CorpusSettings(sources: [.init(files: [folder + "/" + name])], steps: [])
      let version = try CorpusBuilder(settings, folder: folder + "/corpus").run().version
      let counts = try version.counts()
      #expect(version.documents == 4 && counts.skips.map(\.reason) == ["not_json"] && counts.skips.first?.count == 1)
      for (text, member) in [
        ("plain text", "a.txt"), ("A line", "deep/b.jsonl"), ("A page", "c.html"), ("A row", "d.csv"),
      ] {
        let found = try version.find(text, similarity: nil, threads: 1)
        #expect(found.map(\.provenance.input) == ["\(folder)/\(name), \(member)"])
      }
    }
  }

  /// Wherever a run is stopped, the next ones end with the files of one that was not.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 9, 12, 16])
  func aRunThatIsStoppedGoesOnAndEndsTheSame(after calls: Int) throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      for name in ["a", "b", "c"] { try Self.write(Self.lines(400, seed: UInt64(calls)), folder + "/\(name).jsonl") }
      let settings = Self.settings(["a", "b", "c"].map { folder + "/\($0).jsonl" })
      func builder(_ to: String, stopAfter: Int?) -> CorpusBuilder {
        var left = stopAfter
        var builder = CorpusBuilder(settings, folder: folder + to) { _ in
          if let now = left {
            if now == 0 { throw Stop() }
            left = now - 1
          }
        }
        // Batches of some dozen documents, and a note after each.
        builder.batchBytes = 10_000
        builder.bytesBetweenNotes = 1
        return builder
      }
      var stops = 0
      // Every run gets a little further: what is done stays done.
      while true {
        do {
          _ = try builder("/stopped", stopAfter: calls + 3 + stops).run()
          break
        } catch is Stop {
          stops += 1
          if stops > 200 { break }
        }
      }
      #expect(stops > 0)
      _ = try builder("/whole", stopAfter: nil).run()
      #expect(try Self.contents(folder + "/stopped") == Self.contents(folder + "/whole"))
    }
  }

  @Test func whatHasNotChangedIsNotReadAgain() throws {
    try withTemporaryFolder { folder in
      for name in ["a", "b"] { try Self.write(Self.lines(100, seed: 2), folder + "/in/\(name).jsonl") }
      let settings = Self.settings([folder + "/in"])
      let first = try CorpusBuilder(settings, folder: folder + "/corpus").run()
      #expect(first.read == 2 && first.reused == 0)
      let second = try CorpusBuilder(settings, folder: folder + "/corpus").run()
      #expect(second.read == 0 && second.reused == 2 && second.version.id == first.version.id)
      try Self.write(Self.lines(100, seed: 3), folder + "/in/b.jsonl")
      let third = try CorpusBuilder(settings, folder: folder + "/corpus").run()
      #expect(third.read == 1 && third.reused == 1 && third.version.id != first.version.id)
      let difference = try CorpusDifference(first.version, third.version, maximumMemory: 1 << 20)
      #expect(
        difference.inputs.map(\.name) == [folder + "/in/b.jsonl"] && difference.added > 20 && difference.shared > 20)
      let kept = { (version: Corpus.Version) in version.documents - version.manifest.duplicates }
      #expect(difference.shared + difference.removed == kept(first.version))
      #expect(difference.shared + difference.added == kept(third.version))
    }
  }

  @Test func addedInputsAreComparedWithTheOldAndStay() throws {
    try withTemporaryFolder { folder in
      try Self.write(Self.lines(200, seed: 4), folder + "/a.jsonl")
      let old = Self.lines(200, seed: 4).split(separator: "\n").prefix(30)
      let new = Self.lines(40, seed: 5).split(separator: "\n")
      try Self.write((old + new).joined(separator: "\n"), folder + "/b.jsonl")
      let settings = Self.settings([folder + "/a.jsonl"])
      let first = try CorpusBuilder(settings, folder: folder + "/corpus").run().version
      let more = Self.settings([folder + "/b.jsonl"])
      let outcome = try CorpusBuilder(more, folder: folder + "/corpus").run(adding: true)
      #expect(outcome.read == 1 && outcome.version.manifest.parent == first.id)
      let difference = try CorpusDifference(first, outcome.version, maximumMemory: 1 << 20)
      #expect(difference.removed == 0, "what is there stays")
      #expect((25...41).contains(difference.added), "only what is new is added: \(difference.added)")
      // The recipe alone still gives the version with what was added.
      let again = try CorpusBuilder(settings, folder: folder + "/corpus").run()
      #expect(again.version.id == outcome.version.id)
    }
  }

  @Test func documentsComeAsOftenAsTheirWeightsSayInAnOrderOfTheSeed() throws {
    try withTemporaryFolder { folder in
      try Self.write((0..<200).map { #"{"text":"first \#($0)"}"# }.joined(separator: "\n"), folder + "/a.jsonl")
      try Self.write((0..<200).map { #"{"text":"second \#($0)"}"# }.joined(separator: "\n"), folder + "/b.jsonl")
      func texts(_ seed: UInt64, shuffles: Bool) throws -> [String] {
        var corpus = CorpusSettings(sources: [
          .init(files: [folder + "/a.jsonl"], weight: 2), .init(files: [folder + "/b.jsonl"], weight: 0.5),
        ])
        corpus.shuffles = shuffles
        corpus.seed = seed
        var settings = DataSettings(corpus: corpus, tokenizer: .character)
        settings.endOfDocument = .token("<|endoftext|>")
        settings.validationFraction = 0
        var preparation = DataPreparation(settings, folder: folder + "/out-\(seed)-\(shuffles)")
        _ = try preparation.run()
        let data = try PreparedDataset(folder: folder + "/out-\(seed)-\(shuffles)")
        let end = try #require(data.tokenizer.endOfTextID)
        return try ShardFiles.tokens(data.train, 0..<data.train.count).split(separator: end).map {
          data.tokenizer.decode(Array($0))
        }
      }
      let plain = try texts(1, shuffles: false)
      #expect(Array(plain.prefix(4)) == ["first 0", "first 0", "first 1", "first 1"])
      #expect(plain.filter { $0.hasPrefix("first") }.count == 400)
      #expect((70...130).contains(plain.filter { $0.hasPrefix("second") }.count))
      let (one, two) = (try texts(1, shuffles: true), try texts(2, shuffles: true))
      #expect(one != plain && one.sorted() == plain.sorted() && one != two)
      #expect(try texts(1, shuffles: true) == one)
    }
  }

  @Test func repeatedParagraphsAndEvaluationSetsAreCutOut() throws {
    try withTemporaryFolder { folder in
      let notice = "This site uses cookies to give you the best experience that there is."
      let secret = (0..<30).map { "word\($0)" }.joined(separator: " ")
      let texts =
        (0..<20).map { "A text about the number \($0) and what can be said of it.\n\(notice)\nIts end \($0)." }
        + ["before \(secret) after"]
      try Self.write(
        texts.map { JSONValue.object(["text": .string($0)]).text() }.joined(separator: "\n"), folder + "/a.jsonl")
      try Self.write(JSONValue.object(["text": .string(secret)]).text(), folder + "/test.jsonl")
      let settings = CorpusSettings(
        sources: [.init(files: [folder + "/a.jsonl"])],
        steps: [
          .init("decontaminate", ["against": .array([.string(folder + "/test.jsonl")])]),
          .init("cut_repeated_paragraphs"),
        ])
      let version = try CorpusBuilder(settings, folder: folder + "/corpus").run().version
      #expect(version.documents == 20 && version.manifest.cuts == 19)
      #expect(try version.counts().steps.first?.dropped == ["text of the evaluation set test.jsonl": 1])
      var data = DataSettings(corpus: settings, tokenizer: .character)
      data.validationFraction = 0
      var preparation = DataPreparation(data, folder: folder + "/out")
      _ = try preparation.run()
      let prepared = try PreparedDataset(folder: folder + "/out")
      let text = prepared.tokenizer.decode(try ShardFiles.tokens(prepared.train, 0..<prepared.train.count))
      #expect(text.components(separatedBy: notice).count == 2 && !text.contains("word7"))
    }
  }

  @Test func markupInDocumentsIsInertInTheReport() throws {
    try withTemporaryFolder { folder in
      let attack = #"<script>alert(1)</script><img src=x onerror=alert(2)>"#
      let texts = [
        attack, attack + String(repeating: " word", count: 80), attack + String(repeating: " word", count: 81),
      ]
      try Self.write(
        texts.map { JSONValue.object(["text": .string($0)]).text() }.joined(separator: "\n") + "\n\(attack)",
        folder + "/a.jsonl")
      let version = try CorpusBuilder(Self.settings([folder + "/a.jsonl"]), folder: folder + "/corpus").run().version
      let page = try CorpusReport(version, dataset: nil).html()
      #expect(!page.contains("<script") && !page.contains("<img") && page.contains("&lt;script&gt;"))
      #expect(!page.contains("http://") && !page.contains("https://"))
    }
  }

  @Test func wrongStepsAndSettingsAreNamed() throws {
    func failure(_ step: String, _ options: JSONObject = [:]) -> MartletError? {
      do {
        try CorpusSettings(sources: [], steps: [.init(step, options)]).checkSteps()
        return nil
      } catch { return error as? MartletError }
    }
    #expect(failure("deduplicte")?.remedy == "Did you mean deduplicate?")
    #expect(failure("deduplicate", ["treshold": .double(0.5)])?.remedy == "Did you mean threshold?")
    #expect(failure("deduplicate", ["threshold": .double(1.5)])?.message.contains("data.steps[0]") == true)
    #expect(failure("gopher_quality", ["min_words": .bool(false)]) == nil)
    #expect(failure("gopher_quality", ["min_words": .bool(true)]) != nil)
    let order = CorpusSettings(sources: [], steps: [.init("deduplicate"), .init("select_length")])
    #expect(throws: MartletError.self) { try order.checkSteps() }
  }

  @Test func damagedPartsAreMadeAnewOrNamed() throws {
    try withTemporaryFolder { folder in
      try Self.write(Self.lines(100, seed: 6), folder + "/a.jsonl")
      let settings = Self.settings([folder + "/a.jsonl"])
      let first = try CorpusBuilder(settings, folder: folder + "/corpus").run().version
      let part = folder + "/corpus/parts/" + (first.manifest.inputs.first?.part ?? "")
      try Data("short".utf8).write(to: URL(fileURLWithPath: part + "/documents.jsonl"))
      let error = try #require(throws: MartletError.self) { try Corpus(folder: folder + "/corpus").version() }
      #expect(error.code == .corrupted && error.remedy?.contains("martlet data") == true)
      let again = try CorpusBuilder(settings, folder: folder + "/corpus").run()
      #expect(again.read == 1 && again.version.id == first.id)
    }
  }
}
