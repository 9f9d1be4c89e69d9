import Core
import Layers
import TensorGraph

/// The programs of a training compiled for a device, with their states: runs steps and evaluations.
///
/// What is random comes in with each call, so that a run can be repeated and resumed: the states and the arguments
/// decide everything. It belongs to one thread at a time.
public final class TrainingExecutor {
  /// The programs.
  public let programs: TrainingPrograms
  /// The device.
  public let backend: any Backend
  /// The states by name; writing to their buffers between steps sets them.
  public let states: [String: any Buffer]
  /// The programs of the longest sequences, then of shorter ones.
  private let variants: [Variant]
  /// Where the time of steps goes: set it to begin, on a backend that can tell; nil where nobody asks.
  public var profiles: StepProfiles?
  private let apply: (any Executable)?

  /// The programs for sequences of a length, each compiled when it is first used.
  private final class Variant {
    let programs: TrainingPrograms
    var step, accumulate, evaluation, averageEvaluation: (any Executable)?

    init(_ programs: TrainingPrograms) { self.programs = programs }

    var executables: [any Executable] { [step, accumulate, evaluation, averageEvaluation].compactMap { $0 } }
  }

  /// Compiles the training programs; those of evaluation and of shorter sequences are compiled when they are first used.
  ///
  /// - Parameters:
  ///   - shorter: programs of the same training for shorter sequences, for batches that end in padding.
  ///   - states: buffers by name; those that are missing are made and begin as zeros, or as a copy of the weight
  ///   for moving averages. `Backend.makeParameters` makes the parameters'.
  ///
  /// Throws: `MartletError(.mismatch)` when a parameter is missing or a buffer has another type; `MartletError(.resource)`
  /// when memory is short.
  public init(
    _ programs: TrainingPrograms, shorter: [TrainingPrograms] = [], on backend: any Backend,
    states given: [String: any Buffer]
  ) throws {
    self.programs = programs
    self.backend = backend
    states = try Self.complete(given, programs, backend)
    let sorted = shorter.sorted { $0.settings.sequenceLength > $1.settings.sequenceLength }
    variants = ([programs] + sorted).map(Variant.init)
    variants[0].step = try programs.step.map { [states] in try backend.compile($0, states: states) }
    variants[0].accumulate = try programs.accumulate.map { [states] in try backend.compile($0, states: states) }
    apply = try programs.apply.map { [states] in try backend.compile($0, states: states) }
  }

  private static func complete(
    _ given: [String: any Buffer], _ programs: TrainingPrograms, _ backend: any Backend
  ) throws -> [String: any Buffer] {
    var states = given
    for state in programs.states {
      if let buffer = states[state.name] {
        guard buffer.type == state.type else {
          throw MartletError(.mismatch, "the state '\(state.name)' is \(buffer.type), the model needs \(state.type)")
        }
      } else if state.kind == .parameter {
        throw MartletError(
          .mismatch, "the parameter '\(state.name)' has no values", remedy: "Initialise or load all parameters.")
      } else {
        states[state.name] = try backend.makeBuffer(state.type)
      }
    }
    for parameter in programs.trainedParameters where programs.settings.averageDecay != nil {
      let name = TrainingPrograms.averageName(parameter.name)
      guard given[name] == nil, let average = states[name], let value = states[parameter.name] else { continue }
      average.write(value.read(as: Float.self))
    }
    return states
  }

  /// Bytes that the programs compiled so far take beyond the states.
  public var workspaceByteCount: Int {
    (variants.flatMap(\.executables) + [apply].compactMap { $0 }).reduce(0) { $0 + $1.workspaceByteCount }
  }

