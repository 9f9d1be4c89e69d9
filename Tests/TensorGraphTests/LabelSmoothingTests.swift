import TensorGraph
import TestSupport
import Testing

@Suite struct LabelSmoothingTests {
  /// The definition on logits: the mean over all tokens of the negative logarithms of their probabilities has a part.
  @Test(arguments: TestBackend.all) func lossesAndGradientsAreThoseOfTheDefinition(_ backend: TestBackend) throws {
    let (rows, size, tokens, smoothing) = (6, 5, 11, 0.1)
    func program(_ losses: (_ hidden: Tensor, _ weight: Tensor, _ targets: Tensor) -> Tensor) throws -> Program {
      try Trace.program { trace in
        let hidden = trace.input("hidden", TensorType([rows, size]))
        let weight = trace.input("weight", TensorType([tokens, size]))
        let targets = trace.literal([3, -100, 0, 10, 4, -100]).convert(to: .i32)
        let losses = losses(hidden, weight, targets)
        trace.output("losses", losses)
        let found = gradients(of: (losses * trace.literal([1, 2, 3, 4, 5, 6])).sum(), by: [hidden, weight])
        trace.output("hidden gradient", found[0])
        trace.output("weight gradient", found[1])
      }
    }
    func values(_ count: Int) -> [Float] { (0..<count).map { Float(($0 * 37) % 101) / 50 - 1 } }
    let inputs = ["hidden": values(rows * size), "weight": values(tokens * size)]
    let found = try run(
      program { $0.linearCrossEntropy(weight: $1, targets: $2, labelSmoothing: smoothing) }, on: backend.backend,
      inputs: inputs)
    let expected = try run(
      program { hidden, weight, targets in
        let logits = hidden.matmul(weight, transposeOther: true)
        let sum = logits.logSumExp()
        let right = (sum - logits.takeAlongLast(targets)) * (1 - smoothing)
        let all = (sum - logits.reduce(.sum, [1]) * (1 / Double(tokens))) * smoothing
        return targets.compare(.less, 0).select(0, right + all)
      }, on: backend.backend, inputs: inputs)
    #expect(found.count == 3)
    for (name, values) in expected { #expect(relativeDifference(try #require(found[name]), values) < 1e-5, "\(name)") }
  }
}
