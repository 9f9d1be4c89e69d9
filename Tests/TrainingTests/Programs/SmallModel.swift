import CPUBackend
import Core
import Formats
import Layers
import Models
import TensorGraph
import TestSupport
import Testing
import Training

/// The golden GPT-2 and its batches.
struct GoldenGPT2 {
  let folder: ModelFolder
  let first: SafetensorsFile
  let manifest: JSONFields

  init() throws {
    folder = try ModelFolder(fixture("gpt2"))
    first = try SafetensorsFile(fixture("gpt2/first_step.safetensors"))
    manifest = try JSONFields(file: fixture("gpt2/manifest.json"))
  }

  /// The batch of a step, as one of three rows or three of one.
  func batches(_ step: Int, rows: Int) throws -> [TrainingExecutor.Batch] {
    let all = try #require(first["batches"]).integers().map(Int32.init)
    return stride(from: 0, to: 3, by: rows).map { start in
      let texts = (start..<start + rows).map { Array(all[(step * 3 + $0) * 17..<(step * 3 + $0 + 1) * 17]) }
      return TrainingExecutor.Batch(tokens: texts.flatMap { $0.dropLast() }, targets: texts.flatMap { $0.dropFirst() })
    }
  }

  /// The training of the golden file.
  func executor(
    batchSize: Int, accumulates: Bool = false, recomputes: Bool = false, on backend: any Backend
  ) throws -> TrainingExecutor {
    let settings = TrainingPrograms.Settings(
      batchSize: batchSize, sequenceLength: 16, optimizer: .adamW(beta1: 0.9, beta2: 0.95, weightDecay: 0.1),
      maximumGradientNorm: 2, recomputes: recomputes, accumulates: accumulates)
    let programs = try TrainingPrograms(settings) { try folder.decoder().model($0).losses($1, $2) }
    return try TrainingExecutor(programs, on: backend, states: folder.loadParameters(on: backend))
  }
}

/// A tiny GPT-2 with dropout, and batches for it.
struct SmallModel {
  static let length = 6
  let configuration: GPT2Configuration

  init(dropout: Double = 0) throws {
    configuration = try GPT2Configuration(
      JSONFields(
        [
          "vocab_size": .integer(11), "n_positions": .integer(8), "n_embd": .integer(8), "n_layer": .integer(2),
          "n_head": .integer(2), "resid_pdrop": .double(dropout), "embd_pdrop": .double(dropout),
          "attn_pdrop": .double(dropout),
        ], file: "config.json"))
  }

  func executor(
    batchSize: Int = 2, optimizer: Optimizer = .adamW(weightDecay: 0.1), accumulates: Bool = false,
    recomputes: Bool = false, averageDecay: Double? = nil, on backend: any Backend
  ) throws -> TrainingExecutor {
    let settings = TrainingPrograms.Settings(
      batchSize: batchSize, sequenceLength: Self.length, optimizer: optimizer, recomputes: recomputes,
      accumulates: accumulates, averageDecay: averageDecay)
    let programs = try TrainingPrograms(settings) { configuration.model($0).losses($1, $2) }
    return try TrainingExecutor(
      programs, on: backend, states: backend.makeParameters(programs.parameters, key: RandomKey(seed: 5)))
  }

  /// A batch of random tokens; `masked` of the targets, from the first on, do not count.
  func batch(_ number: UInt64, size: Int = 2, masked: Int = 0) -> TrainingExecutor.Batch {
    var stream = RandomStream(RandomKey(seed: 77).numbered(number))
    let count = size * Self.length
    let tokens = (0..<count).map { _ in Int32.random(in: 0..<11, using: &stream) }
    let targets = (0..<count).map { $0 < masked ? -100 : Int32.random(in: 0..<11, using: &stream) }
    return TrainingExecutor.Batch(tokens: tokens, targets: targets)
  }
}

extension TrainingExecutor {
  /// The bits of all states.
  var snapshot: [String: [UInt32]] { states.mapValues { $0.read(as: UInt32.self) } }

  /// The values of a state.
  func values(_ name: String) throws -> [Float] { try #require(states[name]).read(as: Float.self) }

  /// The largest relative difference of a parameter from another training's.
  func difference(from other: TrainingExecutor) throws -> Double {
    try programs.parameters.map { try relativeDifference(values($0.name), other.values($0.name)) }.max() ?? 0
  }
}
