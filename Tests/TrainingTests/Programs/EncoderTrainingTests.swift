import Core
import Layers
import Models
import TensorGraph
import TestSupport
import Testing
import Training

/// A small encoder is trained from nothing on masked words, and then on labels of texts.
@Suite struct EncoderTrainingTests {
  private static let (rows, length, vocabulary) = (16, 12, 24)
  /// Tokens 0 and 1 are padding and the mask.
  private static let (padding, mask): (Int32, Int32) = (0, 1)

  private static func configuration(_ architecture: String) throws -> any EncoderConfiguration {
    try ModelFamilies.encoder(
      JSONFields(
        [
          "model_type": .string("bert"), "architectures": .array([.string(architecture)]),
          "vocab_size": .integer(vocabulary), "hidden_size": .integer(32), "intermediate_size": .integer(64),
          "num_hidden_layers": .integer(2), "num_attention_heads": .integer(4),
          "max_position_embeddings": .integer(length), "initializer_range": .double(0.1),
          "hidden_dropout_prob": .double(0.05), "attention_probs_dropout_prob": .double(0.05),
        ], file: "config.json"))
  }

  /// Texts of different lengths that count up or down from any token: what is behind a mask follows from both sides.
  private static func texts(_ random: inout RandomStream) -> (texts: [[Int32]], isRising: [Bool]) {
    var (texts, isRising): ([[Int32]], [Bool]) = ([], [])
    let count = Int32(vocabulary) - 2
    for _ in 0..<rows {
      let (start, step) = (Int32.random(in: 0..<count, using: &random), Bool.random(using: &random))
      let size = Int32.random(in: 6...Int32(length), using: &random)
      texts.append((0..<size).map { 2 + (start + (step ? $0 : count - $0)) % count })
      isRising.append(step)
    }
    return (texts, isRising)
  }

  private static func filled(_ texts: [[Int32]], _ filler: Int32) -> [Int32] {
    texts.flatMap { $0 + [Int32](repeating: filler, count: length - $0.count) }
  }

  private static func maskedBatch(_ seed: UInt64) -> TrainingExecutor.Batch {
    var random = RandomStream(RandomKey(seed: seed))
    var (inputs, targets): ([[Int32]], [[Int32]]) = ([], [])
    for text in texts(&random).texts {
      let place = Int.random(in: text.indices, using: &random)
      inputs.append(text.indices.map { $0 == place ? mask : text[$0] })
      targets.append(text.indices.map { $0 == place ? text[$0] : -100 })
    }
    return .init(tokens: filled(inputs, padding), targets: filled(targets, -100))
  }

  /// The label of a text is its first target.
  private static func labelledBatch(_ seed: UInt64) -> TrainingExecutor.Batch {
    var random = RandomStream(RandomKey(seed: seed))
    let (texts, isRising) = texts(&random)
    return .init(
      tokens: filled(texts, padding), targets: filled(isRising.map { [$0 ? 1 : 0] }, -100))
  }

  private static func executor(
    _ configuration: any EncoderConfiguration, _ states: [String: any Buffer], _ adaptation: Adaptation = Adaptation(),
    on backend: any Backend
  ) throws -> TrainingExecutor {
    let settings = TrainingPrograms.Settings(
      batchSize: rows, sequenceLength: length, optimizer: .adamW(weightDecay: 0.01), adaptation: adaptation)
    let programs = try TrainingPrograms(settings) { scope, tokens, targets in
      let model = configuration.model(scope)
      let input = EncoderInput(tokens: tokens, paddingID: padding)
      return configuration.task == .textLabels
        ? model.losses(input, targets: targets.slice(axis: 1, start: 0, length: 1))
        : model.losses(input, targets: targets, mostOfText: 2)
    }
    return try TrainingExecutor(programs, on: backend, states: states)
  }

  @Test func masksAreReadAndWhatWasLearntHelpsWithLabels() throws {
    let backend = TestBackend.all[TestBackend.all.count - 1].backend
    let words = try Self.configuration("BertForMaskedLM")
    let pretraining = try Self.executor(
      words, backend.makeParameters(words.parameters, key: RandomKey(seed: 1)), on: backend)
    func heldOut(_ executor: TrainingExecutor, _ batch: (UInt64) -> TrainingExecutor.Batch) throws -> Double {
      let sums = try (0..<8).map { try executor.evaluate(batch(1_000_000 + $0)) }
      return sums.reduce(0) { $0 + $1.lossSum } / Double(sums.reduce(0) { $0 + $1.tokenCount })
    }
    func train(
      _ executor: TrainingExecutor, steps: Int, _ batch: (UInt64) -> TrainingExecutor.Batch
    ) throws -> Double {
      for step in 0..<steps {
        let result = try executor.step(
          [batch(UInt64(step))], learningRate: 3e-3, appliedSteps: step, key: RandomKey(seed: UInt64(step)))
        #expect(result.isApplied && result.tokenCount == Self.rows)
      }
      return try heldOut(executor, batch)
    }
    // Of 22 words, any is as likely at first.
    #expect(abs(try heldOut(pretraining, Self.maskedBatch) - 3.1) < 0.5)
    #expect(try train(pretraining, steps: 600, Self.maskedBatch) < 0.5)

    let labels = try words.adapted(to: .textLabels, labels: ["falling", "rising"])
    let drawn = try backend.makeParameters(labels.parameters, key: RandomKey(seed: 2))
    let taken = drawn.merging(pretraining.states.filter { drawn[$0.key] != nil }) { $1 }
    let (fresh, tuned) = try (
      Self.executor(labels, backend.makeParameters(labels.parameters, key: RandomKey(seed: 2)), on: backend),
      Self.executor(labels, taken, on: backend)
    )
    let losses = try (
      train(fresh, steps: 60, Self.labelledBatch), train(tuned, steps: 60, Self.labelledBatch)
    )
    #expect(losses.1 < 0.15 && losses.1 < losses.0 / 2)

    // Adapters with the new head learn as much, and nothing else changes.
    let lora = LoRA(rank: 4, alpha: 16, modulesToSave: labels.headParameterNames.map { NamePattern($0) })
    let adapters = try labels.parameters(Adaptation(lora: lora))
    let states = try backend.makeParameters(adapters, key: RandomKey(seed: 2))
      .merging(pretraining.states.filter { drawn[$0.key] != nil }) { own, taken in
        own.write(taken.read(as: Float.self))
        return own
      }
    let before = states.mapValues { $0.read(as: Float.self) }
    let adapted = try Self.executor(labels, states, Adaptation(lora: lora), on: backend)
    #expect(try train(adapted, steps: 60, Self.labelledBatch) < 0.3)
    for parameter in adapters {
      let isTrained = LoRA.isAdapter(parameter.name) || labels.headParameterNames.contains(parameter.name)
      #expect(parameter.isTrained == isTrained)
      #expect(try (adapted.values(parameter.name) == before[parameter.name]) != isTrained, "\(parameter.name)")
    }
    let optimizer = adapted.programs.states.filter { $0.kind == .optimizer }.reduce(0) { $0 + $1.type.byteCount }
    #expect(optimizer == 8 * adapters.filter(\.isTrained).elementCount)
  }
}
