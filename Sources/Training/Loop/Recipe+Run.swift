import Core
import Datasets
import Formats
import Layers
import Models
import Tokenizers

// What a recipe says, in the terms of the targets that do it.
extension Recipe {
  /// What the preparation of the data is to do.
  public var dataSettings: DataSettings {
    var choice: DataSettings.TokenizerChoice =
      switch data.tokenizer.type {
      case .char: .character
      case .bpe: trained(.byteLevelBytePair)
      case .charBpe: trained(.characterBytePair)
      case .wordpiece: trained(.wordPiece)
      case .unigram: trained(.unigram)
      }
    if let folder = data.tokenizer.from.map(resolve) ?? tokenizerOfModel { choice = .file(folder) }
    // Recipes are checked before, so that the lists can be read.
    let corpus = (try? corpusSettings()) ?? CorpusSettings(sources: [])
    var settings = DataSettings(corpus: corpus, tokenizer: choice)
    settings.validationSources =
      data.validationFiles.map { CorpusSettings.Source(files: [resolve($0)]) }
      + ((try? validationSettings())?.sources ?? [])
    settings.examples = exampleSettings
    if hidesWords { settings.endOfDocument = .markBehindText }
    settings.textField = data.textField
    if let separator = data.documentSeparator { settings.division = .separator(separator) }
    settings.split =
      switch data.split {
      case .auto: .automatic
      case .document: .document
      case .tail: .tail
      }
    settings.validationFraction = data.validationFraction
    settings.seed = UInt64(clamping: data.seed)
    return settings
  }

  /// Where the documents come from and what is done with them.
  ///
  /// Throws: `MartletError` for a source or step that is not written as it must be, or not known.
  public func corpusSettings() throws -> CorpusSettings {
    var settings = try CorpusSettings(sources: data.sources, steps: data.steps, folder: folder, at: "the recipe")
    settings.sources.insert(contentsOf: data.files.map { CorpusSettings.Source(files: [$0]) }, at: 0)
    settings.shuffles = data.shuffle
    settings.group = data.groupBy
    settings.seed = UInt64(clamping: data.seed)
    settings.maximumMemory = data.maxMemory << 20
    try settings.checkSteps()
    return settings
  }

  /// Where the documents to validate on come from.
  ///
  /// Throws: `MartletError` for a source that is not written as it must be.
  func validationSettings() throws -> CorpusSettings {
    try CorpusSettings(
      sources: data.validationSources, folder: folder, key: "data.validation_sources", at: "the recipe")
  }

  /// How documents become examples, if they do.
  private var exampleSettings: ExampleSettings? {
    guard model.task.hasExamples else { return nil }
    var examples = ExampleSettings(maximumLength: train.contextLength)
    examples.pairAttribute = data.pairField
    examples.labels = data.labels
    if examples.labels.isEmpty, let encoder = startingEncoder, encoder.task == model.task.encoderTask {
      let isUnnamed = encoder.labels.enumerated().allSatisfy { $1 == "LABEL_\($0)" }
      examples.labels = isUnnamed ? [] : encoder.labels
    }
    return examples
  }

  /// Whether words of a stream of text are hidden.
  private var hidesWords: Bool {
    guard !model.task.hasExamples else { return false }
    return model.from == nil
      ? ModelFamilies.encoders.contains { $0.modelType == model.type } : startingEncoder != nil
  }

  /// The encoder that training starts from, if it does.
  private var startingEncoder: (any EncoderConfiguration)? {
    guard let folder = try? startingModel() else { return nil }
    return try? ModelFolder(folder).encoder()
  }

  /// The folder of the model to start from, with its configuration and weights; nil for random ones.
  ///
  /// Throws: `MartletError(.notFound)` when `model.from` is neither such a folder nor a run's.
  func startingModel(warn: (String) -> Void = { _ in }) throws -> String? {
    try model.from.map { try RunFolder.model(in: resolve($0), warn: warn) }
  }

  private func trained(_ algorithm: TokenizerTrainer.Algorithm) -> DataSettings.TokenizerChoice {
    var options = TokenizerTrainer.Options(algorithm, vocabularySize: data.tokenizer.vocabSize)
    options.lowercases = data.tokenizer.lowercase
    return .trained(options)
  }

