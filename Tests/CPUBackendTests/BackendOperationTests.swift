import CPUBackend
import Core
import Foundation
import TensorGraph
import TestSupport
import Testing

/// Every operation's samples on the CPU, forward and gradients, against the reference.
@Suite struct BackendOperationTests {
  @Test(arguments: allOperations.map { "\($0)" })
  func samplesAgreeWithTheReference(name: String) throws {
    let samples = allOperations.first(where: { "\($0)" == name })?.samples ?? []
    for (number, sample) in samples.enumerated() {
      let values = sample.operandValues(seed: UInt64(number) + 7)
      try compare(sample, sample.program(gradients: false), values)
      if sample.isDifferentiable { try compare(sample, sample.program(gradients: true), values) }
    }
  }

  private func compare(_ sample: Sample, _ source: Program, _ values: [ReferenceTensor]) throws {
    let program = source.optimized()
    var inputs = Dictionary(uniqueKeysWithValues: values.enumerated().map { ("x\($0.offset)", $0.element) })
    var stream = RandomStream(RandomKey(seed: 5))
    for input in program.inputs where input.name.hasPrefix("w") {
      inputs[input.name] = ReferenceTensor(program.graph.type(input.value)) { _ in
        Double(Float(stream.unit() - 0.5))
      }
    }
    let expected = try interpret(program, inputs: inputs).outputs
    var first: [String: [UInt8]] = [:]
    for threads in [1, 2, 5] {
      let executable = try CPU(threads: threads).compile(program, states: [:])
      for input in program.inputs { executable.input(input.name)?.write(try #require(inputs[input.name])) }
      try executable.run()
      try executable.run()
      for output in program.outputs {
        let buffer = try #require(executable.output(output.name))
        let want = try #require(expected[output.name])
        if threads == 1 {
          let got = buffer.tensor()
          let scale = want.values.filter(\.isFinite).map(abs).max() ?? 0
          for (index, (a, b)) in zip(got.values, want.values).enumerated() {
            let isClose = abs(a - b) <= 2e-5 * max(abs(b), scale, 1e-2) || (a.isNaN && b.isNaN) || a == b
            #expect(isClose, "\(sample.operation) \(output.name)[\(index)]: \(a), reference \(b)")
            if !isClose { return }
          }
          first[output.name] = buffer.read(as: UInt8.self)
        } else {
          #expect(
            buffer.read(as: UInt8.self) == first[output.name], "\(sample.operation): other bits, \(threads) threads")
        }
      }
    }
  }
}
