import Core
import Layers
import TensorGraph

/// The programs of a training: one step, or the parts of one step with gradient accumulation, and an evaluation.
///
/// All share states by name: parameters under their checkpoint names, `optimizer.*`, `gradient.*` and `accumulated.*`
/// (with accumulation), `average.*` (with a moving average of the weights). See `states`.
public struct TrainingPrograms: Sendable {
  /// The losses of single tokens `[N]` (0 where a target is negative) of a model built in the scope, for
  /// tokens i32[B, T] and targets i32[B, T].
  public typealias Losses = (_ scope: Scope, _ tokens: Tensor, _ targets: Tensor) throws -> Tensor

  /// What the programs are made for.
  public struct Settings: Sendable {
    /// Sequences in a batch that runs at once.
    public var batchSize: Int
    /// Tokens in a sequence.
    public var sequenceLength: Int
    /// How parameters are updated.
    public var optimizer: Optimizer
    /// The largest norm of all gradients together; larger ones are scaled down. Nil for no limit.
    public var maximumGradientNorm: Double?
    /// Whether the backward pass recomputes the activations of layers instead of keeping them.
    public var recomputes: Bool
    /// Whether a step is the sum of several batches.
    public var accumulates: Bool
    /// What stays of the moving average of the weights from step to step; nil for no average.
    public var averageDecay: Double?
    /// Which parameters are trained.
    public var adaptation: Adaptation
    /// How the learning rates of parameters differ.
    public var learningRates = LearningRateScales()

    /// Tokens of a batch that runs at once, padding included.
    var tokenCount: Int { batchSize * sequenceLength }

    /// Settings of a training.
    public init(
      batchSize: Int, sequenceLength: Int, optimizer: Optimizer, maximumGradientNorm: Double? = 1,
      recomputes: Bool = false, accumulates: Bool = false, averageDecay: Double? = nil,
      adaptation: Adaptation = Adaptation()
    ) {
      self.batchSize = batchSize
      self.sequenceLength = sequenceLength
      self.optimizer = optimizer
      self.maximumGradientNorm = maximumGradientNorm
      self.recomputes = recomputes
      self.accumulates = accumulates
      self.averageDecay = averageDecay
      self.adaptation = adaptation
    }
  }

  /// A value that stays on the device.
  public struct State: Sendable, Hashable {
    /// What a state is for.
    public enum Kind: Sendable, Hashable {
      /// A weight of the model.
      case parameter
      /// The optimiser's.
      case optimizer
      /// A moving average of a weight.
      case average
      /// A sum over the batches of one step: zero between steps.
      case accumulator
    }
    /// The name.
    public var name: String
    /// Shape and element type.
    public var type: TensorType
    /// What it is for; a checkpoint between steps needs all but accumulators.
    public var kind: Kind
  }

  /// What the programs were made for.
  public let settings: Settings
  /// The parameters in the order of their declaration.
  public let parameters: [ParameterSpecification]
  /// The states that a checkpoint needs: all but sums over the batches of a step, and with adapters all but the weights of
  /// the model that they are for.
  public var checkpointStates: [State] {
    let trained = Set(trainedParameters.map(\.name))
    return states.filter {
      switch $0.kind {
      case .accumulator: false
      case .parameter: settings.adaptation.lora == nil || trained.contains($0.name)
      default: true
      }
    }
  }
  /// Those that are trained.
  public var trainedParameters: [ParameterSpecification] { parameters.filter(\.isTrained) }
  /// All states of the programs.
  public let states: [State]
  /// A whole step, where nothing is accumulated.
  ///
  /// Inputs: `tokens`, `targets` i32[B, T]; `control_in` f32[3], see `Optimizer.control(learningRate:step:)`;
  /// `dropout_key` i32[2]. Outputs, each f32[]: `loss`, the mean over the tokens that count; `token_count`;
  /// `gradient_norm` of the mean's gradient before clipping; `applied`, 0 where the loss or the norm is not finite or no
  /// token counts: then nothing is changed.
  public let step: Program?
  /// The gradients of one batch of an accumulated step.
  ///
  /// Inputs: `tokens`, `targets`, `dropout_key`. Outputs: `loss_sum` and `token_count` of this batch.
  public let accumulate: Program?
  /// The end of an accumulated step: applies and clears what was accumulated.
  ///
  /// Input: `control_in`. Outputs: those of `step`, over all the batches.
  public let apply: Program?
  /// The loss of one batch without dropout. Inputs: `tokens`, `targets`. Outputs: `loss_sum`, `token_count`, and
  /// `hit_count`, the targets that the model finds, where that is measured.
  public let evaluate: Program