  /// What one step of the optimiser gave.
  public struct StepResult: Sendable, Hashable {
    /// The mean loss of the tokens that count.
    public var loss: Float
    /// The number of tokens that count.
    public var tokenCount: Int
    /// The norm of all gradients together, before clipping.
    public var gradientNorm: Float
    /// The tokens that were computed with, those that do not count and padding included.
    public var computedTokens = 0
    /// Whether the step was applied; it was not where loss or gradients are not finite or no token counts, and then
    /// neither parameters nor moments were changed.
    public var isApplied: Bool
    /// Whether loss and gradients are finite.
    public var isFinite: Bool { loss.isFinite && gradientNorm.isFinite }
  }

  /// A batch: token ids and the ids that follow them, `[B, T]` in row-major order; negative targets do not count.
  public struct Batch: Sendable {
    /// The tokens.
    public var tokens: [Int32]
    /// The token that follows each, or a negative number where it does not count.
    public var targets: [Int32]
    /// Behind how many columns all is padding; nil where none is.
    public var length: Int?

    /// A batch.
    public init(tokens: [Int32], targets: [Int32], length: Int? = nil) {
      self.tokens = tokens
      self.targets = targets
      self.length = length
    }
  }

  /// The sum of losses and the number of tokens that they are of.
  public struct LossSum: Sendable, Hashable {
    /// The sum.
    public var lossSum: Double
    /// The number of tokens.
    public var tokenCount: Int
    /// How many of them the model finds, where that is measured.
    public var hitCount: Int?
  }

  /// Runs one step of the optimiser on one batch, or on several that count as one batch as many times as large.
  ///
  /// - Parameters:
  ///   - batches: one batch, or any number with accumulation.
  ///   - appliedSteps: how many steps were applied before this one; skipped steps do not count.
  ///   - key: the random key of this step's dropout.
  ///
  /// Throws: `MartletError(.shape)` when a batch has the wrong size.
  public func step(_ batches: [Batch], learningRate: Double, appliedSteps: Int, key: RandomKey) throws -> StepResult {
    let result = try step(
      batchCount: batches.count, learningRate: learningRate, appliedSteps: appliedSteps, key: key,
      isStopping: { false }, batch: { batches[$0] })
    guard let result else { throw MartletError(.interrupted, "the step was given up") }
    return result
  }

  /// Runs one step whose batches are made one by one; gives nil, with nothing changed, when it is to stop before the
  /// last.
  ///
  /// - Parameters:
  ///   - isStopping: asked before each batch but the first.
  ///   - batch: the batch of a number from 0.
  ///
  /// Throws: `MartletError(.shape)` when a batch has the wrong size, and what `batch` throws.
  public func step(
    batchCount: Int, learningRate: Double, appliedSteps: Int, key: RandomKey, isStopping: () -> Bool,
    batch: (Int) throws -> Batch
  ) throws -> StepResult? {
    let control = programs.settings.optimizer.control(learningRate: learningRate, step: appliedSteps + 1)
    profiles?.beginStep()
    if !programs.settings.accumulates {
      guard batchCount == 1 else {
        throw MartletError(.shape, "a step without accumulation takes one batch, found \(batchCount)")
      }
      let batch = try batch(0)
      let variant = variant(for: batch)
      let step = try compiled(&variant.step, variant.programs.step)
      try write(batch, to: step, of: variant)
      write(key, to: step)
      step.input("control_in")?.write(control)
      try run(step, "step")
      return Self.result(of: step, computedTokens: variant.programs.settings.tokenCount)
    }
    guard let apply else { throw MartletError(.unsupported, "the training has no step") }
    var computedTokens = 0
    for index in 0..<batchCount {
      if index > 0, isStopping() {
        clearAccumulators()
        return nil
      }
      let batch = try batch(index)
      let variant = variant(for: batch)
      let accumulate = try compiled(&variant.accumulate, variant.programs.accumulate)
      try write(batch, to: accumulate, of: variant)
      write(key.numbered(UInt64(index)), to: accumulate)
      try run(accumulate, "accumulate")
      computedTokens += variant.programs.settings.tokenCount
    }
    apply.input("control_in")?.write(control)
    try run(apply, "apply")
    return Self.result(of: apply, computedTokens: computedTokens)
  }