  /// The folder of the model to start from, if its tokenizer is there: weights are of use with their own tokens only.
  private var tokenizerOfModel: String? {
    guard let start = try? startingModel() else { return nil }
    let folder = (try? HuggingFaceFolder(start))?.tokenizerPath ?? start
    return FileSystem.kind(of: joinPath(folder, "tokenizer.json")) == .file ? folder : nil
  }

  /// The configuration of the model for the tokens of a tokenizer.
  ///
  /// Throws: `MartletError` that names the key, or the two vocabularies where the tokenizer's does not fit.
  func modelConfiguration(for dataset: PreparedDataset) throws -> any PretrainedConfiguration {
    let tokenizer = dataset.tokenizer
    var object: JSONObject
    var file = "the recipe's model section"
    if let from = try startingModel() {
      let folder = try ModelFolder(from)
      object = folder.configuration.object
      file = joinPath(folder.folder.path, "config.json")
      if !model.configuration.keys.isEmpty { file += " with the recipe's model section" }
    } else {
      let family = try ModelFamilies.named(model.type, at: file)
      object = [
        "model_type": .string(model.type), "vocab_size": .integer(tokenizer.vocabularySize),
        family.lengthKey: .integer(train.contextLength),
      ]
      for key in family.keys {
        object[key.name] = object[key.name] ?? key.newModelValue
      }
      for (key, id) in [("bos_token_id", tokenizer.beginningOfTextID), ("eos_token_id", tokenizer.endOfTextID)] {
        object[key] = id.map { .integer(Int($0)) } ?? .null
      }
      if family is any EncoderConfiguration.Type {
        object["pad_token_id"] = tokenizer.paddingID.map { .integer(Int($0)) }
      }
    }
    for key in model.configuration.keys { object[key] = model.configuration[key] }
    var configuration = try ModelFamilies.configuration(JSONFields(object, file: file))
    let missing = train.contextLength - configuration.maximumLength
    let lengthKey = type(of: configuration).lengthKey
    if missing > 0, model.from == nil, model.configuration[lengthKey] == nil {
      // RoBERTa's positions begin behind that of padding.
      object[lengthKey] = .integer(train.contextLength + missing)
      configuration = try ModelFamilies.configuration(JSONFields(object, file: file))
    }
    configuration = try adapted(configuration, labels: dataset.manifest.labels, at: file)
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw MartletError(
        .mismatch,
        "the tokenizer has \(tokenizer.vocabularySize) tokens and the model a vocabulary of only "
          + "\(configuration.vocabularySize)", at: file,
        remedy: "Leave model.vocab_size out, or use the tokenizer that belongs to the model (data.tokenizer.from).")
    }
    guard train.contextLength <= configuration.maximumLength else {
      throw MartletError(
        .invalidArgument,
        "train.context_length (\(train.contextLength)) is more than the model's \(type(of: configuration).lengthKey) "
          + "(\(configuration.maximumLength))", at: file,
        remedy: "Set train.context_length to at most \(configuration.maximumLength).")
    }
    return configuration
  }

  /// The configuration with the head of the recipe's task.
  private func adapted(
    _ configuration: any PretrainedConfiguration, labels: [String], at file: String
  ) throws -> any PretrainedConfiguration {
    guard model.task.fits(type(of: configuration)) else {
      throw MartletError(
        .unsupported,
        "a model of the type '\(type(of: configuration).modelType)' cannot be trained for \(model.task.rawValue)",
        at: file, remedy: "Choose another model.type or model.task.")
    }
    guard let encoder = configuration as? any EncoderConfiguration, let task = model.task.encoderTask,
      task != encoder.task || task.hasLabels && labels != encoder.labels
    else { return configuration }
    return try encoder.adapted(to: task, labels: labels)
  }

  /// The programs that train a model, by the recipe's settings unless others are given.
  ///
  /// Throws: `MartletError`; one with the code `resource` names the keys that make a tensor too large for any machine.
  func programs(
    for objective: Objective, _ settings: TrainingPrograms.Settings? = nil
  ) throws -> TrainingPrograms {
    var settings = settings ?? programSettings
    settings.adaptation = adaptation(of: objective.configuration)
    do {
      return try TrainingPrograms(settings, hits: objective.hits, losses: objective.losses)
    } catch var error as MartletError where error.code == .resource {
      let configuration = objective.configuration
      let sizes = type(of: configuration).keys.compactMap { key -> String? in
        guard case .integer = key.rule, let size = configuration.object[key.name]?.integerValue else { return nil }
        return "model.\(key.name) (\(size))"
      }
      error.remedy =
        "Lower one of \(sizes.joined(separator: ", ")), train.context_length (\(train.contextLength)), "
        + "train.per_device_train_batch_size (\(train.perDeviceTrainBatchSize))."
      throw error
    }
  }

  /// The same programs for shorter sequences, where batches may end in padding.
  func shorterPrograms(for objective: Objective) throws -> [TrainingPrograms] {
    guard objective.hasPadding else { return [] }
    let length = train.contextLength
    let shorter = Set((1..<8).map { (length * $0 / 8 + 7) & ~7 }.filter { $0 > 0 && $0 < length })
    return try shorter.sorted().map { shorter in
      var settings = programSettings
      settings.sequenceLength = shorter
      return try programs(for: objective, settings)
    }
  }

  /// What draws the batches of the training.
  ///
  /// Throws: `MartletError` when the text is too short for the context.
  package func sampler(of dataset: PreparedDataset) throws -> BatchSampler {
    try BatchSampler(
      dataset.train, contextLength: train.contextLength, order: data.sampling == .epoch ? .epochs : .random,
      seed: UInt64(train.seed))
  }

  /// How parameters are updated.
  var optimizer: Optimizer {
    let decay = train.weightDecay
    switch train.optimizer {
    case .adamw:
      return .adamW(
        beta1: train.adamBeta1, beta2: train.adamBeta2, epsilon: train.adamEpsilon, weightDecay: decay)
    case .sgd: return .sgd(momentum: train.momentum, nesterov: train.nesterov, weightDecay: decay)
    case .lion: return .lion(beta1: train.adamBeta1, beta2: train.adamBeta2, weightDecay: decay)
    case .muon:
      return .muon(
        momentum: train.muonMomentum, iterations: train.muonSteps,
        adamW: AdamWRule(beta1: train.adamBeta1, beta2: train.adamBeta2, epsilon: train.adamEpsilon),
        adamWLearningRateRatio: train.learningRate / train.muonLearningRate, weightDecay: decay)
    }
  }

  /// The learning rate over a run of `totalSteps`; with Muon it is Muon's, of which AdamW's is a fixed part.
  ///
  /// Throws: `MartletError` when warm-up and decay do not fit the run.
  func schedule(totalSteps: Int) throws -> Schedule {
    let kind = Schedule.Kind(rawValue: train.lrSchedulerType.rawValue) ?? .cosine
    let scale = train.optimizer == .muon ? train.muonLearningRate / train.learningRate : 1
    let isStable = kind == .warmupStableDecay
    return try Schedule(
      kind, learningRate: train.learningRate * scale, minimumLearningRate: train.minLearningRate * scale,
      warmupSteps: train.warmupSteps,
      totalSteps: isStable ? totalSteps : train.decaySteps.map { train.warmupSteps + $0 } ?? totalSteps,
      decaySteps: isStable ? train.decaySteps ?? (totalSteps - train.warmupSteps) / 5 : 0)
  }

  /// Steps of the run, from `max_steps` or the epochs over `samples` samples.
  func totalSteps(samplesPerEpoch samples: Int) -> Int {
    if let steps = train.maxSteps { return steps }
    let perStep = Double(train.perDeviceTrainBatchSize) * Double(train.gradientAccumulationSteps)
    return max(1, Int(min((train.numTrainEpochs * Double(samples) / perStep).rounded(.up), 1e15)))
  }

  /// When the run stops because the validation loss no longer falls.
  var earlyStopping: EarlyStopping {
    EarlyStopping(
      patience: train.earlyStoppingPatience > 0 ? train.earlyStoppingPatience : nil,
      threshold: train.earlyStoppingThreshold)
  }

  /// What the programs are made for.
  var programSettings: TrainingPrograms.Settings {
    var settings = TrainingPrograms.Settings(
      batchSize: train.perDeviceTrainBatchSize, sequenceLength: train.contextLength, optimizer: optimizer,
      maximumGradientNorm: train.maxGradNorm > 0 ? train.maxGradNorm : nil, recomputes: train.gradientCheckpointing,
      accumulates: train.gradientAccumulationSteps > 1,
      averageDecay: train.averageWeights > 0 ? train.averageWeights : nil)
    settings.learningRates = learningRates
    return settings
  }
}
