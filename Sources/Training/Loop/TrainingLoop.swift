import Core
import Datasets
import Foundation
import Layers
import ReportPages

/// The steps of a run. What a step does is a function of the seed, the step and the tensors: nothing else decides it.
final class TrainingLoop {
  /// How a stretch of steps ended.
  enum Ending {
    /// All steps are done.
    case done
    /// The validation loss stopped falling.
    case stoppedEarly
    /// Somebody asked to stop.
    case interrupted
  }

  let executor: TrainingExecutor
  let totalSteps: Int
  private let recipe: Recipe
  private let sampler: any TrainingBatches
  private(set) var validation: ValidationSet?
  private let schedule: Schedule
  private let metrics: MetricsFile
  /// What was foretold; the speed of an evaluation counts for the time left.
  var plan: TrainingPlan
  private let isStopping: () -> Bool
  private let onEvent: (TrainingEvent) -> Void
  private(set) var state: RunState

  private let dropoutKey: RandomKey
  private var inputs: [Int32]
  private var targets: [Int32]
  private var speed = SpeedMeter()

  init(
    _ recipe: Recipe, _ plan: TrainingPlan, executor: TrainingExecutor, sampler: any TrainingBatches,
    validation: ValidationSet?, metrics: MetricsFile, state: RunState, isStopping: @escaping () -> Bool,
    onEvent: @escaping (TrainingEvent) -> Void
  ) throws {
    self.recipe = recipe
    self.plan = plan
    self.executor = executor
    self.sampler = sampler
    self.validation = validation
    self.metrics = metrics
    self.state = state
    self.isStopping = isStopping
    self.onEvent = onEvent
    totalSteps = plan.totalSteps
    schedule = try recipe.schedule(totalSteps: totalSteps)
    dropoutKey = RandomKey(seed: UInt64(recipe.train.seed)).named("dropout")
    inputs = [Int32](repeating: 0, count: recipe.train.perDeviceTrainBatchSize * recipe.train.contextLength)
    targets = inputs
  }

  /// Runs steps until the end, early stopping or a wish to stop; `save` is called where a checkpoint is due, with
  /// whether the weights are the best so far.
  ///
  /// Throws: `MartletError(.divergence)` after too many steps without finite numbers, and what `save` throws.
  func run(save: (_ isBest: Bool) throws -> Void) throws -> Ending {
    let train = recipe.train
    let clock = ContinuousClock()
    var savedStep = state.step
    var last = clock.now
    if state.step < totalSteps, state.earlyStopping.shouldStop { return .stoppedEarly }
    while state.step < totalSteps || state.isEvaluationDue {
      if isStopping() {
        if savedStep < state.step {
          try metrics.sync()
          try save(false)
        }
        return .interrupted
      }
      if !state.isEvaluationDue {
        let learningRate = schedule.learningRate(at: state.step)
        let step = state.step
        let result = try executor.step(
          batchCount: train.gradientAccumulationSteps, learningRate: learningRate, appliedSteps: state.appliedSteps,
          key: dropoutKey.numbered(UInt64(step)), isStopping: isStopping, batch: { try batch($0, of: step) })
        // Asked to stop between micro-batches: the turn of the loop's own check.
        guard let result else { continue }
        state.step += 1
        try count(result)
        let now = clock.now
        let seconds = (now - last) / .seconds(1)
        last = now
        state.seconds += seconds
        speed.add(seconds, tokens: result.computedTokens)
        let isLast = state.step == totalSteps
        if state.step % train.loggingSteps == 0 || isLast { try log(result, learningRate) }
        report(result, learningRate)
        state.isEvaluationDue = isLast || (train.evalSteps > 0 && state.step % train.evalSteps == 0)
      }

      let isLast = state.step == totalSteps
      var isBest = false
      if state.isEvaluationDue {
        do {
          isBest = try evaluate() ?? false
        } catch let error as MartletError where error.code == .interrupted {
          continue  // between batches: the evaluation stays due, and the loop's own check is next
        }
        state.isEvaluationDue = false
      }
      let isStoppingEarly = state.earlyStopping.shouldStop
      if isLast || isBest || isStoppingEarly || (train.saveSteps > 0 && state.step % train.saveSteps == 0) {
        try metrics.sync()
        try save(isBest)
        savedStep = state.step
      }
      // Evaluations and saves are time of the run, not of its steps.
      let end = clock.now
      state.seconds += (end - last) / .seconds(1)
      last = end
      if isStoppingEarly, !isLast { return .stoppedEarly }
    }
    return .done
  }

