import CPUBackend
import Core
import Foundation
import Layers
import Models
import TensorGraph
import Training

// Where the time of a training step goes, by kind of instruction: step-profile L D H T B V [threads].
let sizes = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let (l, d, h, t, b, v) = (sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5])
let configuration = try GPT2Configuration(
  vocabularySize: v, positionCount: t, hiddenSize: d, layerCount: l, headCount: h)
let programs = try TrainingPrograms(
  .init(batchSize: b, sequenceLength: t, optimizer: .adamW(weightDecay: 0.1), maximumGradientNorm: 1)
) { scope, tokens, targets in configuration.model(scope).losses(tokens, targets) }
let backend = CPU(threads: sizes.count > 6 ? sizes[6] : nil)
let key = RandomKey(seed: 1)
let executor = try TrainingExecutor(
  programs, on: backend, states: try backend.makeParameters(programs.parameters, key: key))
guard let step = executor.stepExecutable as? any ProfiledExecutable else { exit(1) }
var stream = RandomStream(key.named("tokens"))
let tokens = (0..<b * t + 1).map { _ in Int32(truncatingIfNeeded: stream.next() % UInt64(v)) }
let batch = TrainingExecutor.Batch(tokens: Array(tokens.dropLast()), targets: Array(tokens.dropFirst()))
var times: [Double] = []
for number in 0..<8 {
  let time = try ContinuousClock().measure {
    _ = try executor.step([batch], learningRate: 1e-4, appliedSteps: number, key: key)
  }
  times.append(time / .seconds(1))
}
let entries = try step.profile()
let p = 12 * Double(l) * Double(d * d) + Double(v * d)
let flops = (6 * p + 12 * Double(l * d * t)) * Double(b * t)
let best = times.dropFirst(2).sorted()[(times.count - 2) / 2]
print(
  String(
    format: "median %.1f ms, %.1f GFLOP/s, workspace %.0f MB", best * 1e3, flops / best / 1e9,
    Double(step.workspaceByteCount) / 1e6))
let sum = entries.reduce(0) { $0 + $1.seconds }
for entry in entries.prefix(40) {
  print(
    String(
      format: "%7.2f ms %5.1f%% x%-4d %7.1f GFLOP/s  ", entry.seconds * 1e3, entry.seconds / sum * 100,
      entry.count, entry.flops / entry.seconds / 1e9) + entry.label)
}
