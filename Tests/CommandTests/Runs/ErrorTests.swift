import Core
import Foundation
import TestSupport
import Testing
import Training

/// Wrong input of all kinds: the exit status, the exact message, and nothing half-done left behind.
@Suite("Messages for wrong input", .serialized)
struct ErrorTests {
  /// A mistake: what is made of a tiny run, and the command that meets it.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var name: String
    var train: [String] = ["max_steps: 4"]
    var prepare: @Sendable (TinyRun) throws -> Void = { _ in }
    var arguments: @Sendable (TinyRun) -> [String] = { ["train", $0.recipe] }
    var status: Int32 = 1
    var testDescription: String { name }
  }

  static let recipes: [Mistake] = [
    Mistake(name: "missing recipe", arguments: { _ in ["train", "nowhere.yaml"] }),
    Mistake(name: "no recipe given", arguments: { _ in ["train"] }, status: 2),
    Mistake(name: "recipe is a folder", arguments: { ["train", $0.folder] }),
    Mistake(name: "not YAML", prepare: { try AtomicFile.write("model: [1, 2\ndata: {", to: $0.recipe) }),
    Mistake(name: "bad UTF-8 in the recipe", prepare: { try AtomicFile.write([0x6E, 0xFF, 0xFE], to: $0.recipe) }),
    Mistake(name: "unknown key", train: ["learning_rat: 1e-3"]),
    Mistake(name: "wrong type", train: ["max_steps: many"]),
    Mistake(name: "out of range", train: ["max_steps: 0"]),
    Mistake(name: "unknown word", train: ["optimizer: adam"]),
    Mistake(name: "bad flag", arguments: { ["train", $0.recipe, "--set", "train.learning_rate:3"] }),
    Mistake(name: "heads do not fit", arguments: { ["train", $0.recipe, "--set", "model.n_head=3"] }),
    Mistake(name: "warm-up too long", arguments: { ["train", $0.recipe, "--set", "train.warmup_steps=9"] }),
    Mistake(
      name: "context longer than the model", arguments: { ["train", $0.recipe, "--set", "model.n_positions=8"] }),
  ]

  static let data: [Mistake] = [
    Mistake(name: "missing text", arguments: { ["train", $0.recipe, "--set", "data.files=nowhere.txt"] }),
    Mistake(name: "empty corpus", prepare: { try AtomicFile.write(" \n\n ", to: $0.folder + "/text.txt") }),
    Mistake(
      name: "no text field",
      prepare: { try AtomicFile.write("{\"body\": \"x\"}\n", to: $0.folder + "/a.jsonl") },
      arguments: { ["train", $0.recipe, "--set", "data.files=a.jsonl"] }),
    Mistake(
      name: "binary file",
      prepare: { try AtomicFile.write([UInt8](repeating: 0, count: 500), to: $0.folder + "/text.txt") }),
    Mistake(
      name: "context longer than the text", arguments: { ["train", $0.recipe, "--set", "train.context_length=100000"] }),
    Mistake(name: "vocabulary too small", arguments: { ["train", $0.recipe, "--set", "model.vocab_size=10"] }),
    Mistake(
      name: "broken tokenizer", prepare: { try AtomicFile.write("{\"model\": {}}", to: $0.folder + "/tokenizer.json") },
      arguments: { ["train", $0.recipe, "--set", "data.tokenizer.from=tokenizer.json"] }),
  ]

  static let training: [Mistake] = [
    Mistake(
      name: "NaN loss", train: ["max_steps: 40", "max_nonfinite_steps: 2", "optimizer: sgd", "max_grad_norm: 0"],
      arguments: { ["train", $0.recipe, "--set", "train.learning_rate=1e30"] }),
    Mistake(
      name: "run exists", prepare: { run in try expectSuccess(run.train()) }),
    Mistake(
      name: "another batch size", prepare: { run in try expectSuccess(run.train()) },
      arguments: { ["train", $0.recipe, "--resume", "--set", "train.per_device_train_batch_size=2"] }),
    Mistake(
      name: "another model", prepare: { run in try expectSuccess(run.train()) },
      arguments: { ["train", $0.recipe, "--resume", "--set", "model.n_layer=2"] }),
    Mistake(
      name: "another vocabulary",
      prepare: { run in
        try expectSuccess(run.train())
        try AtomicFile.write(TinyRun.text(words: 3000) + "ß∂ç", to: run.folder + "/text.txt")
      }, arguments: { ["train", $0.recipe, "--resume"] }),
    Mistake(
      name: "another tokenizer",
      prepare: { run in
        try expectSuccess(run.train())
        let text = TinyRun.text(words: 6000)
        try AtomicFile.write(String(text.map { $0 == "k" ? "q" : $0 }), to: run.folder + "/text.txt")
      }, arguments: { ["train", $0.recipe, "--resume"] }),
    Mistake(
      name: "another text",
      prepare: { run in
        try expectSuccess(run.train())
        try AtomicFile.write(TinyRun.text(words: 5000), to: run.folder + "/text.txt")
      }, arguments: { ["train", $0.recipe, "--resume"] }),
    Mistake(
      name: "all checkpoints corrupted",
      prepare: { run in
        try expectSuccess(run.train())
        try damage(run.output + "/checkpoints/step-00000004/model.safetensors", at: 2000)
      }, arguments: { ["train", $0.recipe, "--resume"] }),
    Mistake(
      name: "output folder below a file", arguments: { ["train", $0.recipe, "--set", "train.output_dir=text.txt/run"] }),
    Mistake(
      name: "memory that is not there",
      arguments: { ["train", $0.recipe, "--set", "model.n_embd=100000", "--set", "model.n_layer=100"] }),
    Mistake(
      name: "sizes beyond any machine",
      arguments: {
        ["train", $0.recipe]
          + ["n_embd=1048576", "n_inner=16777216", "n_layer=1024", "n_head=65536"].flatMap {
            ["--set", "model.\($0)"]
          }
      }),
    Mistake(
      name: "heads do not fit the model to start from",
      prepare: { run in try expectSuccess(run.train()) },
      arguments: {
        ["train", $0.recipe]
          + ["model.from=\($0.output)", "model.n_head=3", "train.output_dir=\($0.folder)/second"].flatMap {
            ["--set", $0]
          }
      }),
  ]

  static let models: [Mistake] = [
    Mistake(name: "generate without a model", arguments: { _ in ["generate", "--prompt", "x"] }),
    Mistake(name: "no such model", arguments: { _ in ["generate", "--model", "nowhere"] }),
    Mistake(name: "folder without a model", arguments: { ["generate", "--model", $0.folder] }),
    Mistake(
      name: "weights cut off",
      prepare: { run in
        try expectSuccess(run.train())
        let path = run.output + "/model/model.safetensors"
        try AtomicFile.write(Array(try FileSystem.read(path, limit: 1 << 24).dropLast(100)), to: path)
      }, arguments: { ["generate", "--model", $0.output] }),
    Mistake(
      name: "header beyond the file",
      prepare: { run in
        try expectSuccess(run.train())
        let path = run.output + "/model/model.safetensors"
        try AtomicFile.write(
          [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0] + (try FileSystem.read(path, limit: 1 << 24)).dropFirst(8), to: path)
      }, arguments: { ["generate", "--model", $0.output] }),
    Mistake(
      name: "unknown model type",
      prepare: { run in
        try AtomicFile.write("{\"model_type\": \"mamba\"}", to: run.folder + "/config.json")
      }, arguments: { ["generate", "--model", $0.folder] }),
    Mistake(
      name: "model without a tokenizer",
      prepare: { run in
        try expectSuccess(run.train())
        try FileSystem.remove(run.output + "/model/tokenizer.json")
      }, arguments: { ["generate", "--model", $0.output] }),
    Mistake(
      name: "temperature out of range", arguments: { _ in ["generate", "--model", "x", "--temperature", "hot"] },
      status: 2),
    Mistake(name: "misspelt option", arguments: { _ in ["generate", "--model", "x", "--top-q", "0.9"] }, status: 2),
    Mistake(name: "option without a value", arguments: { _ in ["generate", "--model", "x", "--seed"] }, status: 2),
    Mistake(name: "export without a target", arguments: { _ in ["export", "--from", "x"] }),
    Mistake(
      name: "export to another format", arguments: { _ in ["export", "--format", "hg", "--from", "x", "--to", "y"] },
      status: 2),
    Mistake(
      name: "bench with sizes beyond any machine",
      arguments: { _ in ["bench", "step", "1", "64", "2", "16777216", "16777216", "50"] }),
    Mistake(name: "bench with wrong sizes", arguments: { _ in ["bench", "step", "2", "33", "2", "16", "2", "50"] }),
    Mistake(name: "bench without sizes", arguments: { _ in ["bench", "generate", "2", "32"] }),
    Mistake(
      name: "bench beyond the context",
      arguments: { _ in ["bench", "generate", "1", "8", "1", "16", "1", "9", "--prompt-tokens", "16"] }),
  ]

  @Test("A wrong recipe is said with its line and what would be right", arguments: recipes)
  func recipeMessage(mistake: Mistake) throws { try check(mistake) }

  @Test("Wrong data is said with the file", arguments: data)
  func dataMessage(mistake: Mistake) throws { try check(mistake) }

  @Test("What cannot go on is said, with both values", arguments: training)
  func trainingMessage(mistake: Mistake) throws { try check(mistake) }

  @Test("A wrong model or option is said", arguments: models)
  func modelMessage(mistake: Mistake) throws { try check(mistake) }

  private func check(_ mistake: Mistake) throws {
    try TinyRun.with(mistake.train) { run in
      try mistake.prepare(run)
      let result = try Martlet.run(mistake.arguments(run), in: run.folder)
      #expect(result.status == mistake.status, "\(result.errors)")
      // Only the error itself: what was said before it depends on the machine.
      let start = result.errors.range(of: "martlet: error: ")?.lowerBound ?? result.errors.startIndex
      var message = String(result.errors[start...]).replacingOccurrences(of: run.folder, with: "<folder>")
      message = message.replacing(/[0-9.]+ [kMGT]?B (is|are) available/) { _ in "<memory> are available" }
      #expect(message.hasPrefix("martlet: error: "), "\(result.errors)")
      #expect(!message.contains("Fatal error"))
      try expectGolden(message, "errors/\(mistake.name.replacingOccurrences(of: " ", with: "-")).txt")
    }
  }
}

/// Throws if a command that prepares a test failed.
private func expectSuccess(_ result: Martlet.Result) throws {
  if result.status != 0 { throw MartletError(.invalidArgument, result.errors) }
}

/// Flips a bit of a file.
private func damage(_ path: String, at offset: Int) throws {
  var bytes = try FileSystem.read(path, limit: 1 << 24)
  bytes[offset] ^= 1
  try AtomicFile.write(bytes, to: path)
}
