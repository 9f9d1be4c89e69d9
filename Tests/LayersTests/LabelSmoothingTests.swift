import Core
import Formats
import Layers
import TensorGraph
import TestSupport
import Testing

/// Smoothed cross-entropies against PyTorch's: Tools/golden/cross_entropy.py.
@Suite struct LabelSmoothingTests {
  private func compare(
    _ name: String, of file: String, _ inputs: [String], on backend: any Backend,
    _ losses: ([Tensor], _ targets: Tensor, Double) -> Tensor
  ) throws {
    let given = try SafetensorsFile(fixture("operations/cross_entropy/\(file).safetensors"))
    let smoothed = try SafetensorsFile(fixture("operations/cross_entropy/smoothed.safetensors"))
    let smoothing = try JSONFields(file: fixture("operations/cross_entropy/manifest.json")).number("smoothing")
    let program = try Trace.program { trace in
      let tensors = try inputs.map { input in
        trace.input(input, TensorType(try #require(given["\(name).\(input)"]).shape))
      }
      let targets = trace.input("targets", TensorType(try #require(given["\(name).targets"]).shape, .i32))
      let loss = losses(tensors, targets, smoothing).mean(over: targets.countedTargets())
      trace.output("loss", loss)
      for (input, gradient) in zip(inputs, gradients(of: loss, by: tensors)) { trace.output("d" + input, gradient) }
    }
    let executable = try backend.compile(program.optimized(), states: [:])
    for input in inputs { executable.input(input)?.write(try #require(given["\(name).\(input)"]).floats()) }
    executable.input("targets")?.write(try #require(given["\(name).targets"]).integers().map(Int32.init))
    try executable.run()
    for output in ["loss"] + inputs.map({ "d" + $0 }) {
      let found = try #require(executable.output(output)).read(as: Float.self)
      #expect(try relativeDifference(found, #require(smoothed["\(name).\(output)"]).floats()) < 1e-5, "\(output)")
    }
  }

  @Test(arguments: ["all", "ignored", "one_kept", "large"], TestBackend.all)
  func lossesOfLogitsAreTorchs(_ name: String, _ backend: TestBackend) throws {
    try compare(name, of: "logits", ["logits"], on: backend.backend) {
      $0[0].crossEntropy(targets: $1, smoothing: $2)
    }
  }

  @Test(arguments: ["hidden", "hidden_bias", "hidden_ragged"], TestBackend.all)
  func lossesOfHiddenStatesAreTorchs(_ name: String, _ backend: TestBackend) throws {
    let inputs = ["hidden", "weight"] + (name == "hidden_bias" ? ["bias"] : [])
    try compare(name, of: "hidden", inputs, on: backend.backend) {
      $0[0].linearCrossEntropy(weight: $0[1], bias: $0.count > 2 ? $0[2] : nil, targets: $1, smoothing: $2)
    }
  }
}
