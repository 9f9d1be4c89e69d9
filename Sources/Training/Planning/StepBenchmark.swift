import Core
import Models
import TensorGraph

/// Times whole training steps of a GPT on random tokens: forward, backward, clipping and AdamW, without dropout.
public struct StepBenchmark: Sendable {
  /// The model and the batch.
  public var layers, hiddenSize, heads, contextLength, batchSize, vocabularySize: Int
  /// How many steps are timed.
  public var steps: Int
  /// How many steps run before these.
  public var warmUpSteps = 3
  /// Whether the backward pass computes activations anew instead of keeping them.
  public var recomputes = false
  /// Whether to note where the time of the timed steps goes.
  public var isProfiling = false

  /// A benchmark.
  public init(
    layers: Int, hiddenSize: Int, heads: Int, contextLength: Int, batchSize: Int, vocabularySize: Int, steps: Int
  ) {
    self.layers = layers
    self.hiddenSize = hiddenSize
    self.heads = heads
    self.contextLength = contextLength
    self.batchSize = batchSize
    self.vocabularySize = vocabularySize
    self.steps = steps
  }

  /// Runs it: the median time of a step, tokens and floating-point operations a second, the peak memory, and if asked
  /// for, where the time went.
  ///
  /// Throws: `MartletError` for sizes that do not fit together, or where memory is short.
  public func run(on backend: any Backend) throws -> (figures: JSONObject, profiles: StepProfiles?) {
    guard heads > 0, hiddenSize % heads == 0 else {
      throw MartletError(
        .invalidArgument, "the hidden size (\(hiddenSize)) must be a multiple of the heads (\(heads))",
        remedy: "Change one of them.")
    }
    let tokenCount = [batchSize, contextLength].product
    guard (1...Recipe.largestTokensPerStep).contains(tokenCount) else {
      throw MartletError(
        .invalidArgument,
        "the batch (\(batchSize)) x the context (\(contextLength)) must be from 1 to \(Recipe.largestTokensPerStep) tokens",
        remedy: "Change one of them.")
    }
    let configuration = try GPT2Configuration(
      vocabularySize: vocabularySize, positionCount: contextLength, hiddenSize: hiddenSize, layerCount: layers,
      headCount: heads)
    let programs = try TrainingPrograms(
      .init(
        batchSize: batchSize, sequenceLength: contextLength, optimizer: .adamW(weightDecay: 0.1),
        maximumGradientNorm: 1, recomputes: recomputes)
    ) { scope, tokens, targets in configuration.model(scope).losses(tokens, targets) }
    let remedy = "Give smaller sizes."
    let stateBytes = programs.states.reduce(0) { $0 + $1.type.byteCount }
    try Machine.requireMemory(stateBytes, remedy: remedy)
    let key = RandomKey(seed: 1)
    let executor = try TrainingExecutor(
      programs, on: backend, states: try backend.makeParameters(programs.parameters, key: key))
    try Machine.requireMemory(executor.workspaceByteCount, remedy: remedy)
    var stream = RandomStream(key.named("tokens"))
    let tokens = (0..<tokenCount + 1).map { _ in
      Int32(truncatingIfNeeded: stream.next() % UInt64(vocabularySize))
    }
    let batch = TrainingExecutor.Batch(tokens: Array(tokens.dropLast()), targets: Array(tokens.dropFirst()))
    let clock = ContinuousClock()
    var times: [Double] = []
    for step in 0..<steps + warmUpSteps {
      if step == warmUpSteps, isProfiling { executor.profiles = StepProfiles() }
      let time = try clock.measure {
        _ = try executor.step([batch], learningRate: 1e-4, appliedSteps: step, key: key)
      }
      if step >= warmUpSteps { times.append(time / .seconds(1)) }
    }
    let median = times.sorted()[times.count / 2]
    let count = Double(tokenCount)
    let (l, d) = (Double(layers), Double(hiddenSize))
    let parameters = 12 * l * d * d + Double(vocabularySize) * d
    let flops = (6 * parameters + 12 * l * d * Double(contextLength)) * count
    func rounded(_ value: Double) -> JSONValue { .double((value * 1000).rounded() / 1000) }
    let figures: JSONObject = [
      "milliseconds_per_step": rounded(median * 1000), "tokens_per_second": rounded(count / median),
      "gigaflops": rounded(flops / median / 1e9),
      "peak_memory_megabytes": rounded(Double(Machine.peakResidentBytes) / 1e6),
      "workspace_megabytes": rounded(Double(executor.workspaceByteCount) / 1e6),
    ]
    return (figures, executor.profiles)
  }
}
