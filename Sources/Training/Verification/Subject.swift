import Core
import Datasets
import Layers
import Models
import TensorGraph

/// The recipe's model and text, as proofs need them.
struct Subject {
  let recipe: Recipe
  let dataset: PreparedDataset
  let objective: Objective
  let dropoutKey: RandomKey

  init(_ recipe: Recipe, _ dataset: PreparedDataset) throws {
    self.recipe = recipe
    self.dataset = dataset
    objective = try recipe.objective(recipe.modelConfiguration(for: dataset), dataset)
    dropoutKey = RandomKey(seed: UInt64(recipe.train.seed)).named("dropout")
  }

  /// The recipe's own training on a device.
  func executor(on backend: any Backend) throws -> TrainingExecutor {
    try executor(recipe, recipe.programSettings, objective, on: backend)
  }

  /// A training with other settings, without dropout and with the loss of evaluations.
  func executorWithoutDropout(_ settings: TrainingPrograms.Settings, on backend: any Backend) throws -> TrainingExecutor
  {
    var object = objective.configuration.object
    for key in object.keys where key.hasSuffix("_pdrop") || key.contains("dropout") { object[key] = .double(0) }
    let plain = try ModelFamilies.configuration(JSONFields(object, file: "the recipe's model section"))
    var recipe = recipe
    recipe.lora.dropout = 0
    recipe.train.labelSmoothing = 0
    return try executor(recipe, settings, recipe.objective(plain, dataset), on: backend)
  }

  private func executor(
    _ recipe: Recipe, _ settings: TrainingPrograms.Settings, _ objective: Objective, on backend: any Backend
  ) throws -> TrainingExecutor {
    let programs = try recipe.programs(for: objective, settings)
    let key = RandomKey(seed: UInt64(recipe.train.seed)).named("weights")
    return try TrainingExecutor(
      programs, on: backend, states: try backend.makeParameters(programs.parameters, key: key))
  }

  /// The micro-batches of a step.
  func batches(of step: Int) throws -> [TrainingExecutor.Batch] {
    let count = recipe.train.gradientAccumulationSteps
    return try (0..<count).map { try batch(step * count + $0, rows: recipe.train.perDeviceTrainBatchSize) }
  }

  /// A batch of `rows` samples, the ones that follow `number` such batches.
  func batch(_ number: Int, rows: Int) throws -> TrainingExecutor.Batch {
    var inputs = [Int32](repeating: 0, count: rows * recipe.train.contextLength)
    var targets = inputs
    try inputs.withUnsafeMutableBufferPointer { inputs in
      try targets.withUnsafeMutableBufferPointer { targets in
        _ = try objective.training.fill(inputs: inputs, targets: targets, firstSample: UInt64(number * rows))
      }
    }
    return TrainingExecutor.Batch(tokens: inputs, targets: targets)
  }

  /// The SHA-256 of all states that stay between steps.
  func hash(_ executor: TrainingExecutor) -> String {
    var hash = SHA256()
    for state in executor.programs.states where state.kind != .accumulator {
      guard let values = executor.states[state.name]?.read(as: Float.self) else { continue }
      values.withUnsafeBytes { hash.update($0) }
    }
    return hash.finish().hex
  }
}
