import Core
import TestSupport
import Testing
import Training

/// A recipe that is wrong in one way, and all that the person is told.
struct BadRecipe: CustomTestStringConvertible, Sendable {
  var text: String
  var flags: [String] = []
  var place: String
  var message: String
  var remedy: String?
  var testDescription: String { message }

  init(_ text: String, flags: [String] = [], _ place: String, _ message: String, _ remedy: String? = nil) {
    self.text = text
    self.flags = flags
    self.place = place
    self.message = message
    self.remedy = remedy
  }

  private static let data = "data: {files: a.txt}\n"

  static let all: [BadRecipe] = [
    .init(
      data + "train:\n  learning_rat: 1", "r.yaml:3:3", "unknown key train.learning_rat",
      "Did you mean train.learning_rate?"),
    .init(
      data + "train: {batch_size: 4}", "r.yaml:2:9", "unknown key train.batch_size",
      "Did you mean train.per_device_train_batch_size?"),
    .init(
      data + "train: {save_total_limit: 9223372036854775807}", "r.yaml:2:27",
      "train.save_total_limit must be a whole number, 1 or more, found 9223372036854775807"),
    .init(
      data + "train: {per_device_train_batch_size: 1048576, context_length: 1024}", "r.yaml:2:38",
      "train.per_device_train_batch_size (1048576) x train.gradient_accumulation_steps (1) x train.context_length "
        + "(1024) is more than 16777216 tokens a step", "Lower one of them."),
    .init(data + "train: {lr: 1}", "r.yaml:2:9", "unknown key train.lr", "Did you mean train.learning_rate?"),
    .init(data + "learning_rate: 1", "r.yaml:2:1", "unknown key learning_rate", "Did you mean train.learning_rate?"),
    .init(data + "training: {seed: 1}", "r.yaml:2:1", "unknown key training", "Did you mean train?"),
    .init(
      data + "model: {hidden_size: 4}", "r.yaml:2:9", "unknown key model.hidden_size", "Did you mean model.n_embd?"),
    .init(data + "model: {n_layers: 4}", "r.yaml:2:9", "unknown key model.n_layers", "Did you mean model.n_layer?"),
    .init(data + "model: {max_steps: 4}", "r.yaml:2:9", "unknown key model.max_steps", "Did you mean train.max_steps?"),
    .init(
      data + "train: {qqqqqqqqqqqqqqqqqqqqq: 4}", "r.yaml:2:9", "unknown key train.qqqqqqqqqqqqqqqqqqqqq",
      "docs/RECIPE.md and `martlet recipe` list the keys."),
    .init(
      "data: {files: a, tokenizer: {vocabsize: 300}}", "r.yaml:1:30", "unknown key data.tokenizer.vocabsize",
      "Did you mean data.tokenizer.vocab_size?"),
    .init(
      data + "train: {learning_rate: fast}", "r.yaml:2:24",
      "train.learning_rate must be a number, above 0, found fast", "Write it as `learning_rate: 3e-4`"),
    .init(
      data + "train: {learning_rate: \"1e-3\"}", "r.yaml:2:24",
      "train.learning_rate must be a number, above 0, found the text \"1e-3\"", "Write it as `learning_rate: 3e-4`"),
    .init(data + "train: {learning_rate: 0}", "r.yaml:2:24", "train.learning_rate must be a number, above 0, found 0"),
    .init(
      data + "train: {learning_rate: nan}", "r.yaml:2:24", "train.learning_rate must be a number, above 0, found nan"),
    .init(
      data + "train: {learning_rate: .inf}", "r.yaml:2:24", "train.learning_rate must be a number, above 0, found .inf"),
    .init(
      data + "train: {learning_rate: 1e999}", "r.yaml:2:24",
      "train.learning_rate must be a number, above 0, found 1e999"),
    .init(
      data + "train:\n  learning_rate:\n", "r.yaml:3:17", "train.learning_rate must be a number, above 0, found nothing"
    ),
    .init(
      data + "train: {adam_beta2: 1}", "r.yaml:2:21", "train.adam_beta2 must be a number, 0 or more, below 1, found 1"),
    .init(
      data + "train: {max_steps: 1.5}", "r.yaml:2:20", "train.max_steps must be a whole number, 1 or more, found 1.5"),
    .init(
      data + "train: {max_steps: -5}", "r.yaml:2:20", "train.max_steps must be a whole number, 1 or more, found -5"),
    .init(
      data + "train: {max_steps: 0x10}", "r.yaml:2:20", "train.max_steps must be a whole number, 1 or more, found 0x10"),
    .init(
      data + "train: {max_steps: 1__0_}", "r.yaml:2:20",
      "train.max_steps must be a whole number, 1 or more, found 1__0_"),
    .init(
      data + "train: {max_steps: 99999999999999999999}", "r.yaml:2:20",
      "train.max_steps must be a whole number, 1 or more, found 99999999999999999999"),
    .init(
      data + "train: {threads: 5000}", "r.yaml:2:18", "train.threads must be a whole number, 0 to 1024, found 5000"),
    .init(
      data + "train: {nesterov: yes}", "r.yaml:2:19", "train.nesterov must be true or false, found yes",
      "Write it as `nesterov: true`"),
    .init(
      data + "train: {optimizer: adam}", "r.yaml:2:20",
      "train.optimizer must be one of adamw, sgd, lion, muon, found adam",
      "Did you mean adamw?"),
    .init(
      data + "model: {type: lama}", "r.yaml:2:15",
      "model.type must be one of gpt2, llama, mistral, qwen2, qwen3, bert, roberta, distilbert, modernbert, found lama"),
    .init(
      data + "model: {n_layer: six}", "r.yaml:2:18", "model.n_layer must be a whole number, 1 to 1024, found six",
      "Write it as `n_layer: 6`"),
    .init(
      data + "model: {n_head: 5, n_embd: 128}", "r.yaml:2:17", "n_embd (128) must be a multiple of n_head (5)"),
    .init(data + "train: 5", "r.yaml:2:8", "train must be a section of keys, found 5"),
    .init(
      data + "train: {seed: {a: 1}}", "r.yaml:2:15", "train.seed must be a whole number, 0 or more, found a section"),
    .init(data + "train: {seed: [1]}", "r.yaml:2:15", "train.seed must be a whole number, 0 or more, found a list"),
    .init("data: {files: [a, [b]]}", "r.yaml:1:15", "data.files must be a path or a list of paths, found a list"),
    .init("- a\n- b", "r.yaml:1:1", "a recipe is made of sections (model:, data:, train:, generate:), found a list"),
    .init("", "r.yaml", "data.files is not given: there is nothing to train on"),
    .init("# nothing\n", "r.yaml", "data.files is not given: there is nothing to train on"),
    .init(
      data + "train: {learning_rate: 1e-4, min_learning_rate: 1e-3}", "r.yaml:2:49",
      "train.min_learning_rate (0.001) must not be above train.learning_rate (0.0001)"),
    .init(
      data + "train: {max_steps: 100, warmup_steps: 100}", "r.yaml:2:39",
      "train.warmup_steps (100) must be less than train.max_steps (100)",
      "Warm up over some percent of the steps, such as 5."),
    .init(
      data + "train: {context_length: 128}\nmodel: {n_positions: 64}", "r.yaml:2:25",
      "train.context_length (128) must not be above model.n_positions (64)"),
    .init(
      data + "name: ../../x", "r.yaml:2:7", "name must be a word that can name a folder, found \"../../x\""),
    .init(
      data, flags: ["train.learning_rate=fast"], "--set train.learning_rate=fast",
      "train.learning_rate must be a number, above 0, found fast", "Write it as `learning_rate: 3e-4`"),
    .init(
      data, flags: ["train.lerning_rate=1"], "--set train.lerning_rate=1", "unknown key train.lerning_rate",
      "Did you mean train.learning_rate?"),
    .init(
      data, flags: ["train.seed"], "--set train.seed", "a key, = and a value are needed",
      "Write it as --set train.learning_rate=3e-4"),
    .init(data, flags: ["train=5"], "--set train=5", "unknown key train"),
    .init(
      data, flags: ["model.n_layer=0"], "--set model.n_layer=0",
      "model.n_layer must be a whole number, 1 to 1024, found 0"),
    .init(
      data, flags: ["train.seed=[1"], "--set train.seed=[1:2:1",
      "did not find expected ',' or ']' while parsing a flow sequence"),
    // What is no YAML, or more YAML than a recipe needs.
    .init("data: {files: a", "r.yaml:2:1", "did not find expected ',' or '}' while parsing a flow mapping"),
    .init(
      "data:\n\tfiles: a", "r.yaml:2:1", "found character that cannot start any token while scanning for the next token"
    ),
    .init("data: \"a\nb", "r.yaml:2:2", "found unexpected end of stream while scanning a quoted scalar"),
    .init("data: {files: a}\ndata: {files: b}", "r.yaml:2:1", "the key data comes twice; the first is on line 1"),
    .init(data + "train:\n  seed: 1\n  seed: 2", "r.yaml:4:3", "the key seed comes twice; the first is on line 3"),
    .init("data: &a {files: x}", "r.yaml:1:7", "anchors (&name) are not supported"),
    .init("data: *a", "r.yaml:1:7", "aliases (*name) are not supported"),
    .init("data: !!map {files: x}", "r.yaml:1:7", "tags (!name) are not supported"),
    .init("data: {files: !!python/object:os.system x}", "r.yaml:1:15", "tags (!name) are not supported"),
    .init("? [a, b]\n: c", "r.yaml:1:3", "a key must be a single word"),
    .init("data: {files: a}\n---\ndata: {files: b}", "r.yaml:2:1", "a second document begins"),
    .init("data: {files: a}\n\u{1}", "r.yaml:1:1", "control characters are not allowed"),
  ]
}

