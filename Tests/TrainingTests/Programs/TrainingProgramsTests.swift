import CPUBackend
import Core
import Layers
import Models
import TensorGraph
import TestSupport
import Testing
import Training

@Suite struct TrainingProgramsTests {
  @Test(arguments: TestBackend.all) func manyBatchesAreOneLargeOne(_ backend: TestBackend) throws {
    let model = try SmallModel()
    let whole = try model.executor(batchSize: 6, on: backend.backend)
    let parts = try model.executor(accumulates: true, on: backend.backend)
    for step in 0..<3 {
      // Batches with all, with some and with no tokens that count.
      let batches = [
        model.batch(UInt64(step), masked: step), model.batch(UInt64(step) + 10, masked: 7),
        model.batch(UInt64(step) + 20, masked: 12),
      ]
      let large = TrainingExecutor.Batch(tokens: batches.flatMap(\.tokens), targets: batches.flatMap(\.targets))
      let one = try whole.step([large], learningRate: 0.01, appliedSteps: step, key: RandomKey(seed: 1))
      let many = try parts.step(batches, learningRate: 0.01, appliedSteps: step, key: RandomKey(seed: 1))
      #expect(one.tokenCount == many.tokenCount && many.tokenCount == 17 - step)
      #expect(abs(one.loss / many.loss - 1) < 1e-5)
      #expect(abs(one.gradientNorm / many.gradientNorm - 1) < 1e-4)
    }
    // AdamW turns rounding of the key biases' vanishing gradients into steps.
    for parameter in whole.programs.parameters where !parameter.name.hasSuffix("c_attn.bias") {
      #expect(try relativeDifference(parts.values(parameter.name), whole.values(parameter.name)) < 1e-3)
    }
    for state in parts.programs.states where state.kind == .accumulator {
      #expect(try parts.values(state.name).allSatisfy { $0 == 0 }, "\(state.name)")
    }
  }

  /// A step given up between two of its batches leaves everything, also what was accumulated, as it was.
  @Test(arguments: TestBackend.all) func aStepGivenUpChangesNothing(_ backend: TestBackend) throws {
    let model = try SmallModel()
    let executor = try model.executor(accumulates: true, on: backend.backend)
    let before = executor.snapshot
    var asked = 0
    let result = try executor.step(
      batchCount: 4, learningRate: 0.01, appliedSteps: 0, key: RandomKey(seed: 1),
      isStopping: {
        asked += 1
        return asked == 2
      }, batch: { model.batch(UInt64($0)) })
    #expect(result == nil && asked == 2)
    #expect(executor.snapshot == before)
  }

  @Test(arguments: TestBackend.all, [false, true])
  func aStepThatIsNotFiniteChangesNothing(_ backend: TestBackend, _ accumulates: Bool) throws {
    let model = try SmallModel()
    let disturbed = try model.executor(accumulates: accumulates, averageDecay: 0.9, on: backend.backend)
    let calm = try model.executor(accumulates: accumulates, averageDecay: 0.9, on: backend.backend)
    func step(_ executor: TrainingExecutor, _ number: Int) throws -> TrainingExecutor.StepResult {
      try executor.step(
        [model.batch(UInt64(number))], learningRate: 0.01, appliedSteps: number, key: RandomKey(seed: 1))
    }
    _ = try step(disturbed, 0)
    _ = try step(calm, 0)
    for poison in [Float.nan, .infinity] {
      let weight = try #require(disturbed.states["transformer.h.1.mlp.c_fc.weight"])
      let good = weight.read(as: Float.self)
      var bad = good
      bad[3] = poison
      weight.write(bad)
      let before = disturbed.snapshot
      let result = try step(disturbed, 1)
      #expect(!result.isFinite && !result.isApplied)
      #expect(disturbed.snapshot == before)
      weight.write(good)
    }
    _ = try step(disturbed, 1)
    _ = try step(calm, 1)
    #expect(disturbed.snapshot == calm.snapshot)
  }