  /// A micro-batch of a step. A step's samples follow those of the step before, whatever was skipped.
  private func batch(_ part: Int, of step: Int) throws -> TrainingExecutor.Batch {
    let train = recipe.train
    let number = UInt64(step) * UInt64(train.gradientAccumulationSteps) + UInt64(part)
    return try batch(firstSample: number * UInt64(train.perDeviceTrainBatchSize))
  }

  private func batch(firstSample: UInt64) throws -> TrainingExecutor.Batch {
    let length = try inputs.withUnsafeMutableBufferPointer { inputs in
      try targets.withUnsafeMutableBufferPointer { targets in
        try sampler.fill(inputs: inputs, targets: targets, firstSample: firstSample)
      }
    }
    return TrainingExecutor.Batch(tokens: inputs, targets: targets, length: length)
  }

  private func count(_ result: TrainingExecutor.StepResult) throws {
    if result.isApplied {
      state.appliedSteps += 1
      state.consecutiveSkips = 0
      state.tokens += result.tokenCount
      state.interval.lossSum += Double(result.loss) * Double(result.tokenCount)
      state.interval.tokens += result.tokenCount
      return
    }
    state.consecutiveSkips += 1
    let train = recipe.train
    let samples = train.perDeviceTrainBatchSize * train.gradientAccumulationSteps
    let first = (state.step - 1) * samples
    func name(_ value: Float) -> String { value.isNaN ? "NaN" : "infinite" }
    let what =
      result.loss.isFinite ? "the gradient norm is \(name(result.gradientNorm))" : "the loss is \(name(result.loss))"
    let place = "step \(state.step) (samples \(first) to \(first + samples - 1))"
    try metrics.append(step: state.step, [("skipped", .string(what))])
    guard state.consecutiveSkips > train.maxNonfiniteSteps else {
      return onEvent(.warning("\(what) at \(place): the step was skipped, the weights are as before"))
    }
    throw MartletError(
      .divergence,
      "\(what) at \(place): training diverged"
        + (state.consecutiveSkips > 1 ? "; \(state.consecutiveSkips - 1) steps before it were skipped" : ""),
      at: recipe.outputFolder,
      remedy: "Lower train.learning_rate (now \(Quantity.short(train.learningRate))), raise train.warmup_steps (now "
        + "\(train.warmupSteps))\(train.maxGradNorm > 0 ? "" : ", set train.max_grad_norm: 1") and begin anew.")
  }

  private func log(_ result: TrainingExecutor.StepResult, _ learningRate: Double) throws {
    let interval = state.interval
    state.interval = RunState.Interval()
    try metrics.append(
      step: state.step,
      [
        ("loss", .double(interval.tokens > 0 ? interval.lossSum / Double(interval.tokens) : .nan)),
        ("learning_rate", .double(learningRate)),
        ("gradient_norm", .double(Double(result.gradientNorm))),
        ("tokens", .integer(state.tokens)),
        ("tokens_per_second", .double(speed.tokensPerSecond.rounded())),
        ("seconds", .double((state.seconds * 1000).rounded() / 1000)),
        ("skipped_steps", .integer(state.skippedSteps)),
      ])
  }

