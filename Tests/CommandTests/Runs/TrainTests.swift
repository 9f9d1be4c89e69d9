import CPUBackend
import Core
import Datasets
import Foundation
import TestSupport
import Testing
import Tokenizers
import Training

@Suite("Training from the command line", .serialized)
struct TrainTests {
  @Test("A run ends with a model, a report and metrics; the model writes, is exported, and is better than counting")
  func endToEnd() throws {
    try TinyRun.with(["max_steps: 120", "eval_steps: 40", "save_steps: 50"]) { run in
      let result = try run.train()
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains("Trained for 120 steps"))
      #expect(result.output.contains("unigram entropy"))
      #expect(result.output.contains("Sample 3:"))
      #expect(result.output.contains("Foretold and taken:"))
      #expect(!result.errors.contains("\u{1B}") && !result.errors.contains("\r"), "no terminal, no control sequences")
      #expect(result.errors.contains("step 120/120"))
      #expect(try run.steps() == Array(1...120))

      let report = try FileSystem.readText(run.output + "/report.html", limit: 1 << 24)
      for part in ["validation loss", "unigram entropy", "<svg", "What it writes", "Foretold", "n_embd: 16"] {
        #expect(report.contains(part), "\(part)")
      }
      let manifest = try JSONFields(file: run.output + "/data/dataset.json")
      let entropy = try manifest.number("unigram_entropy")
      let last = try #require(
        try MetricsFile.read(run.output + "/metrics.jsonl").last { $0.values["validation_loss"] != nil })
      #expect(try #require(last.values["validation_loss"]?.doubleValue) < 0.8 * entropy)

