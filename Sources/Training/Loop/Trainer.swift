import Core
import Datasets
import Foundation
import Inference
import Layers
import Models
import TensorGraph
import Tokenizers

/// Trains a model as a recipe says, from the text to a folder that can be used.
///
///     let recipe = try Recipe(file: "recipe.yaml")
///     let summary = try Trainer(recipe, on: CPU()).train()
///     print(summary.validationLoss, summary.modelFolder)
///
/// `train` takes as long as the training: call it on a thread of its own in an app. It stops with a checkpoint when the
/// task that it runs in is cancelled, or on Ctrl-C where `Interruption.install` was called.
public final class Trainer {
  /// The recipe.
  public let recipe: Recipe
  /// The device.
  public let backend: any Backend
  /// What the device can do in a second, where the caller has measured it; the progress then has the utilisation.
  public var peakFLOPS: Double?
  /// Whether to note where the time of the steps goes. `profile.json` in the run's folder then has the first steps as a
  /// trace that Perfetto and chrome://tracing open.
  public var isProfiling = false
  /// How a person goes on with this run, said when it is stopped.
  public var resumeCommand = "Trainer(...).train(resuming: true)"

  /// A trainer; nothing is read or written yet.
  public init(_ recipe: Recipe, on backend: any Backend) {
    self.recipe = recipe
    self.backend = backend
  }

  /// Prepares the data if that is not done, and trains.
  ///
  /// - Parameters:
  ///   - resuming: whether to go on from the last checkpoint in the run's folder; without one the run begins anew.
  ///   - onEvent: is told what happens, on the calling thread.
  ///
  /// Throws: `MartletError`; one with the code `interrupted` after a wish to stop, when the checkpoint is on the disk.
  public func train(resuming: Bool = false, onEvent: @escaping (TrainingEvent) -> Void = { _ in }) throws
    -> TrainingSummary
  {
    let checkpoints = try RunCheckpoints(recipe)
    let dataset = try prepareData(onEvent)
    let configuration = try recipe.modelConfiguration(for: dataset.tokenizer)
    checkpoints.describe(configuration, dataset)
    let resumed = try checkpoints.find(resuming: resuming) { onEvent(.warning($0)) }

    let sampler = try BatchSampler(
      dataset.train, contextLength: recipe.train.contextLength,
      order: recipe.data.sampling == .epoch ? .epochs : .random, seed: UInt64(recipe.train.seed))
    let validation = try ValidationSet(
      dataset.validation, contextLength: recipe.train.contextLength, batchSize: recipe.train.perDeviceTrainBatchSize)
    let programs = try TrainingPrograms(recipe.programSettings) { scope, tokens, targets in
      configuration.model(scope).losses(tokens, targets)
    }
    var plan = TrainingPlan(recipe, programs, configuration, dataset, samplesPerEpoch: sampler.samplesPerEpoch)
    plan.peakFLOPS = peakFLOPS
    try plan.check()  // before memory is taken

    var state = RunState(earlyStopping: recipe.earlyStopping)
    let buffers: [String: any Buffer]
    if let (checkpoint, changes) = resumed {
      state = checkpoint.state
      state.earlyStopping.patience = recipe.earlyStopping.patience
      state.earlyStopping.threshold = recipe.earlyStopping.threshold
      buffers = try checkpoints.load(checkpoint, programs, on: backend)
      onEvent(.resumed(step: state.step, changes: changes))
    } else {
      buffers = try initialParameters(configuration, programs.parameters)
    }
    let executor = try TrainingExecutor(programs, on: backend, states: buffers)
    let metrics = try MetricsFile(joinPath(recipe.outputFolder, "metrics.jsonl"), resumingAt: state.step)
    let loop = try TrainingLoop(
      recipe, plan, executor: executor, sampler: sampler, validation: validation, metrics: metrics, state: state,
      isStopping: { Interruption.isRequested || Task.isCancelled }, onEvent: onEvent)
    plan.doneSteps = min(state.step, plan.totalSteps)
    plan.workspaceBytes = executor.workspaceByteCount
    try plan.check()
    (plan.stepSeconds, plan.evaluationSeconds) = try loop.measure()
    plan.workspaceBytes = executor.workspaceByteCount  // with the evaluation's
    loop.plan = plan
    onEvent(.planned(plan))

    if state.step == 0 { try checkpoints.begin() }
    // The model of an earlier end is not this run's: until its own end, the best checkpoint is.
    let oldModel = joinPath(recipe.outputFolder, "model")
    if state.step < plan.totalSteps, recipe.model.from.map({ recipe.resolve($0) }) != oldModel {
      try FileSystem.remove(oldModel)
    }
    if isProfiling { executor.profiles = StepProfiles() }
    let start = ContinuousClock.now
    let ending = try loop.run { isBest in
      let path = try checkpoints.save(loop.state, executor, isBest: isBest)
      onEvent(.saved(step: loop.state.step, path: path))
    }
    if let profiles = executor.profiles {
      let path = joinPath(recipe.outputFolder, "profile.json")
      try AtomicFile.write(profiles.trace, to: path)
      onEvent(.profiled(profiles, path: path))
      executor.profiles = nil
    }
    if ending == .interrupted {
      let step = loop.state.step
      throw MartletError(
        .interrupted,
        step == 0
          ? "stopped before the first step"
          : "stopped after step \(step) of \(plan.totalSteps); the checkpoint is saved", at: recipe.outputFolder,
        remedy: "Go on with: \(resumeCommand)")
    }
    let finish = RunFinish(
      recipe: recipe, backend: backend, loop: loop, checkpoints: checkpoints, dataset: dataset, plan: plan,
      seconds: (ContinuousClock.now - start) / .seconds(1))
    return try finish.summary(ending == .stoppedEarly ? .stoppedEarly : .finished)
  }

  /// Prepares the data, or finds that it is ready.
  ///
  /// Throws: `MartletError` as `DataPreparation` does.
  public func prepareData(_ onEvent: @escaping (TrainingEvent) -> Void = { _ in }) throws -> PreparedDataset {
    var preparation = DataPreparation(
      recipe.dataSettings, folder: recipe.dataFolder, progress: { onEvent(.preparing($0)) },
      isCancelled: { Interruption.isRequested || Task.isCancelled })
    let outcome = try preparation.run()
    onEvent(.prepared(outcome.manifest, wasUpToDate: outcome.wasUpToDate))
    return try PreparedDataset(folder: recipe.dataFolder)
  }

  private func initialParameters(
    _ configuration: any LanguageModelConfiguration, _ parameters: [ParameterSpecification]
  ) throws -> [String: any Buffer] {
    guard let from = recipe.model.from else {
      return try backend.makeParameters(parameters, key: RandomKey(seed: UInt64(recipe.train.seed)).named("weights"))
    }
    let buffers = try ModelFolder(recipe.resolve(from)).loadParameters(on: backend)
    let needed = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.type) })
    for (name, buffer) in buffers where needed[name] != buffer.type {
      throw MartletError(
        .mismatch,
        "the parameter '\(name)' of model.from is \(buffer.type), the recipe's model needs "
          + (needed[name].map { "\($0)" } ?? "none of this name"), at: recipe.resolve(from),
        remedy: "Leave the keys of the model's size out of the recipe: they come from model.from.")
    }
    return buffers
  }
}
