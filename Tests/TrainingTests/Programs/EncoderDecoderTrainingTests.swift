import Core
import Datasets
import Inference
import Layers
import Models
import TensorGraph
import TestSupport
import Testing
import Training

/// A small encoder-decoder learns to write texts backwards.
@Suite struct EncoderDecoderTrainingTests {
  private static let (rows, longest, vocabulary) = (32, 7, 20)

  private static func texts(_ seed: UInt64) -> [[Int32]] {
    var random = RandomStream(RandomKey(seed: seed))
    return (0..<rows).map { _ in
      (0..<Int.random(in: 1...longest, using: &random)).map { _ in
        Int32.random(in: 2..<Int32(vocabulary), using: &random)
      }
    }
  }

  @Test(arguments: [0, 0.1]) func textsAreWrittenBackwards(_ labelSmoothing: Double) throws {
    let backend = TestBackend.all[TestBackend.all.count - 1].backend
    let configuration = try ModelFamilies.encoderDecoder(
      JSONFields(
        [
          "model_type": .string("t5"), "vocab_size": .integer(Self.vocabulary), "d_model": .integer(32),
          "d_kv": .integer(8), "d_ff": .integer(64), "num_layers": .integer(2), "num_heads": .integer(4),
          "feed_forward_proj": .string("gated-gelu"), "relative_attention_num_buckets": .integer(16),
          "relative_attention_max_distance": .integer(16), "dropout_rate": .double(0.02),
        ], file: "config.json"))
    let pairs = try SequencePairs(
      sourceLength: Self.longest + 1, targetLength: Self.longest + 1, startToken: configuration.startToken,
      paddingToken: configuration.paddingToken)
    let programs = try TrainingPrograms(
      .init(
        batchSize: Self.rows, sequenceLength: pairs.rowLength, optimizer: .adamW(weightDecay: 0.01),
        maximumGradientNorm: 1)
    ) { scope, tokens, targets in
      configuration.model(scope).losses(
        ofRows: tokens, targets: targets, sourceLength: pairs.sourceLength, paddingToken: pairs.paddingToken,
        labelSmoothing: labelSmoothing)
    }
    let executor = try TrainingExecutor(
      programs, on: backend, states: backend.makeParameters(programs.parameters, key: RandomKey(seed: 5)))
    let steps = 1100
    for step in 0..<steps {
      let made = Self.texts(UInt64(step)).map { text in
        pairs.row(source: text + [1], target: text.reversed() + [1])
      }
      let batch = TrainingExecutor.Batch(tokens: made.flatMap(\.tokens), targets: made.flatMap(\.targets))
      let rate = 5e-3 * (1 - Double(step) / Double(steps)) * min(1, Double(step + 1) / 50)
      let result = try executor.step(
        [batch], learningRate: rate, appliedSteps: step, key: RandomKey(seed: UInt64(step)))
      #expect(result.isApplied)
    }
    let unseen = Self.texts(1_000_000)
    let generator = SequenceGenerator(configuration, parameters: executor.states, on: backend)
    for beamCount in [1, 3] {
      let found = try generator.generate(
        unseen.map { $0 + [1] }, SequenceOptions(beamCount: beamCount, maxNewTokens: 12))
      let right = zip(found, unseen).count { $0.tokens == $1.reversed() + [1] }
      #expect(right >= 28, "\(right) of \(unseen.count) with \(beamCount) beams")
    }
  }
}
