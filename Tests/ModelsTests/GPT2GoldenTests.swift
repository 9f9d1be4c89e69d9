import Core
import Formats
import Foundation
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

/// Logits, loss and gradients of a small GPT-2 against PyTorch's.
@Suite struct GPT2GoldenTests {
  let model: ModelFolder
  let first: SafetensorsFile
  let masked: SafetensorsFile
  let manifest: JSONFields

  init() throws {
    model = try ModelFolder(fixture("gpt2"))
    first = try SafetensorsFile(fixture("gpt2/first_step.safetensors"))
    masked = try SafetensorsFile(fixture("gpt2/masked.safetensors"))
    manifest = try JSONFields(file: fixture("gpt2/manifest.json"))
  }

  /// Tokens and targets of training step `step`, three sequences of 16.
  private func batch(_ step: Int) throws -> (tokens: [Int32], targets: [Int32]) {
    let all = try #require(first["batches"]).integers().map(Int32.init)
    let rows = (0..<3).map { Array(all[(step * 3 + $0) * 17..<(step * 3 + $0 + 1) * 17]) }
    return (rows.flatMap { $0.dropLast() }, rows.flatMap { $0.dropFirst() })
  }

  private func run(_ batch: (tokens: [Int32], targets: [Int32]), recompute: Bool, on backend: any Backend) throws
    -> [String: [Float]]
  {
    let executable = try backend.compile(
      lossProgram(model.decoder(), batch: batch.tokens.count / 16, length: 16).optimized(recompute: recompute),
      states: model.loadParameters(on: backend))
    executable.input("tokens")?.write(batch.tokens)
    executable.input("targets")?.write(batch.targets)
    try executable.run()
    return Dictionary(
      uniqueKeysWithValues: executable.program.outputs.map {
        ($0.name, executable.output($0.name)?.read(as: Float.self) ?? [])
      })
  }

  @Test(arguments: TestBackend.all, [false, true])
  func logitsLossAndAllGradientsArePyTorchs(_ backend: TestBackend, _ recompute: Bool) throws {
    let outputs = try run(batch(0), recompute: recompute, on: backend.backend)
    #expect(try relativeDifference(#require(outputs["logits"]), #require(first["logits"]).floats()) < 1e-5)
    let losses = try #require(manifest.fields("steps").object["losses"]?.arrayValue).compactMap(\.doubleValue)
    #expect(abs(Double(try #require(outputs["loss"]?.first)) / losses[0] - 1) < 1e-5)
    let names = outputs.keys.filter { $0.hasPrefix("gradient.") }
    #expect(names.count == first.tensors.count - 2)
    for name in names {
      let expected = try #require(first[name]).floats()
      #expect(relativeDifference(try #require(outputs[name]), expected) < 1e-4, "\(name)")
    }
  }

  @Test(arguments: TestBackend.all) func maskedTargetsDoNotCount(_ backend: TestBackend) throws {
    let tokens = try #require(masked["tokens"]).integers().map(Int32.init)
    let targets = try #require(masked["targets"]).integers().map(Int32.init)
    let lengths = try #require(masked["lengths"]).integers()
    let outputs = try run((tokens, targets), recompute: false, on: backend.backend)
    let loss = try manifest.fields("masked").number("loss")
    #expect(abs(Double(try #require(outputs["loss"]?.first)) / loss - 1) < 1e-5)
    for tensor in masked.tensors where tensor.name.hasPrefix("gradient.") {
      #expect(try relativeDifference(#require(outputs[tensor.name]), tensor.floats()) < 1e-4, "\(tensor.name)")
    }
    // Tokens before the padding do not see it, with or without a mask.
    let (logits, expected) = (try #require(outputs["logits"]), try #require(masked["logits"]).floats())
    for (row, length) in lengths.enumerated() {
      let range = row * 16 * 61..<(row * 16 + length) * 61
      #expect(relativeDifference(logits[range], expected[range]) < 1e-5)
    }
  }
}