  @Test(arguments: TestBackend.all) func aStepWithoutTargetsChangesNothing(_ backend: TestBackend) throws {
    let model = try SmallModel()
    let executor = try model.executor(on: backend.backend)
    let before = executor.snapshot
    let result = try executor.step(
      [model.batch(0, masked: 12)], learningRate: 0.01, appliedSteps: 0, key: RandomKey(seed: 1))
    #expect(result.loss == 0 && result.tokenCount == 0 && result.isFinite && !result.isApplied)
    #expect(executor.snapshot == before)
  }

  @Test(arguments: TestBackend.all) func recomputingActivationsGivesTheSameStep(_ backend: TestBackend) throws {
    let model = try SmallModel(dropout: 0.2)
    let keeping = try model.executor(on: backend.backend)
    let recomputing = try model.executor(recomputes: true, on: backend.backend)
    let counts = [keeping, recomputing].map { $0.programs.step?.graph.nodes.count ?? 0 }
    #expect(counts[1] > counts[0])
    for step in 0..<3 {
      let results = try [keeping, recomputing].map {
        try $0.step([model.batch(UInt64(step))], learningRate: 0.01, appliedSteps: step, key: RandomKey(seed: 9))
      }
      #expect(abs(results[0].loss / results[1].loss - 1) < 1e-6)
      #expect(abs(results[0].gradientNorm / results[1].gradientNorm - 1) < 1e-5)
    }
  }

  @Test(arguments: TestBackend.all) func dropoutFollowsItsKeyAndSparesEvaluation(_ backend: TestBackend) throws {
    let model = try SmallModel(dropout: 0.3)
    func loss(_ seed: UInt64, dropout: Double = 0.3) throws -> Float {
      let executor = try SmallModel(dropout: dropout).executor(on: backend.backend)
      return try executor.step([model.batch(0)], learningRate: 0, appliedSteps: 0, key: RandomKey(seed: seed)).loss
    }
    #expect(try loss(1) == loss(1))
    #expect(try loss(1) != loss(2))
    let evaluated = try model.executor(on: backend.backend).evaluate(model.batch(0))
    #expect(evaluated.tokenCount == 12)
    #expect(try abs(Float(evaluated.lossSum / 12) / loss(1, dropout: 0) - 1) < 1e-6)
  }

  @Test(arguments: TestBackend.all) func theMovingAverageFollowsTheWeights(_ backend: TestBackend) throws {
    let model = try SmallModel()
    let executor = try model.executor(averageDecay: 0.8, on: backend.backend)
    let name = "transformer.wte.weight"
    var expected = try executor.values(name)
    #expect(try executor.evaluate(model.batch(5), averaged: true) == executor.evaluate(model.batch(5)))
    for step in 0..<3 {
      _ = try executor.step(
        [model.batch(UInt64(step))], learningRate: 0.05, appliedSteps: step, key: RandomKey(seed: 1))
      for (i, value) in try executor.values(name).enumerated() { expected[i] = expected[i] * 0.8 + value * 0.2 }
    }
    #expect(try relativeDifference(executor.values("average." + name), expected) < 1e-6)
    #expect(try executor.evaluate(model.batch(5), averaged: true) != executor.evaluate(model.batch(5)))
  }

  @Test func threadCountsAgreeBitForBit() throws {
    let model = try SmallModel(dropout: 0.1)
    let trainings = try [1, 2, 5].map { threads in
      let executor = try model.executor(optimizer: .muon(weightDecay: 0.1), on: CPU(threads: threads))
      for step in 0..<3 {
        _ = try executor.step(
          [model.batch(UInt64(step))], learningRate: 0.02, appliedSteps: step, key: RandomKey(seed: 1))
      }
      return executor.snapshot
    }
    #expect(trainings[1] == trainings[0] && trainings[2] == trainings[0])
  }

