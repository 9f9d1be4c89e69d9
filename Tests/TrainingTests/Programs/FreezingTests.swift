import Core
import Layers
import Models
import TensorGraph
import TestSupport
import Testing
import Training

@Suite struct FreezingTests {
  private func executor(
    _ model: SmallModel, _ frozen: [NamePattern], accumulates: Bool = false, averageDecay: Double? = nil,
    on backend: any Backend
  ) throws -> TrainingExecutor {
    let settings = TrainingPrograms.Settings(
      batchSize: 2, sequenceLength: SmallModel.length, optimizer: .sgd(momentum: 0.5), maximumGradientNorm: nil,
      accumulates: accumulates, averageDecay: averageDecay, adaptation: Adaptation(frozen: frozen))
    let programs = try TrainingPrograms(settings) { model.configuration.model($0).losses($1, $2) }
    return try TrainingExecutor(
      programs, on: backend, states: backend.makeParameters(programs.parameters, key: RandomKey(seed: 5)))
  }

  @Test(arguments: TestBackend.all, [false, true])
  func frozenParametersStayAndOthersStepAsEver(_ backend: TestBackend, _ accumulates: Bool) throws {
    let model = try SmallModel()
    let frozen: [NamePattern] = ["wte", "h.0", "ln_*.bias"]
    let partly = try executor(model, frozen, accumulates: accumulates, averageDecay: 0.5, on: backend.backend)
    let wholly = try executor(model, [], accumulates: accumulates, averageDecay: 0.5, on: backend.backend)
    let before = partly.snapshot
    for training in [partly, wholly] {
      _ = try training.step([model.batch(1)], learningRate: 0.1, appliedSteps: 0, key: RandomKey(seed: 1))
    }
    var counts = (frozen: 0, trained: 0)
    for parameter in partly.programs.parameters {
      let name = parameter.name
      let isFrozen =
        name.contains(".wte.") || name.contains(".h.0.") || name.contains(".ln_") && name.hasSuffix("bias")
      #expect(parameter.isTrained == !isFrozen, "\(name)")
      if isFrozen {
        counts.frozen += 1
        #expect(partly.snapshot[name] == before[name], "\(name)")
        #expect(partly.states.keys.filter { $0.hasSuffix(name) } == [name])
      } else {
        counts.trained += 1
        #expect(try relativeDifference(partly.values(name), wholly.values(name)) < 1e-5, "\(name)")
        #expect(partly.states["optimizer.m.\(name)"] != nil && partly.states["average.\(name)"] != nil)
        #expect(partly.snapshot[name] != before[name] || name.hasSuffix("c_attn.bias"), "\(name)")
      }
    }
    #expect(counts.frozen == 16 && counts.trained == 12)
    #expect(try partly.evaluate(model.batch(5), averaged: true) != partly.evaluate(model.batch(5)))
  }

  /// A frozen output layer has no gradient, which would take as much memory as it does.
  @Test func aFrozenOutputLayerCostsNoGradient() throws {
    let model = try SmallModel()
    for (frozen, hasGradient) in [([], true), (["h.0"], true), (["wte"], false)] as [([NamePattern], Bool)] {
      let step = try #require(executor(model, frozen, on: TestBackend.all[0].backend).programs.step)
      let found = step.graph.nodes.compactMap { $0.operation as? LinearCrossEntropyGradient }
      #expect(found.map(\.hasWeightGradient) == [hasGradient])
      #expect(!step.graph.nodes.contains { $0.operation is LinearCrossEntropy })
    }
  }

  /// What lies below the lowest trained layer is not differentiated, nor are frozen matrices.
  @Test func frozenParametersCostNoBackwardPass() throws {
    let model = try SmallModel()
    func nodes(_ frozen: [NamePattern]) throws -> Int {
      try executor(model, frozen, on: TestBackend.all[0].backend).programs.step?.graph.nodes.count {
        $0.phase == .backward
      }
        ?? 0
    }
    let (all, upper, matrices) = try (nodes([]), nodes(["wte", "wpe", "h.0"]), nodes(["h.*.c_*.weight"]))
    #expect(upper < all * 6 / 10 && matrices < all)
  }

  @Test func patternsThatFitNothingAndNothingLeftToTrainAreRefused() throws {
    let model = try SmallModel()
    for (frozen, message) in [
      (["h.2"], "the pattern 'h.2' of frozen parameters fits none"),
      (["*"], "all parameters are frozen: there is nothing to train"),
    ] as [([NamePattern], String)] {
      let error = #expect(throws: MartletError.self) { try executor(model, frozen, on: TestBackend.all[0].backend) }
      #expect(error?.message == message)
      #expect(error?.code == .invalidArgument && error?.remedy != nil)
    }
  }

  @Test(
    arguments: [
      ("c_attn", true), ("h.1", true), ("h", true), ("*", true), ("weight", true),
      ("transformer.h.1.attn.c_attn.weight", true),
      ("h.*.weight", true), ("*.weight", true), ("attn.c_*", true), ("tr*mer.h", true), ("*attn*", true),
      ("h.1.attn.c_attn.weight.", false), ("", false), ("attn.weight", false), ("h.10", false), ("h.1.attn.c", false),
      ("ttn", false), ("*.bias", false), ("h.*.mlp", false),
    ] as [(String, Bool)]) func patternsFitPartsOfNames(_ pattern: String, _ fits: Bool)
  {
    #expect(NamePattern(pattern).fits("transformer.h.1.attn.c_attn.weight") == fits)
  }
}