@Suite struct BadRecipeTests {
  @Test func thereAreEnoughCases() { #expect(BadRecipe.all.count >= 25) }

  @Test(arguments: BadRecipe.all) func saysWhatIsWrongWhereAndWhatWouldBeRight(bad: BadRecipe) throws {
    let error = #expect(throws: MartletError.self) { try Recipe(text: bad.text, file: "r.yaml", overrides: bad.flags) }
    #expect(error?.place == bad.place)
    #expect(error?.message == bad.message)
    #expect(error?.remedy != nil)
    if let remedy = bad.remedy { #expect(error?.remedy == remedy) }
  }

  @Test func hostileFilesEndQuickly() throws {
    let deep = String(repeating: "[", count: 1 << 20)
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for level in 0..<20 {
      bomb += "\(level): &b\(level) [*\(level == 0 ? "a" : "b\(level - 1)"), *a, *a, *a, *a, *a, *a, *a, *a]\n"
    }
    let cases = [
      deep, String(repeating: "{", count: 1 << 20), String(repeating: "- ", count: 1 << 19), bomb,
      String(repeating: "a:\n ", count: 100_000), "a: " + String(repeating: "x", count: (1 << 20) - 3),
      String(repeating: "a: [", count: 1 << 18), String(repeating: "? ", count: 1 << 19),
      String(repeating: "\"", count: 1 << 20), (0..<100_000).map { "\($0): 1" }.joined(separator: "\n"),
      (0..<2000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n").prefix(1 << 20).description,
    ]
    for text in cases {
      let time = ContinuousClock().measure {
        let error = #expect(throws: MartletError.self) { try Recipe(text: text, file: "r.yaml") }
        #expect((error?.description.count ?? 0) < 1000)
      }
      #expect(time < .seconds(2), "\(text.prefix(20))")
    }
  }

  @Test func filesThatCantBeReadAreNamed() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/r.yaml"
      let missing = #expect(throws: MartletError.self) { try Recipe(file: path) }
      #expect(missing?.code == .notFound)
      #expect(missing?.place == path)
      try AtomicFile.write([UInt8](repeating: 0x61, count: 2 << 20), to: path)
      let large = #expect(throws: MartletError.self) { try Recipe(file: path) }
      #expect(large?.message == "the file is larger than the 1.0 MB that are allowed here")
      try AtomicFile.write([0x61, 0x3A, 0x20, 0xFF], to: path)
      let broken = #expect(throws: MartletError.self) { try Recipe(file: path) }
      #expect(broken?.message == "the text is not valid UTF-8")
    }
  }

  @Test func mutatedRecipesNeverCrash() {
    let seed = Array(RecipeTests.good.utf8)
    var random = RandomStream(RandomKey(seed: 17))
    var accepted = 0
    for _ in 0..<5000 {
      var bytes = seed
      for _ in 0...Int.random(in: 0..<3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 32...126, using: &random)
        case 1: bytes.removeSubrange(place..<min(place + Int.random(in: 1..<9, using: &random), bytes.count))
        case 2: bytes.insert(seed[Int.random(in: 0..<seed.count, using: &random)], at: place)
        default: bytes.insert(Array("\n:{}[]&*!#\"'-? ,|>%@`~".utf8).randomElement(using: &random) ?? 0, at: place)
        }
      }
      do {
        let recipe = try Recipe(text: String(decoding: bytes, as: UTF8.self), file: "r.yaml")
        if try Recipe(text: recipe.yaml, file: "r.yaml") != recipe { Issue.record("\(recipe.yaml)") }
        accepted += 1
      } catch {
        if !(error is MartletError) { Issue.record(error) }
      }
    }
    #expect(accepted > 100)
  }
}