  @Test(arguments: TestBackend.all) func allOptimizersLearn(_ backend: TestBackend) throws {
    let model = try SmallModel()
    let optimizers: [(Optimizer, Double)] = [
      (.adamW(), 0.01), (.sgd(), 0.1), (.sgd(nesterov: true), 0.1), (.lion(), 0.003), (.muon(), 0.02),
    ]
    for (optimizer, rate) in optimizers {
      let executor = try model.executor(optimizer: optimizer, on: backend.backend)
      var losses: [Float] = []
      for step in 0..<40 {
        losses += [
          try executor.step([model.batch(0)], learningRate: rate, appliedSteps: step, key: RandomKey(seed: 1)).loss
        ]
      }
      #expect(losses[39] < 0.8 * losses[0], "\(optimizer.rule): \(losses[0]) to \(losses[39])")
    }
  }

  @Test func statesAreListedForCheckpoints() throws {
    let programs = try SmallModel().executor(
      optimizer: .muon(), accumulates: true, averageDecay: 0.9, on: ReferenceBackend()
    ).programs
    func names(_ kind: TrainingPrograms.State.Kind) -> Set<String> {
      Set(programs.states.filter { $0.kind == kind }.map(\.name))
    }
    #expect(names(.parameter) == Set(programs.parameters.map(\.name)))
    #expect(names(.average).contains("average.transformer.ln_f.bias"))
    #expect(names(.accumulator).contains("gradient.transformer.ln_f.bias"))
    // Muon keeps one moment of matrices, AdamW two of everything else.
    #expect(names(.optimizer).contains("optimizer.m.transformer.h.0.mlp.c_fc.weight"))
    #expect(!names(.optimizer).contains("optimizer.v.transformer.h.0.mlp.c_fc.weight"))
    #expect(names(.optimizer).contains("optimizer.v.transformer.wte.weight"))
    let used = [programs.accumulate, programs.apply, programs.evaluate].compactMap { $0 }.flatMap(\.states)
    #expect(Set(used.map(\.name)) == Set(programs.states.map(\.name)))
  }

  @Test func settingsAndBatchesOutOfRangeAreRefused() throws {
    let model = try SmallModel()
    func message(_ body: () throws -> Void) -> String? {
      do {
        try body()
        return nil
      } catch { return (error as? MartletError)?.message }
    }
    func programs(_ change: (inout TrainingPrograms.Settings) -> Void) -> String? {
      var settings = TrainingPrograms.Settings(batchSize: 2, sequenceLength: 6, optimizer: .adamW())
      change(&settings)
      return message { _ = try TrainingPrograms(settings) { model.configuration.model($0).losses($1, $2) } }
    }
    #expect(programs { $0.batchSize = 0 } == "the batch size is 0")
    #expect(programs { $0.maximumGradientNorm = 0 } == "the largest gradient norm is 0.0")
    #expect(programs { $0.averageDecay = 1 } == "the decay of the weights' moving average is 1.0")
    #expect(programs { $0.sequenceLength = 9 } == "sequences of 9 tokens are longer than n_positions, 8")
    let executor = try model.executor(on: ReferenceBackend())
    #expect(
      message { _ = try executor.evaluate(.init(tokens: [1], targets: [2])) }
        == "a batch needs 2 sequences of 6 tokens, found 1")
    #expect(
      message { _ = try executor.step([], learningRate: 1, appliedSteps: 0, key: RandomKey(seed: 0)) }
        == "a step without accumulation takes one batch, found 0")
    #expect(
      message { _ = try executor.evaluate(model.batch(0), averaged: true) }
        == "the training keeps no moving average of the weights")
    var states = executor.states
    states["transformer.ln_f.bias"] = nil
    #expect(
      message { _ = try TrainingExecutor(executor.programs, on: ReferenceBackend(), states: states) }
        == "the parameter 'transformer.ln_f.bias' has no values")
    states["transformer.ln_f.bias"] = try ReferenceBackend().makeBuffer(TensorType([7]))
    #expect(
      message { _ = try TrainingExecutor(executor.programs, on: ReferenceBackend(), states: states) }
        == "the state 'transformer.ln_f.bias' is f32[7], the model needs f32[8]")
  }
}