      let options = ["--model", run.output, "--prompt", "ba", "--seed", "5", "--max-new-tokens", "20"]
      let first = try Martlet.run(["generate"] + options)
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.output.hasPrefix("ba") && first.output.count > 10)
      #expect(try Martlet.run(["generate"] + options).output == first.output, "the same seed writes the same text")
      #expect(try Martlet.run(["generate"] + options + ["--stop", "o"]).output.contains("o") == false)

      let exported = run.folder + "/exported"
      let export = try Martlet.run("export", "--format", "hf", "--from", run.output, "--to", exported)
      #expect(export.status == 0, "\(export.errors)")
      let names = try FileSystem.list(exported)
      for name in [
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
      ] {
        #expect(names.contains(name))
      }
      #expect(
        try Martlet.run("generate", "--model", exported, "--prompt", "ba", "--seed", "5", "--max-new-tokens", "20")
          .output == first.output)
    }
  }

  @Test("Resuming a finished run with more steps goes on, and says which keys changed")
  func moreSteps() throws {
    try TinyRun.with(["max_steps: 10", "lr_scheduler_type: constant"]) { run in
      #expect(try run.train().status == 0)
      let again = try run.train("--resume", "--set", "train.max_steps=14")
      #expect(again.status == 0, "\(again.errors)")
      #expect(again.errors.contains("train.max_steps was 10 and is 14 from here on."))
      let hashes = try run.hashes(step: 14)
      try TinyRun.with(["max_steps: 14", "lr_scheduler_type: constant"]) { (whole: TinyRun) throws in
        #expect(try whole.train().status == 0)
        #expect(try whole.hashes(step: 14) == hashes)
      }
    }
  }

  @Test("Training from a model's folder starts with its weights and its tokens")
  func fromFolder() throws {
    try TinyRun.with(["max_steps: 60"]) { run in
      #expect(try run.train().status == 0)
      let more = try run.train(
        "--set", "model.from=\(run.output)/model", "--set", "train.output_dir=\(run.folder)/second", "--set",
        "train.max_steps=1", "--set", "train.learning_rate=1e-9", "--set", "train.warmup_steps=0")
      #expect(more.status == 0, "\(more.errors)")
      func loss(_ folder: String) throws -> Double {
        let line = try MetricsFile.read(folder + "/metrics.jsonl").last { $0.values["validation_loss"] != nil }
        return try #require(line?.values["validation_loss"]?.doubleValue)
      }
      #expect(abs(try loss(run.folder + "/second") - loss(run.output)) < 1e-3)
    }
  }

  @Test("Training starts from a run's folder as from the model in it")
  func fromRun() throws {
    try TinyRun.with(["max_steps: 4"]) { run in
      #expect(try run.train().status == 0)
      let hashes = try ["", "/model"].map { part in
        let second = run.folder + "/second" + part.dropFirst()
        let more = try run.train("--set", "model.from=\(run.output)\(part)", "--set", "train.output_dir=\(second)")
        #expect(more.status == 0, "\(more.errors)")
        let checkpoint = CheckpointFolder(outputFolder: second).folder(of: 4)
        return SHA256.hash(try FileSystem.read(checkpoint + "/model.safetensors", limit: 1 << 30)).hex
      }
      #expect(hashes[0] == hashes[1])
    }
  }

  @Test(
    "A run that cannot go on leaves its data as it was",
    arguments: ["model.n_layer=2", "data.files=other.txt", "data.tokenizer.type=bpe", "model.nothing=1"])
  func refusedResume(setting: String) throws {
    try TinyRun.with(["max_steps: 4"]) { run in
      #expect(try run.train().status == 0)
      try AtomicFile.write(TinyRun.text(words: 4000), to: run.folder + "/other.txt")
      func data() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try FileSystem.list(run.output + "/data") where name != ".lock" {
          files[name] = try FileSystem.read(run.output + "/data/" + name, limit: 1 << 28)
        }
        return files
      }
      let before = try data()
      for arguments in [["--resume"], []] {
        let result = try Martlet.run(
          ["train", run.recipe, "--set", setting, "--set", "data.tokenizer.vocab_size=300"] + arguments, in: run.folder)
        #expect(result.status == 1, "\(result.errors)")
        #expect(try data() == before)
      }
    }
  }

  @Test("A run without text for validation, and sources without text, are warned of")
  func warnings() throws {
    try TinyRun.with(["max_steps: 4"]) { run in
      #expect(try run.train().errors.contains("warning") == false)
      try FileSystem.createFolder(run.folder + "/nothing")
      let result = try run.train(
        "--set", "data.validation_fraction=0", "--set", "train.output_dir=\(run.folder)/second", "--set",
        "data.files=[\"\(run.folder)/text.txt\", \"\(run.folder)/nothing\"]")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("warning: there is no text for validation"), "\(result.errors)")
      #expect(result.errors.contains("warning: there is no text in \(run.folder)/nothing"), "\(result.errors)")
    }
  }

  @Test("A run whose model cannot write samples has its report; as many are written as the recipe asks for")
  func samples() throws {
    try TinyRun.with(["max_steps: 4"]) { run in
      // Of this prompt the tokenizer knows nothing, and there is no token that begins a text.
      var trainer = CharacterTrainer()
      trainer.unknownToken = nil
      trainer.add(TinyRun.text(words: 100))
      try FileSystem.createFolder(run.folder + "/characters")
      try trainer.train().save(to: run.folder + "/characters")
      let result = try run.train(
        "--set", "generate.prompt=QXZ", "--set", "data.tokenizer.from=\(run.folder)/characters")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("warning: the model wrote no samples for the report: the prompt is empty"))
      #expect(FileSystem.kind(of: run.output + "/report.html") == .file)
      let more = try run.train(
        "--resume", "--set", "generate.samples=9", "--set", "data.tokenizer.from=\(run.folder)/characters")
      #expect(more.status == 0, "\(more.errors)")
      #expect(more.output.contains("Sample 9:") && !more.output.contains("Sample 10:"))
    }
  }

  @Test("Early stopping ends a run whose validation loss no longer falls")
  func earlyStopping() throws {
    let settings = ["max_steps: 200", "eval_steps: 2", "early_stopping_patience: 2", "early_stopping_threshold: 100"]
    try TinyRun.with(settings) { run in
      let result = try run.train()
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains("Stopped early after 6 steps"))
      #expect(try run.steps(with: "validation_loss") == [2, 4, 6])
    }
  }

  @Test("1, 2 and 5 threads end with the same bits")
  func threads() throws {
    let hashes = try ["1", "2", "5"].map { threads in
      try TinyRun.with(["max_steps: 12"], model: ["n_inner: 40"]) { run in
        let result = try run.train("--threads", threads)
        #expect(result.status == 0, "\(result.errors)")
        return try run.hashes(step: 12)
      }
    }
    #expect(hashes[0] == hashes[1] && hashes[1] == hashes[2])
  }

  @Test(
    "Every optimiser and schedule trains", arguments: ["adamw", "sgd", "lion", "muon"],
    ["constant", "warmup_stable_decay"])
  func optimizers(optimizer: String, schedule: String) throws {
    let rate = ["adamw": "1e-2", "sgd": "0.3", "lion": "2e-3", "muon": "1e-2"][optimizer] ?? ""
    let settings = ["max_steps: 40", "optimizer: \(optimizer)", "lr_scheduler_type: \(schedule)", "eval_steps: 0"]
    try TinyRun.with(settings) { run in
      let result = try run.train("--set", "train.learning_rate=\(rate)")
      #expect(result.status == 0, "\(result.errors)")
      let losses = try MetricsFile.read(run.output + "/metrics.jsonl").compactMap { $0.values["loss"]?.doubleValue }
      let last = losses.suffix(10).reduce(0.0, +) / 10
      #expect(last < 0.96 * losses[0], "\(losses)")
    }
  }

  @Test("verify proves a recipe and leaves nothing behind")
  func verify() throws {
    try TinyRun.with(["max_steps: 100", "save_steps: 10"]) { run in
      let result = try Martlet.run("verify", run.recipe, in: run.folder)
      #expect(result.status == 0, "\(result.output)\(result.errors)")
      let lines = result.output.split(separator: "\n")
      #expect(lines.count == 4 && lines.allSatisfy { $0.hasPrefix("PASS") })
      #expect(try FileSystem.list(run.output) == ["data"])
    }
  }

  @Test("bench prints one line of JSON with positive figures")
  func bench() throws {
    let result = try Martlet.run("bench", "step", "1", "32", "2", "16", "2", "50", "--steps", "3", "--threads", "1")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.filter { $0 == "\n" }.count == 1)
    guard case .object(let object) = try JSONValue(parsing: Array(result.output.utf8), name: "bench") else { return }
    let fields = JSONFields(object, file: "bench")
    for key in ["milliseconds_per_step", "tokens_per_second", "gigaflops", "peak_memory_megabytes"] {
      #expect(try fields.number(key) > 0)
    }
  }

  @Test("new writes a recipe that is valid and that trains once there is text")
  func new() throws {
    try withTemporaryFolder { folder in
      let made = try Martlet.run("new", "text-generation", "mine", in: folder)
      #expect(made.status == 0, "\(made.errors)")
      #expect(try Martlet.run("new", "text-generation", "mine", in: folder).status == 1, "nothing is overwritten")
      try AtomicFile.write(TinyRun.text(words: 20_000), to: folder + "/mine/text/a.txt")
      let trained = try Martlet.run(
        "train", "mine/recipe.yaml", "--set", "train.max_steps=2", "--set", "train.warmup_steps=1", "--set",
        "data.tokenizer.vocab_size=300", "--set", "model.n_layer=1", "--set", "generate.max_new_tokens=2", in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      #expect(FileSystem.kind(of: folder + "/mine/runs/model/model/config.json") == .file)
    }
  }

  @Test("data shows what was left out and why, and does nothing the second time")
  func data() throws {
    try withTemporaryFolder { folder in
      let lines =
        (0..<40).map { "{\"text\": \"line \($0) of some text\"}" }
        + ["not json", "[1]", "{\"title\": 1}", "{\"text\": 5}", "{\"text\": \"  \"}"]
      try AtomicFile.write(lines.joined(separator: "\n"), to: folder + "/a.jsonl")
      try AtomicFile.write(
        "data: {files: a.jsonl, tokenizer: {type: char}}\ntrain: {output_dir: run}\n", to: folder + "/recipe.yaml")
      let result = try Martlet.run("data", "recipe.yaml", in: folder)
      #expect(result.status == 0, "\(result.errors)")
      try expectGolden(result.output, "data.txt")
      let again = try Martlet.run("data", "recipe.yaml", in: folder)
      #expect(again.output.contains("up to date"))
    }
  }

  @Test("Files for validation are validated on, and nothing of the others is held out")
  func validationFiles() throws {
    try TinyRun.with(["max_steps: 5"]) { run in
      try AtomicFile.write(TinyRun.text(words: 500), to: run.folder + "/held-out.txt")
      let result = try run.train("--set", "data.validation_files=held-out.txt")
      #expect(result.status == 0, "\(result.errors)")
      let manifest = try DatasetManifest(folder: run.output + "/data")
      // A character is a token; a mark may follow each file.
      #expect((0...1).contains(manifest.train.tokens - TinyRun.text(words: 6000).count))
      #expect((0...1).contains(manifest.validation.tokens - TinyRun.text(words: 500).count))
      #expect(manifest.sources.map(\.path) == [run.folder + "/text.txt", run.folder + "/held-out.txt"])
      try AtomicFile.write(TinyRun.text(words: 600), to: run.folder + "/held-out.txt")
      let changed = try run.train("--resume", "--set", "data.validation_files=held-out.txt")
      #expect(changed.status == 1)
      #expect(changed.errors.contains("the text (by the hash of its tokens)"), "\(changed.errors)")
    }
  }

  @Test("Resuming a run that stopped early ends at once")
  func resumeStopped() throws {
    let settings = ["max_steps: 50", "eval_steps: 2", "early_stopping_patience: 1", "early_stopping_threshold: 100"]
    try TinyRun.with(settings) { run in
      #expect(try run.train().status == 0)
      let again = try run.train("--resume")
      #expect(again.status == 0, "\(again.errors)")
      #expect(again.output.contains("Stopped early after 4 steps"))
      #expect(try run.steps() == [1, 2, 3, 4])
    }
  }

  @Test("The page of recipe keys in docs is the one that the program prints")
  func recipePage() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../../docs/RECIPE.md")
    let committed = try String(contentsOf: page, encoding: .utf8)
    #expect(try Martlet.run("recipe", "--markdown").output == committed, "`make docs` writes it anew")
  }

  @Test("The recipes of the repository are valid", arguments: ["quickstart", "shakespeare-char", "shakespeare-better"])
  func recipes(name: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../recipes")
      .standardized
    let result = try Martlet.run("recipe", folder.path + "/\(name).yaml")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("name: \(name)"))
  }
}
