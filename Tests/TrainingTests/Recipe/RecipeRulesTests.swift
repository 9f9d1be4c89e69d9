import CPUBackend
import Core
import TestSupport
import Testing
import Training

/// Recipes that a program puts together are checked by the rules of recipe files.
@Suite struct RecipeRulesTests {
  private func recipe(_ change: (inout Recipe) -> Void) -> Recipe {
    var recipe = Recipe()
    recipe.name = "made"
    recipe.data.files = ["a.txt"]
    change(&recipe)
    return recipe
  }

  @Test func aSoundRecipePasses() throws {
    try recipe { _ in }.validate()
    try recipe {
      $0.model.configuration = ["n_layer": .integer(2), "n_head": .integer(4), "n_embd": .integer(64)]
      $0.train.maxSteps = nil
      $0.data.documentSeparator = "\n"
    }.validate()
    // Whether heads fit the model to start from is known when that is read.
    try recipe {
      $0.model.from = "somewhere"
      $0.model.configuration["n_head"] = .integer(7)
    }.validate()
  }

  static let wrong: [(change: @Sendable (inout Recipe) -> Void, message: String)] = [
    ({ $0.train.seed = -1 }, "train.seed must be a whole number, 0 or more, found -1"),
    ({ $0.data.seed = -1 }, "data.seed must be a whole number, 0 or more, found -1"),
    ({ $0.generate.seed = .min }, "generate.seed must be a whole number, 0 or more, found -9223372036854775808"),
    ({ $0.train.loggingSteps = 0 }, "train.logging_steps must be a whole number, 1 or more, found 0"),
    (
      { $0.train.gradientAccumulationSteps = 0 },
      "train.gradient_accumulation_steps must be a whole number, 1 to 1048576, found 0"
    ),
    (
      { $0.train.contextLength = .max },
      "train.context_length must be a whole number, 1 to 16777216, found 9223372036854775807"
    ),
    ({ $0.train.learningRate = .nan }, "train.learning_rate must be a number, above 0, found no number"),
    ({ $0.train.maxGradNorm = -1 }, "train.max_grad_norm must be a number, 0 or more, found -1"),
    ({ $0.data.files = [] }, "data.files is not given: there is nothing to train on"),
    ({ $0.name = "" }, "name must be a word that can name a folder, found \"\""),
    ({ $0.model.configuration["n_layers"] = .integer(3) }, "unknown key model.n_layers"),
    ({ $0.model.configuration["n_layer"] = .double(3) }, "model.n_layer must be a whole number, 1 to 1024, found 3"),
    ({ $0.model.configuration["n_head"] = .integer(7) }, "n_embd (768) must be a multiple of n_head (7)"),
    (
      { $0.model.type = "lama" },
      "model.type must be one of gpt2, llama, mistral, qwen2, qwen3, bert, roberta, distilbert, modernbert, found lama"
    ),
  ]

  @Test(arguments: wrong.indices) func aWrongValueIsAnErrorThatNamesItsKey(_ index: Int) throws {
    let (change, message) = Self.wrong[index]
    let recipe = recipe(change)
    let error = try #require(throws: MartletError.self) { try recipe.validate() }
    #expect(error.message == message && error.place == "the recipe" && error.remedy != nil)
    try withTemporaryFolder { folder in
      var recipe = recipe
      recipe.train.outputDir = folder + "/run"
      let trainer = Trainer(recipe, on: CPU(threads: 1))
      #expect(throws: error) { try trainer.train() }
      #expect(throws: error) { try trainer.prepareData() }
      #expect(FileSystem.kind(of: folder + "/run") == nil)
    }
  }
}
