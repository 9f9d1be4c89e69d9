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
    try recipe.validate()
    func warn(_ text: String) { onEvent(.warning(text)) }
    let checkpoints = try RunCheckpoints(recipe)
    // A run that cannot go on is refused before its data is prepared anew.
    let resumed = try checkpoints.find(resuming: resuming, warn: warn)
    let startingModel = try recipe.startingModel(warn: warn)
    let dataset = try prepareData(onEvent) { manifest in
      if let resumed { try checkpoints.requireSameData(manifest, as: resumed.0) }
    }
    let configuration = try recipe.modelConfiguration(for: dataset)
    checkpoints.describe(configuration, dataset)

    let objective = try recipe.objective(configuration, dataset)
    let validation = objective.validation.map(ValidationSet.init)
    if validation == nil {
      warn(
        "there is no text for validation: no validation loss is measured, no weights are chosen by it, and training "
          + "never stops early; set data.validation_fraction or data.validation_files")
    }
    let programs = try recipe.programs(for: objective)
    try checkpoints.describeAdapters(configuration, programs, base: startingModel)
    if let resumed { try checkpoints.requireSameBase(as: resumed.0) }
    var plan = TrainingPlan(
      recipe, programs, configuration, dataset, samplesPerEpoch: objective.training.samplesPerEpoch,
      step: resumed?.0.step ?? 0, existingBytes: checkpoints.diskBytes)
    plan.peakFLOPS = peakFLOPS
    try plan.check()  // before memory is taken

    var state = RunState(earlyStopping: recipe.earlyStopping)
    let buffers: [String: any Buffer]
    if let (checkpoint, changes) = resumed {
      state = checkpoint.state
      state.earlyStopping.patience = recipe.earlyStopping.patience
      state.earlyStopping.threshold = recipe.earlyStopping.threshold
      let stored = try checkpoints.load(checkpoint, programs, on: backend)
      let isWhole = recipe.lora.rank == 0
      buffers = try (isWhole ? [:] : initialParameters(programs.parameters, configuration, from: startingModel))
        .merging(stored) { $1 }
      onEvent(.resumed(step: state.step, changes: changes))
    } else {
      buffers = try initialParameters(programs.parameters, configuration, from: startingModel)
    }
    let executor = try TrainingExecutor(
      programs, shorter: try recipe.shorterPrograms(for: objective), on: backend, states: buffers)
    let metrics = try MetricsFile(joinPath(recipe.outputFolder, "metrics.jsonl"), resumingAt: state.step)
    let loop = try TrainingLoop(
      recipe, plan, executor: executor, sampler: objective.training, validation: validation, metrics: metrics,
      state: state,
      isStopping: { Interruption.isRequested || Task.isCancelled }, onEvent: onEvent)
    plan.workspaceBytes = executor.workspaceByteCount
    try plan.check()
    (plan.stepSeconds, plan.evaluationSeconds) = try loop.measure()
    plan.workspaceBytes = executor.workspaceByteCount  // with the evaluation's
    loop.plan = plan
    onEvent(.planned(plan))

    if state.step == 0 { try checkpoints.begin() }
    // The model of an earlier end is not this run's: until its own end, the best checkpoint is.
    let oldModel = joinPath(recipe.outputFolder, "model")
    if state.step < plan.totalSteps, startingModel != oldModel {
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
      recipe: recipe, backend: backend, loop: loop, checkpoints: checkpoints, dataset: dataset, objective: objective,
      plan: plan,
      seconds: (ContinuousClock.now - start) / .seconds(1), warn: warn)
    do {
      return try finish.summary(ending == .stoppedEarly ? .stoppedEarly : .finished)
    } catch let error as MartletError where error.code == .interrupted {
      throw MartletError(
        .interrupted, "stopped after the last step, before the report; the checkpoint is saved",
        at: recipe.outputFolder, remedy: "Go on with: \(resumeCommand)")
    }
  }

  /// Prepares the data, or finds that it is ready.
  ///
  /// Throws: `MartletError` as `DataPreparation` does, or for a recipe with a wrong value.
  public func prepareData(_ onEvent: @escaping (TrainingEvent) -> Void = { _ in }) throws -> PreparedDataset {
    try recipe.validate()
    return try prepareData(onEvent) { _ in }
  }

  private func prepareData(
    _ onEvent: @escaping (TrainingEvent) -> Void, accepting: (DatasetManifest) throws -> Void
  ) throws -> PreparedDataset {
    var preparation = DataPreparation(
      recipe.dataSettings, folder: recipe.dataFolder, progress: { onEvent(.preparing($0)) },
      isCancelled: { Interruption.isRequested || Task.isCancelled })
    let outcome = try preparation.run(accepting: accepting)
    for warning in outcome.warnings { onEvent(.warning(warning)) }
    onEvent(.prepared(outcome.manifest, wasUpToDate: outcome.wasUpToDate))
    return try PreparedDataset(folder: recipe.dataFolder)
  }

  private func initialParameters(
    _ parameters: [ParameterSpecification], _ configuration: any PretrainedConfiguration, from folder: String?
  ) throws -> [String: any Buffer] {
    let key = RandomKey(seed: UInt64(recipe.train.seed)).named("weights")
    guard let folder else { return try backend.makeParameters(parameters, key: key) }
    let model = try ModelFolder(folder)
    var buffers =
      if let encoder = configuration as? any EncoderConfiguration {
        try model.loadParameters(for: encoder, key: key, on: backend)
      } else {
        try model.loadParameters(on: backend)
      }
    let needed = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.type) })
    for (name, buffer) in buffers where needed[name] != buffer.type {
      throw MartletError(
        .mismatch,
        "the parameter '\(name)' of model.from is \(buffer.type), the recipe's model needs "
          + (needed[name].map { "\($0)" } ?? "none of this name"), at: folder,
        remedy: "Leave the keys of the model's size out of the recipe: they come from model.from.")
    }
    buffers.merge(try backend.makeParameters(parameters.filter { LoRA.isAdapter($0.name) }, key: key)) { $1 }
    return buffers
  }
}
