import Core
import Foundation
import TestSupport
import Training

/// A small run in a folder of its own: text, a recipe, and the program that trains it.
struct TinyRun {
  /// The folder with `recipe.yaml` and `text.txt`.
  let folder: String
  /// The recipe's file.
  var recipe: String { folder + "/recipe.yaml" }
  /// The folder of the run.
  var output: String { folder + "/run" }

  /// Calls `body` with a run whose recipe has further lines under `train:`.
  static func with<R>(_ train: [String] = [], model: [String] = [], _ body: (TinyRun) throws -> R) throws -> R {
    try withTemporaryFolder { folder in
      let run = TinyRun(folder: folder)
      try AtomicFile.write(text(words: 6000), to: folder + "/text.txt")
      try AtomicFile.write(yaml(train: train, model: model), to: run.recipe)
      return try body(run)
    }
  }

  /// The recipe.
  static func yaml(train: [String], model: [String] = []) -> String {
    """
    model:
      n_layer: 1
      n_head: 2
      n_embd: 16
      resid_pdrop: 0.1
    \(model.map { "  \($0)\n" }.joined())data:
      files: text.txt
      tokenizer: {type: char}
      sampling: epoch
    train:
      output_dir: run
      context_length: 16
      per_device_train_batch_size: 4
      learning_rate: 1e-2
      warmup_steps: 3
      logging_steps: 1
      threads: 1
    \(train.map { "  \($0)\n" }.joined())generate:
      max_new_tokens: 8

    """
  }

  /// Sentences of made-up words, the same each time, in which letters follow each other by rules that can be learned.
  static func text(words: Int) -> String {
    var stream = RandomStream(RandomKey(seed: 7))
    let syllables = ["ba", "do", "ki", "lu", "me", "no", "ri", "sa", "te", "vu"]
    var text = ""
    for index in 0..<words {
      for _ in 0..<Int.random(in: 1...3, using: &stream) {
        text += syllables[Int.random(in: 0..<syllables.count, using: &stream)]
      }
      text += index % 9 == 8 ? ".\n" : " "
    }
    return text
  }

  /// Trains to the end.
  func train(_ more: String..., environment: [String: String] = [:]) throws -> Martlet.Result {
    try Martlet.run(["train", recipe] + more, in: folder, environment: environment)
  }

  /// Starts training, kills it with SIGKILL as soon as `isTime` holds, and says whether it was alive until then.
  func trainAndKill(_ more: [String], when isTime: () -> Bool) throws -> Bool {
    let process = Martlet.process(["train", recipe] + more, in: folder)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    while process.isRunning {
      if isTime() {
        kill(process.processIdentifier, SIGKILL)
        break
      }
      usleep(300)
    }
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }

  /// The steps of the lines in metrics.jsonl that have `key`.
  func steps(with key: String = "loss") throws -> [Int] {
    try MetricsFile.read(output + "/metrics.jsonl").filter { $0.values[key] != nil }.map(\.step)
  }

  /// The hashes of weights and optimiser of the checkpoint of a step.
  func hashes(step: Int) throws -> [String] {
    let folder = CheckpointFolder(outputFolder: output).folder(of: step)
    return try ["model.safetensors", "optimizer.safetensors"].map {
      SHA256.hash(try FileSystem.read(folder + "/" + $0, limit: 1 << 30)).hex
    }
  }
}