  /// The programs for the shortest sequences that a batch fits in.
  private func variant(for batch: Batch) -> Variant {
    let length = batch.length ?? programs.settings.sequenceLength
    return variants.last { $0.programs.settings.sequenceLength >= length } ?? variants[0]
  }

  private func compiled(_ executable: inout (any Executable)?, _ program: Program?) throws -> any Executable {
    if let executable { return executable }
    guard let program else { throw MartletError(.unsupported, "the training has no step") }
    let new = try backend.compile(program, states: states)
    executable = new
    return new
  }

  private func run(_ executable: any Executable, _ name: String) throws {
    guard profiles != nil, let profiled = executable as? any ProfiledExecutable else { return try executable.run() }
    profiles?.add(try profiled.profile(), of: name)
  }

  /// Forgets the batches of a step that is given up.
  private func clearAccumulators() {
    for state in programs.states where state.kind == .accumulator {
      states[state.name]?.write([UInt8](repeating: 0, count: state.type.byteCount))
    }
  }

  /// The summed losses of a batch without dropout.
  ///
  /// - Parameter averaged: whether the moving average of the weights is evaluated.
  ///
  /// Throws: `MartletError(.shape)` when the batch has the wrong size, `MartletError(.invalidArgument)` when there is no
  /// moving average.
  public func evaluate(_ batch: Batch, averaged: Bool = false) throws -> LossSum {
    let variant = variant(for: batch)
    let executable = try evaluationExecutable(variant, averaged)
    try write(batch, to: executable, of: variant)
    try executable.run()
    var sum = LossSum(
      lossSum: Double(executable.scalar("loss_sum")), tokenCount: Int(executable.scalar("token_count")))
    if executable.output("hit_count") != nil { sum.hitCount = Int(executable.scalar("hit_count")) }
    return sum
  }

  private func evaluationExecutable(_ variant: Variant, _ averaged: Bool) throws -> any Executable {
    if let ready = averaged ? variant.averageEvaluation : variant.evaluation { return ready }
    var weights = states
    if averaged {
      guard programs.settings.averageDecay != nil else {
        throw MartletError(.invalidArgument, "the training keeps no moving average of the weights")
      }
      for parameter in programs.trainedParameters {
        weights[parameter.name] = states[TrainingPrograms.averageName(parameter.name)]
      }
    }
    let executable = try backend.compile(variant.programs.evaluate, states: weights)
    if averaged { variant.averageEvaluation = executable } else { variant.evaluation = executable }
    return executable
  }

  private func write(_ batch: Batch, to executable: any Executable, of variant: Variant) throws {
    let settings = programs.settings
    for (name, values) in [("tokens", batch.tokens), ("targets", batch.targets)] {
      guard values.count == settings.batchSize * settings.sequenceLength else {
        throw MartletError(
          .shape,
          "a batch needs \(settings.batchSize) sequences of \(settings.sequenceLength) \(name), found \(values.count)")
      }
      let (whole, length) = (settings.sequenceLength, variant.programs.settings.sequenceLength)
      executable.input(name)?.write(
        length == whole
          ? values : (0..<settings.batchSize).flatMap { values[$0 * whole..<$0 * whole + length] })
    }
  }

  private func write(_ key: RandomKey, to executable: any Executable) {
    executable.input("dropout_key")?.write([key.low, key.high])
  }

  private static func result(of executable: any Executable, computedTokens: Int) -> StepResult {
    StepResult(
      loss: executable.scalar("loss"), tokenCount: Int(executable.scalar("token_count")),
      gradientNorm: executable.scalar("gradient_norm"), computedTokens: computedTokens,
      isApplied: executable.scalar("applied") != 0)
  }
}

extension Executable {
  /// The output `name`, which is one number; NaN where there is none.
  func scalar(_ name: String) -> Float { output(name)?.read(as: Float.self).first ?? .nan }
}
