import CPUBackend
import Core
import Formats
import Models
import TestSupport
import Testing
import Training

/// Recipes that train encoders: words behind masks, then labels from what was learnt.
@Suite struct EncoderRecipeTests {
  /// Sentences that name animals or tools, with the label behind a tab.
  private static func table(_ count: Int, seed: UInt64) -> String {
    var random = RandomStream(RandomKey(seed: seed))
    let words = [
      "animal": ["cat", "dog", "horse", "wolf", "bird"], "tool": ["saw", "drill", "hammer", "file", "wrench"],
    ]
    return (0..<count).map { _ in
      let label = Bool.random(using: &random) ? "animal" : "tool"
      let names = (0..<Int.random(in: 1...6, using: &random)).compactMap { _ in
        words[label]?.randomElement(using: &random)
      }
      return "we saw the \(names.joined(separator: " and the ")) today\t\(label)\n"
    }.joined()
  }

  private static func recipe(_ folder: String, _ task: String, _ more: String = "") throws -> Recipe {
    let source = "header: false, columns: [text, kind], text: text, label: kind"
    return try Recipe(
      text: """
        model:
          {type: bert, task: \(task), num_hidden_layers: 2, num_attention_heads: 2, hidden_size: 32,
          intermediate_size: 64, initializer_range: 0.1}
        data:
          sources: [{files: \(folder)/train.tsv, \(source)}]
          validation_sources: [{files: \(folder)/dev.tsv, \(source)}]
          tokenizer: {type: wordpiece, vocab_size: 300}
        train:
          output_dir: \(folder)/\(task)
          context_length: 24
          per_device_train_batch_size: 16
          learning_rate: 3e-3
          max_steps: 60
          eval_steps: 20
          save_steps: 20
        \(more)
        """, file: "\(folder)/\(task).yaml")
  }

  private static func withData(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(table(400, seed: 1), to: folder + "/train.tsv")
      try AtomicFile.write(table(80, seed: 2), to: folder + "/dev.tsv")
      try body(folder)
    }
  }

  @Test func labelsAreLearntFromWhatMaskedWordsTaught() throws {
    try Self.withData { folder in
      var masked = try Self.recipe(folder, "fill_mask")
      masked.train.maxSteps = 500
      masked.train.evalSteps = 100
      let words = try Trainer(masked, on: CPU(threads: 2)).train()
      #expect(try ModelFolder(words.modelFolder).encoder().task == .maskedWords)
      #expect(words.validationAccuracy == nil && words.bitsPerByte == nil)
      let (loss, entropy) = (try #require(words.validationLoss), try #require(words.unigramEntropy))
      #expect(loss < 0.8 * entropy, "\(loss) of \(entropy)")

      var recipe = try Self.recipe(folder, "text_classification", "  metric_for_best_model: accuracy")
      recipe.model.from = words.modelFolder
      recipe.model.configuration = [:]
      recipe.train.gradientAccumulationSteps = 2
      let labels = try Trainer(recipe, on: CPU(threads: 2)).train()
      #expect(try #require(labels.validationAccuracy) > 0.97)
      let (labelLoss, labelEntropy) = (try #require(labels.validationLoss), try #require(labels.unigramEntropy))
      #expect(labelLoss < 0.6 && abs(labelEntropy - 0.69) < 0.05, "\(labelLoss) of \(labelEntropy)")
      let model = try ModelFolder(labels.modelFolder)
      #expect(try model.encoder().labels == ["animal", "tool"])
      // What was trained on masked words is what labels began with: its tokenizer is kept.
      #expect(
        try FileSystem.readText(labels.modelFolder + "/tokenizer.json", limit: 1 << 20)
          == FileSystem.readText(words.modelFolder + "/tokenizer.json", limit: 1 << 20))
      #expect(
        try String(decoding: FileSystem.read(labels.reportPath, limit: 1 << 24), as: UTF8.self)
          .contains("validation accuracy"))
    }
  }

  @Test func aRunThatGoesOnHasTheBitsOfOneThatWasNotStopped() throws {
    try Self.withData { folder in
      func train(_ name: String, threads: Int, stops: [Int]) throws -> [UInt8] {
        var recipe = try Self.recipe(folder, "text_classification", "  lr_scheduler_type: constant")
        recipe.train.outputDir = folder + "/" + name
        for (index, steps) in stops.enumerated() {
          recipe.train.maxSteps = steps
          _ = try Trainer(recipe, on: CPU(threads: threads)).train(resuming: index > 0)
        }
        let checkpoint = CheckpointFolder(outputFolder: folder + "/" + name).folder(of: stops.last ?? 0)
        return try FileSystem.read(joinPath(checkpoint, "model.safetensors"), limit: 1 << 24)
      }
      let whole = try train("whole", threads: 2, stops: [60])
      let stopped = try train("stopped", threads: 1, stops: [27, 60])
      #expect(whole == stopped)
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    try Self.withData { folder in
      func message(_ change: (inout Recipe) -> Void) throws -> String {
        var recipe = try Self.recipe(folder, "fill_mask")
        change(&recipe)
        do {
          try recipe.validate()
          return ""
        } catch let error as MartletError {
          return error.message
        }
      }
      let changes: [(expected: String, change: (inout Recipe) -> Void)] = [
        ("bert cannot be trained for text_generation", { $0.model.task = .textGeneration }),
        ("no accuracy is measured", { $0.train.metricForBestModel = .accuracy }),
        ("data.validation_sources[0].files", { $0.data.validationSources = [.object(["format": .string("csv")])] }),
      ]
      for (expected, change) in changes {
        let found = try message(change)
        #expect(found.contains(expected), "\(found)")
      }
      let found = try message { _ in }
      #expect(found.isEmpty)
    }
  }
}