  /// Traces, differentiates and optimises the programs.
  ///
  /// Throws: `MartletError(.shape)` where the model's operations do not fit, `MartletError(.invalidArgument)` for
  /// settings out of range, and what `losses` throws.
  public init(_ settings: Settings, hits: Losses? = nil, losses: Losses) throws {
    try Self.check(settings)
    var parameters: [ParameterSpecification] = []
    evaluate = try Trace.program { trace in
      let batch = BatchInputs(trace, settings)
      let scope = Scope(trace, adaptation: settings.adaptation)
      let values = try losses(scope, batch.tokens, batch.targets)
      // Parameters that are declared again are the same ones.
      if let hits {
        let found = try hits(Scope(trace, adaptation: settings.adaptation), batch.tokens, batch.targets)
        trace.output("hit_count", found.sum())
      }
      trace.output("loss_sum", values.sum())
      trace.output("token_count", batch.targets.countedTargets())
      parameters = scope.parameters
    }.optimized()
    try settings.adaptation.check(parameters)
    var scaled = settings
    scaled.optimizer.scales = try settings.learningRates.scales(of: parameters)
    self.settings = scaled
    self.parameters = parameters
    step = settings.accumulates ? nil : try Self.makeStep(scaled, losses)
    accumulate = settings.accumulates ? try Self.makeAccumulate(scaled, losses) : nil
    apply = settings.accumulates ? try Self.makeApply(scaled, parameters.filter(\.isTrained)) : nil
    states = Self.states(settings, parameters)
  }

  private static func check(_ settings: Settings) throws {
    for (name, value) in [("batch size", settings.batchSize), ("sequence length", settings.sequenceLength)]
    where value < 1 {
      throw MartletError(.invalidArgument, "the \(name) is \(value)", remedy: "Give 1 or more.")
    }
    if let norm = settings.maximumGradientNorm, !(norm > 0) {
      throw MartletError(
        .invalidArgument, "the largest gradient norm is \(norm)", remedy: "Give a number above 0, or none at all.")
    }
    if let decay = settings.averageDecay, !(decay >= 0 && decay < 1) {
      throw MartletError(
        .invalidArgument, "the decay of the weights' moving average is \(decay)",
        remedy: "Give a number from 0 up to and without 1, such as 0.999.")
    }
  }

  private static func states(_ settings: Settings, _ parameters: [ParameterSpecification]) -> [State] {
    var states = parameters.map { State(name: $0.name, type: $0.type, kind: .parameter) }
    let trained = parameters.filter(\.isTrained)
    states += settings.optimizer.states(for: trained).map { State(name: $0.name, type: $0.type, kind: .optimizer) }
    if settings.averageDecay != nil {
      states += trained.map { State(name: averageName($0.name), type: $0.type, kind: .average) }
    }
    if settings.accumulates {
      states += trained.map { State(name: gradientName($0.name), type: $0.type, kind: .accumulator) }
      states += [lossSumName, countName].map { State(name: $0, type: TensorType([]), kind: .accumulator) }
    }
    return states
  }

  /// The name of the moving average of a parameter.
  public static func averageName(_ parameter: String) -> String { "average.\(parameter)" }
  /// The name of the accumulated gradient of a parameter.
  public static func gradientName(_ parameter: String) -> String { "gradient.\(parameter)" }
  static let lossSumName = "accumulated.loss_sum"
  static let countName = "accumulated.token_count"
}

/// The inputs of a batch.
struct BatchInputs {
  let tokens, targets: Tensor

  init(_ trace: Trace, _ settings: TrainingPrograms.Settings) {
    let type = TensorType([settings.batchSize, settings.sequenceLength], .i32)
    tokens = trace.input("tokens", type)
    targets = trace.input("targets", type)
  }
}