  private func report(_ result: TrainingExecutor.StepResult, _ learningRate: Double) {
    let flops = plan.flopsPerStep / Double(plan.tokensPerStep) * speed.tokensPerSecond
    let left = totalSteps - state.step
    let evaluations = recipe.train.evalSteps > 0 ? left / recipe.train.evalSteps : 0
    onEvent(
      .step(
        StepProgress(
          step: state.step, totalSteps: totalSteps, loss: Double(result.loss), validationLoss: state.validationLoss,
          learningRate: learningRate, gradientNorm: Double(result.gradientNorm),
          tokensPerSecond: speed.tokensPerSecond, flops: flops,
          utilization: plan.peakFLOPS.map { flops / $0 },
          secondsLeft: Double(left) * speed.secondsPerStep + Double(evaluations) * plan.evaluationSeconds)))
  }

  /// Measures the validation set; returns whether the weights are the best so far, or nil if there is none.
  private func evaluate() throws -> Bool? {
    guard
      let result = try validationResult(tokens: recipe.train.evalTokens)
    else { return nil }
    let measure = recipe.train.metricForBestModel == .accuracy ? result.accuracy.map { 1 - $0 } : nil
    let isBest = state.earlyStopping.record(measure ?? result.loss, step: state.step)
    if isBest { state.best = result }
    state.validationLoss = result.loss
    let accuracy = result.accuracy.map { [("validation_accuracy", JSONValue.double($0))] } ?? []
    try metrics.append(step: state.step, [("validation_loss", .double(result.loss))] + accuracy)
    onEvent(.evaluated(step: state.step, loss: result.loss, accuracy: result.accuracy, isBest: isBest))
    return isBest
  }

  /// The validation loss and accuracy of the weights as they are, over about `tokens` tokens, 0 for all; nil without validation text.
  ///
  /// Throws: `MartletError`; with the code `interrupted` when somebody asks to stop.
  func validationResult(tokens: Int) throws -> ValidationResult? {
    guard let count = validation?.batchCount(tokens: tokens) else { return nil }
    return try validation?.loss(
      executor, batchCount: count, averaged: recipe.train.averageWeights > 0, isStopping: isStopping)
  }

  /// Measures how long a step and an evaluation take, without changing any state: no target of the step counts.
  func measure() throws -> (step: Double, evaluation: Double) {
    let clock = ContinuousClock()
    let empty = TrainingExecutor.Batch(tokens: inputs, targets: targets.map { _ in -1 })
    func step() throws {
      _ = try executor.step([empty], learningRate: 0, appliedSteps: 0, key: dropoutKey)
    }
    func seconds(atLeast: Int, _ body: () throws -> Void) throws -> Double {
      try body()  // the first touches the memory
      var times: [Double] = []
      let start = clock.now
      while times.count < atLeast || (times.count < 20 && clock.now - start < .milliseconds(300)) {
        times.append(try clock.measure(body) / .seconds(1))
      }
      return times.sorted()[times.count / 2]
    }
    // Every micro-batch takes as long as the first.
    let stepSeconds = try seconds(atLeast: 1, step) * Double(recipe.train.gradientAccumulationSteps)
    guard let count = validation?.batchCount(tokens: recipe.train.evalTokens), count > 0 else {
      return (stepSeconds, 0)
    }
    let batch = try validation?.batch(0)
    let evaluation = try seconds(atLeast: 1) {
      if let batch { _ = try executor.evaluate(batch, averaged: recipe.train.averageWeights > 0) }
    }
    return (stepSeconds, evaluation * Double(count))
  }
}

/// The time of a step and its tokens, averaged over the last ones.
struct SpeedMeter {
  private(set) var secondsPerStep = 1e-9
  private var tokensPerStep = 0.0
  private var count = 0

  var tokensPerSecond: Double { tokensPerStep / secondsPerStep }

  /// Takes a step in.
  mutating func add(_ seconds: Double, tokens: Int) {
    count += 1
    // The mean of the first steps, then of about the last twenty.
    let share = 1 / Double(min(count, 20))
    secondsPerStep += (max(seconds, 1e-9) - secondsPerStep) * share
    tokensPerStep += (Double(tokens) - tokensPerStep) * share
  }
}
