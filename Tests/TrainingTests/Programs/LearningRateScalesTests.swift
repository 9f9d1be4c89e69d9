import Core
import Layers
import Models
import TensorGraph
import TestSupport
import Testing
import Training

@Suite struct LearningRateScalesTests {
  private func executor(
    _ rates: LearningRateScales, optimizer: Optimizer = .adamW(weightDecay: 0.1), on backend: any Backend
  ) throws -> TrainingExecutor {
    let model = try SmallModel()
    var settings = TrainingPrograms.Settings(
      batchSize: 2, sequenceLength: SmallModel.length, optimizer: optimizer)
    settings.learningRates = rates
    let programs = try TrainingPrograms(settings) { model.configuration.model($0).losses($1, $2) }
    return try TrainingExecutor(
      programs, on: backend, states: backend.makeParameters(programs.parameters, key: RandomKey(seed: 5)))
  }

  /// A first step with a scaled rate is, for each parameter, that of a training with this rate.
  @Test(arguments: TestBackend.all) func parametersStepWithTheirOwnRates(_ backend: TestBackend) throws {
    let rates = LearningRateScales(
      layerDecay: 0.5, groups: [.init("h.1.mlp", scale: 3), .init("h", scale: 1), .init("wte", scale: 0)])
    for optimizer in [Optimizer.adamW(weightDecay: 0.1), .sgd(momentum: 0.9), .muon(weightDecay: 0.1)] {
      let mixed = try executor(rates, optimizer: optimizer, on: backend.backend)
      let scales = mixed.programs.settings.optimizer.scales
      #expect(scales["transformer.ln_f.weight"] == 1)
      #expect(scales["transformer.h.1.mlp.c_fc.weight"] == 1.5)
      #expect(scales["transformer.h.1.ln_1.bias"] == 0.5)
      #expect(scales["transformer.h.0.mlp.c_fc.weight"] == 0.25)
      #expect(scales["transformer.wpe.weight"] == 0.125)
      #expect(scales["transformer.wte.weight"] == 0)
      #expect(Set(scales.keys) == Set(mixed.programs.parameters.map(\.name)))
      let batch = try SmallModel().batch(1)
      _ = try mixed.step([batch], learningRate: 0.01, appliedSteps: 0, key: RandomKey(seed: 1))
      for scale in Set(scales.values) {
        let plain = try executor(LearningRateScales(), optimizer: optimizer, on: backend.backend)
        _ = try plain.step([batch], learningRate: 0.01 * scale, appliedSteps: 0, key: RandomKey(seed: 1))
        for (name, _) in scales.filter({ $0.value == scale }) {
          // AdamW turns rounding of the key biases' vanishing gradients into steps.
          if name.hasSuffix("c_attn.bias") { continue }
          #expect(try relativeDifference(mixed.values(name), plain.values(name)) < 1e-6, "\(name)")
        }
      }
    }
  }

  @Test func patternsThatFitNothingAreRefused() throws {
    let error = #expect(throws: MartletError.self) {
      try executor(LearningRateScales(groups: [.init("classifier", scale: 10)]), on: TestBackend.all[0].backend)
    }
    #expect(error?.message == "the pattern 'classifier' of learning rates fits no parameter")
  }
}
