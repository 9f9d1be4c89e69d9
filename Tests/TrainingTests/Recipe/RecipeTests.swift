import Core
import Foundation
import Models
import TestSupport
import Testing
import Training

@Suite struct RecipeTests {
  static let good = """
    # nanoGPT's setting for a processor
    name: shakespeare
    model:
      type: gpt2
      n_layer: 4
      n_head: 4
      n_embd: 128
      layer_norm_epsilon: 1e-5
      tie_word_embeddings: false
    data:
      files: [input.txt, more/]
      tokenizer: {type: char}
      split: tail
    train:
      output_dir: out
      context_length: 64
      per_device_train_batch_size: 12
      max_steps: 2_000
      learning_rate: 1e-3
      lr_scheduler_type: warmup_stable_decay
      warmup_steps: 1e2
      eval_steps: 250
      average_weights: .999
    generate:
      prompt: "To be,\\nor"
      stop: ["\\n\\n", "END"]
    """

  private func recipe(_ text: String, _ overrides: [String] = []) throws -> Recipe {
    try Recipe(text: text, file: "recipes/a.yaml", overrides: overrides)
  }

  @Test func readsEveryKindOfValue() throws {
    let recipe = try recipe(Self.good)
    #expect(recipe.name == "shakespeare")
    #expect(
      recipe.model.configuration.keys == ["n_layer", "n_head", "n_embd", "layer_norm_epsilon", "tie_word_embeddings"])
    #expect(recipe.model.configuration["n_layer"] == .integer(4))
    #expect(recipe.model.configuration["layer_norm_epsilon"]?.doubleValue == 1e-5)
    #expect(recipe.model.configuration["tie_word_embeddings"] == .bool(false))
    #expect(recipe.data.files == ["input.txt", "more/"])
    #expect(recipe.data.tokenizer.type == .char)
    #expect(recipe.data.split == .tail)
    #expect(recipe.train.maxSteps == 2000)
    #expect(recipe.train.warmupSteps == 100)
    #expect(recipe.train.learningRate == 1e-3)
    #expect(recipe.train.averageWeights == 0.999)
    #expect(recipe.train.lrSchedulerType == .warmupStableDecay)
    #expect(recipe.train.adamBeta2 == 0.95)
    #expect(recipe.generate.prompt == "To be,\nor")
    #expect(recipe.generate.stop == ["\n\n", "END"])
  }

  @Test func pathsStartAtTheRecipesFolder() throws {
    let recipe = try recipe(Self.good)
    #expect(recipe.data.files.map(recipe.resolve) == ["recipes/input.txt", "recipes/more/"])
    #expect(recipe.outputFolder == "recipes/out")
    #expect(recipe.dataFolder == "recipes/out/data")
    let flagged = try self.recipe(Self.good, ["train.output_dir=elsewhere", "data.files=/tmp/a b.txt"])
    #expect(flagged.outputFolder == FileManager.default.currentDirectoryPath + "/elsewhere")
    #expect(flagged.data.files == ["/tmp/a b.txt"])
    let small = try Recipe(text: "data: {files: a.txt}", file: "b.yml")
    #expect(small.name == "b")
    #expect(small.outputFolder == "runs/b")
    #expect(small.resolve("a.txt") == "a.txt")
  }

  @Test func canonicalFormReadsBackAsTheSameRecipe() throws {
    for text in [
      Self.good, "data: {files: a}",
      "data: {files: ['1', 'true', 'a: b', '- x', '# c', \"\\u2028\\x7f\\uFEFF é 名\"], document_separator: \"\\t\"}\n"
        + "generate: {prompt: \"~\", temperature: 0, stop: [\"null\"]}\ntrain: {adam_epsilon: 1e-300, num_train_epochs: 0.5}",
    ] {
      let recipe = try recipe(text)
      let again = try self.recipe(recipe.yaml)
      #expect(again == recipe)
      #expect(again.yaml == recipe.yaml)
      #expect(again.changes(since: recipe) == [])
    }
  }

  @Test func canonicalFormIsReadable() throws {
    let lines = try recipe(Self.good).yaml.split(separator: "\n").prefix(30).joined(separator: "\n")
    #expect(
      lines == """
        name: shakespeare
        model:
          type: gpt2
          task: auto
          n_layer: 4
          n_head: 4
          n_embd: 128
          layer_norm_epsilon: 1e-05
          tie_word_embeddings: false
          freeze: []
        lora:
          rank: 0
          alpha: 16
          dropout: 0
          targets: []
          rslora: false
          modules_to_save: []
        data:
          files: ["input.txt", "more/"]
          sources: []
          steps: []
          shuffle: false
          max_memory: 512
          text_field: text
          tokenizer:
            type: char
            vocab_size: 8192
            lowercase: true
          validation_fraction: 0.1
          validation_files: []
        """)
  }

  @Test func everyKeyCanBeSetByAFlagAndReadBack() throws {
    let labels = ["model.type=bert", "model.task=text_classification"]
    let needs = [
      "train.warmup_steps": ["train.max_steps=1000"], "model.task": labels, "train.metric_for_best_model": labels,
      "lora.rank": ["model.from=/base"],
    ]
    for key in RecipeKey.all where key.name != "model.from" {
      let changed = try recipe(
        "data: {files: a}",
        ["\(key.name)=\(key.example)"] + (needs[key.name] ?? []))
      #expect(try recipe(changed.yaml) == changed, "\(key.name)")
    }
    for family in ModelFamilies.all {
      for key in family.keys {
        let changed = try recipe(
          "data: {files: a}", ["model.type=\(family.modelType)", "model.\(key.name)=\(key.exampleText)"])
        #expect(changed.model.configuration[key.name] != nil)
      }
    }
    let recipe = try recipe(
      Self.good,
      [
        "train.learning_rate=3e-4", "data.tokenizer.type=bpe", "generate.stop=[\"a\", \"b\"]", "generate.prompt=x: [y",
        "data.files=[\"c.txt\"]", "train.max_steps=null", "model.n_head=8", "name=other",
      ])
    #expect(recipe.train.learningRate == 3e-4)
    #expect(recipe.data.tokenizer.type == .bpe)
    #expect(recipe.generate.stop == ["a", "b"])
    #expect(recipe.generate.prompt == "x: [y")
    #expect(recipe.train.maxSteps == nil)
    #expect(recipe.model.configuration["n_head"] == .integer(8))
  }

  @Test func changesAreListed() throws {
    let before = try recipe(Self.good)
    let after = try recipe(
      Self.good, ["train.learning_rate=3e-4", "train.threads=2", "model.n_layer=6", "model.resid_pdrop=0.1"])
    let lines = after.changes(since: before).map { "\($0.key): \($0.before) -> \($0.after), \($0.changesWeights)" }
    #expect(
      lines == [
        "train.learning_rate: 0.001 -> 0.0003, true", "train.threads: 0 -> 2, false", "model.n_layer: 4 -> 6, true",
        "model.resid_pdrop: not given -> 0.1, true",
      ])
    #expect(before.changes(since: after).last?.after == "not given")
  }

  @Test func referencePageIsUpToDate() throws {
    let path = fixture("../../docs/RECIPE.md")
    if ProcessInfo.processInfo.environment["MARTLET_RECORD"] != nil {
      try AtomicFile.write(RecipeReference.markdown, to: path)
    }
    #expect(try FileSystem.readText(path, limit: 1 << 20) == RecipeReference.markdown)
    for line in RecipeReference.help(columns: 80).split(separator: "\n") where line.hasPrefix("     ") {
      #expect(line.count <= 80)
    }
  }
}
