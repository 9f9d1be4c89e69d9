import Core
import Formats
import Layers
import TensorGraph
import TestSupport
import Testing

/// Five steps of each optimiser against those that were written out from the papers and checked against PyTorch.
@Suite struct OptimizerGoldenTests {
  let traces: SafetensorsFile
  let options: JSONFields

  init() throws {
    traces = try SafetensorsFile(fixture("operations/optimizers/traces.safetensors"))
    options = try JSONFields(file: fixture("operations/optimizers/manifest.json")).fields("optimizers")
  }

  private func optimizer(_ name: String, _ o: JSONFields) throws -> Optimizer {
    let decay = try o.number("weight_decay")
    switch name.split(separator: "_")[0] {
    case "adamw":
      return .adamW(
        beta1: try o.number("beta1"), beta2: try o.number("beta2"), epsilon: try o.number("epsilon"), weightDecay: decay
      )
    case "sgd": return .sgd(momentum: try o.number("momentum"), nesterov: try o.bool("nesterov"), weightDecay: decay)
    case "lion": return .lion(beta1: try o.number("beta1"), beta2: try o.number("beta2"), weightDecay: decay)
    default: return .muon(momentum: try o.number("momentum"), weightDecay: decay)
    }
  }

  /// Runs the steps and gives the weights after each; gradients come in multiplied by 4, and are scaled back.
  private func weights(
    _ optimizer: Optimizer, _ role: ParameterRole, _ shape: [Int], initial: [Float], gradients: [Float], rate: Double,
    _ backend: any Backend
  ) throws -> [Float] {
    let parameter = ParameterSpecification(
      name: "w", type: TensorType(shape), initialization: .zeros, decays: true, role: role)
    let program = try Trace.program { trace in
      optimizer.update(
        [parameter], gradients: [trace.input("gradient", parameter.type)],
        control: trace.input("control", TensorType([3])), scale: trace.constant(0.25), enabled: trace.constant(1))
    }.optimized()
    var states: [String: any Buffer] = ["w": try backend.makeBuffer(parameter.type)]
    states["w"]?.write(initial)
    for state in optimizer.states(for: [parameter]) { states[state.name] = try backend.makeBuffer(state.type) }
    let executable = try backend.compile(program, states: states)
    var result: [Float] = []
    for step in 0..<5 {
      let count = parameter.type.count
      executable.input("gradient")?.write(gradients[step * count..<(step + 1) * count].map { $0 * 4 })
      executable.input("control")?.write(optimizer.control(learningRate: rate, step: step + 1))
      try executable.run()
      result += try #require(states["w"]).read(as: Float.self)
    }
    return result
  }

  @Test(arguments: TestBackend.all) func stepsAreThoseOfTheGoldenFile(_ backend: TestBackend) throws {
    #expect(options.object.keys.count == 9)
    for name in options.object.keys {
      let o = try options.fields(name)
      let initial = try #require(traces["\(name).initial"])
      let own = try weights(
        optimizer(name, o), .matrix(.outputInput), initial.shape, initial: initial.floats(),
        gradients: #require(traces["\(name).gradients"]).floats(), rate: o.number("learning_rate"), backend.backend)
      #expect(try relativeDifference(own, #require(traces["\(name).weights"]).floats()) < 1e-5, "\(name)")
    }
  }

  /// A matrix in row-major order, transposed.
  private func transposed(_ matrix: some RandomAccessCollection<Float>, _ rows: Int) -> [Float] {
    let values = Array(matrix)
    let columns = values.count / rows
    return values.indices.map { values[$0 % rows * columns + $0 / rows] }
  }

  @Test(arguments: TestBackend.all, ["muon_wide", "muon_tall"])
  func matricesThatAreStoredInputByOutputGetTheSameSteps(_ backend: TestBackend, _ name: String) throws {
    let o = try options.fields(name)
    let initial = try #require(traces["\(name).initial"])
    let (rows, count) = (initial.shape[0], initial.count)
    let gradients = try #require(traces["\(name).gradients"]).floats()
    let expected = try #require(traces["\(name).weights"]).floats()
    var (flipped, wanted): ([Float], [Float]) = ([], [])
    for start in stride(from: 0, to: 5 * count, by: count) {
      flipped += transposed(gradients[start..<start + count], rows)
      wanted += transposed(expected[start..<start + count], rows)
    }
    let own = try weights(
      optimizer(name, o), .matrix(.inputOutput), initial.shape.reversed(), initial: transposed(initial.floats(), rows),
      gradients: flipped, rate: o.number("learning_rate"), backend.backend)
    #expect(relativeDifference(own, wanted) < 1e-5)
  }

  @Test(arguments: TestBackend.all) func fusedMatricesGetTheStepsOfTheirParts(_ backend: TestBackend) throws {
    // Two tall matrices [9, 4], one below the other, are one of [18, 4].
    let o = try options.fields("muon_tall")
    let initial = try #require(traces["muon_tall.initial"]).floats()
    let gradients = try #require(traces["muon_tall.gradients"]).floats()
    let expected = try #require(traces["muon_tall.weights"]).floats()
    // The second part's gradients are much larger: a step of both at once would be the second's almost alone.
    var (both, wanted): ([Float], [Float]) = ([], [])
    for start in stride(from: 0, to: 180, by: 36) {
      let part = gradients[start..<start + 36]
      both += part
      both += part.map { $0 * 100 }
      for _ in 0..<2 { wanted += expected[start..<start + 36] }
    }
    let own = try weights(
      optimizer("muon_tall", o), .matrix(.outputInput, parts: 2), [18, 4], initial: initial + initial,
      gradients: both, rate: o.number("learning_rate"), backend.backend)
    #expect(relativeDifference(own, wanted) < 1e-5)
  }

  @Test func muonLeavesEmbeddingsAndVectorsToAdamW() throws {
    let optimizer = Optimizer.muon(adamWLearningRateRatio: 0.5)
    func moments(_ role: ParameterRole, _ shape: [Int]) -> [String] {
      optimizer.states(for: [
        ParameterSpecification(name: "w", type: TensorType(shape), initialization: .zeros, decays: true, role: role)
      ]).map(\.name)
    }
    #expect(moments(.matrix(.inputOutput), [3, 4]) == ["optimizer.m.w"])
    #expect(moments(.embedding, [3, 4]) == ["optimizer.m.w", "optimizer.v.w"])
    #expect(moments(.vector, [3]) == ["optimizer.m.w", "optimizer.v.w"])
    let values = try weights(
      optimizer, .embedding, [2], initial: [1, 1], gradients: [Float](repeating: 1, count: 10), rate: 0.1,
      ReferenceBackend())
    // The first step of Adam is the learning rate, here half of Muon's.
    #expect(abs(values[0] - 0.95) < 1e-5)
  }
}
