import Core
import Models
import TensorGraph

extension Recipe {
  /// The most tokens of a step: they are counted in fp32, which is exact up to here.
  static let largestTokensPerStep = 1 << 24

  /// Checks a recipe that a program put together by the rules that recipe files are read with.
  ///
  /// Throws: `MartletError(.invalidArgument)`, naming the key.
  public func validate() throws { try check { _ in "the recipe" } }

  /// Checks all keys, each for itself and together; `place` says where one was given.
  func check(place: (_ key: String) -> String) throws {
    for key in RecipeKey.all {
      let value = key.value(in: self)
      guard key.rule.accepts(value) || key.isOptional && value == .null else {
        throw Self.wrong(
          key.name, key.rule, example: key.example, found: value == .null ? "no number" : RecipeText.scalar(value),
          at: place(key.name))
      }
    }
    try checkModel(place)
    try checkTogether(place)
  }

  private func checkModel(_ place: (String) -> String) throws {
    guard let family = ModelFamilies.all.first(where: { $0.modelType == model.type }) else { return }
    let given = model.configuration
    for name in given.keys {
      let key = "model." + name
      guard let known = family.keys.first(where: { $0.name == name }) else {
        throw RecipeKey.unknown(key, modelType: model.type, at: place(key))
      }
      let value = given[name] ?? .null
      guard known.rule.accepts(value) else {
        throw Self.wrong(
          key, known.rule, example: known.exampleText, found: RecipeText.scalar(value), at: place(key))
      }
    }
    // What a recipe leaves out of a model that it starts from is known only when that is read.
    guard model.from == nil else { return }
    if let (key, message) = family.conflict(in: given) {
      throw MartletError(.invalidArgument, message, at: place("model.\(key)"), remedy: "Change one of them.")
    }
  }

  /// The error that a key has not what its rule wants.
  static func wrong(
    _ name: String, _ rule: ValueRule, example: String, found: String, at place: String
  ) -> MartletError {
    var remedy = "Write it as `\(name.split(separator: ".").last ?? ""): \(example)`"
    if case .choice(let words) = rule, let near = nearestName(to: found, among: words) {
      remedy = "Did you mean \(near)?"
    }
    return MartletError(
      .invalidArgument, "\(name) must be \(rule.expectation), found \(found)", at: place, remedy: remedy)
  }

  private func checkTogether(_ place: (String) -> String) throws {
    func failure(_ key: String, _ message: String, remedy: String) -> MartletError {
      MartletError(.invalidArgument, message, at: place(key), remedy: remedy)
    }
    if name.isEmpty || name.hasPrefix(".") || name.contains("/") {
      throw failure(
        "name", "name must be a word that can name a folder, found \"\(name)\"",
        remedy: "Write it as `name: shakespeare`")
    }
    if data.files.isEmpty, data.sources.isEmpty {
      throw failure(
        "data.files", "data.files is not given: there is nothing to train on",
        remedy: "Write it below `data:` as `files: book.txt`, or give --set data.files=book.txt")
    }
    do {
      _ = try corpusSettings()
    } catch var error as MartletError {
      error.place = place(data.steps.isEmpty ? "data.sources" : "data.steps")
      throw error
    }
    do {
      _ = try validationSettings()
    } catch var error as MartletError {
      error.place = place("data.validation_sources")
      throw error
    }
    if model.from == nil, let family = ModelFamilies.all.first(where: { $0.modelType == model.type }),
      !model.task.fits(family)
    {
      throw failure(
        "model.task", "model.type \(model.type) cannot be trained for \(model.task.rawValue)",
        remedy: "Types that can: "
          + ModelFamilies.all.filter(model.task.fits).map { $0.modelType }.joined(separator: ", ") + ".")
    }
    if train.metricForBestModel == .accuracy, !model.task.hasExamples {
      throw failure(
        "train.metric_for_best_model", "no accuracy is measured of a model for \(model.task.rawValue)",
        remedy: "Leave train.metric_for_best_model out, or set model.task: text_classification.")
    }
    if let wrong = train.learningRateScales.first(where: { Self.learningRateScale($0) == nil }) {
      throw failure(
        "train.learning_rate_scales",
        "train.learning_rate_scales must hold a pattern with a number of 0 or more each, found \(RecipeText.scalar(wrong))",
        remedy: "Write it as `learning_rate_scales: [{ln_f: 10}, {wte: 0.1}]`")
    }
    if lora.rank > 0, model.from == nil {
      throw failure(
        "lora.rank", "lora.rank (\(lora.rank)) is given without model.from: adapters are of use with their model alone",
        remedy: "Give the folder of the model to adapt as model.from, or train without adapters.")
    }
    if train.minLearningRate > train.learningRate {
      throw failure(
        "train.min_learning_rate",
        "train.min_learning_rate (\(ValueRule.short(train.minLearningRate))) must not be above train.learning_rate "
          + "(\(ValueRule.short(train.learningRate)))", remedy: "Lower one or raise the other.")
    }
    if let steps = train.maxSteps, train.warmupSteps >= steps {
      throw failure(
        "train.warmup_steps",
        "train.warmup_steps (\(train.warmupSteps)) must be less than train.max_steps (\(steps))",
        remedy: "Warm up over some percent of the steps, such as \(max(steps / 20, 0)).")
    }
    let tokens = [train.perDeviceTrainBatchSize, train.gradientAccumulationSteps, train.contextLength].product
    if tokens > Self.largestTokensPerStep {
      throw failure(
        "train.per_device_train_batch_size",
        "train.per_device_train_batch_size (\(train.perDeviceTrainBatchSize)) x train.gradient_accumulation_steps "
          + "(\(train.gradientAccumulationSteps)) x train.context_length (\(train.contextLength)) is more than "
          + "\(Self.largestTokensPerStep) tokens a step", remedy: "Lower one of them.")
    }
    if let positions = model.configuration["n_positions"]?.integerValue, positions < train.contextLength {
      throw failure(
        "train.context_length",
        "train.context_length (\(train.contextLength)) must not be above model.n_positions (\(positions))",
        remedy: "Raise n_positions or leave it out: it is context_length then.")
    }
  }
}
