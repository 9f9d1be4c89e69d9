import Core
import Formats
import Foundation
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

/// Encoders with each head against `transformers`: Tools/golden/encoders.py.
@Suite struct EncoderGoldenTests {
  static let names = ((try? FileSystem.list(fixture("encoders"))) ?? []).filter { !$0.hasSuffix(".json") }.sorted()

  @Test func everyFamilyHasEachTask() throws {
    var found: [String: Set<EncoderTask>] = [:]
    for name in Self.names {
      let configuration = try EncoderGolden(name).folder.encoder()
      found[type(of: configuration).modelType, default: []].insert(configuration.task)
    }
    #expect(Set(found.keys) == Set(ModelFamilies.encoders.map { $0.modelType }))
    #expect(found.values.allSatisfy { $0 == Set(EncoderTask.allCases) })
  }

  @Test(arguments: names, TestBackend.all)
  func numbersLossAndAllGradientsAreThoseOfTransformers(_ name: String, _ backend: TestBackend) throws {
    let golden = try EncoderGolden(name)
    let outputs = try golden.run(on: backend.backend)
    for (key, values) in outputs where !key.hasPrefix("gradient.") {
      let expected = golden.withoutPadding(try golden.floats(key))
      #expect(relativeDifference(golden.withoutPadding(values), expected) < 1e-5, "\(key)")
    }
    let parameters = try golden.folder.configuration.parameters
    #expect(golden.expected.tensors.count { $0.name.hasPrefix("gradient.") } == parameters.count)
    for parameter in parameters {
      let key = "gradient.\(parameter.name)"
      let (found, expected) = (try #require(outputs[key]), try golden.floats(key))
      // Where the loss does not depend on a parameter, rounding is all that there is.
      let isFlat = expected.allSatisfy { abs($0) < 1e-6 }
      #expect(isFlat ? found.allSatisfy { abs($0) < 1e-5 } : relativeDifference(found, expected) < 1e-4, "\(key)")
    }
  }

  /// Folders that are written are read again; where `MARTLET_WRITE_ENCODERS` names a folder, Tools/golden/encoders.py
  /// checks there what `transformers` makes of them.
  @Test(arguments: names) func whatIsSavedIsReadAgain(_ name: String) throws {
    let golden = try EncoderGolden(name)
    let backend = TestBackend.all[0].backend
    let parameters = try golden.folder.loadParameters(on: backend)
    func check(_ folder: String) throws {
      try ModelFolder.write(golden.folder.configuration, parameters: parameters, to: folder)
      let again = try ModelFolder(folder)
      let (one, other) = try (again.encoder(), golden.folder.encoder())
      #expect(one.task == other.task && one.labels == other.labels)
      let loaded = try again.loadParameters(on: backend)
      #expect(loaded.count == parameters.count)
      for (name, buffer) in parameters {
        #expect(try #require(loaded[name]).read(as: Float.self) == buffer.read(as: Float.self), "\(name)")
      }
    }
    if let folder = ProcessInfo.processInfo.environment["MARTLET_WRITE_ENCODERS"] {
      try check(joinPath(folder, name))
    } else {
      try withTemporaryFolder { try check(joinPath($0, name)) }
    }
  }

  @Test(arguments: TestBackend.all) func onlyTheWordsBehindMasksAreComputedWhereTheirNumberIsGiven(
    _ backend: TestBackend
  ) throws {
    let golden = try EncoderGolden("bert_words")
    let length = golden.shape[1]
    let targets = try #require(golden.expected["targets"]).integers()
    let most =
      (0..<golden.shape[0]).map { row in
        targets[row * length..<(row + 1) * length].count { $0 >= 0 }
      }.max() ?? 0
    #expect(most < length / 2)
    // Room for more words than there are, for all tokens, and for more than all.
    for room in [most, most + 2, length, length + 5] {
      let program = try Trace.program { trace in
        let scope = Scope(trace)
        let model = try golden.folder.encoder().model(scope)
        let targets = trace.input("targets", TensorType(golden.shape, .i32))
        let losses = model.losses(golden.input(trace), targets: targets, mostOfText: room)
        #expect(losses.shape == [golden.shape[0] * min(room, length)])
        let loss = losses.mean(over: targets.countedTargets())
        trace.output("loss", loss)
        let states = scope.parameters.map { trace.state($0.name, $0.type) }
        for (parameter, gradient) in zip(scope.parameters, gradients(of: loss, by: states)) {
          trace.output("gradient.\(parameter.name)", gradient)
        }
      }
      for (key, values) in try golden.run(program, on: backend.backend) where key == "loss" || golden.isSteep(key) {
        #expect(try relativeDifference(values, golden.floats(key)) < 1e-4, "\(key)")
      }
    }
  }
}

/// A recorded model and what `transformers` says of it.
struct EncoderGolden {
  let folder: ModelFolder
  let expected: SafetensorsFile
  /// Sequences and their length, padding included.
  let shape: [Int]
  let lengths: [Int]

  init(_ name: String) throws {
    folder = try ModelFolder(fixture("encoders/\(name)"))
    expected = try SafetensorsFile(fixture("encoders/\(name)/expected.safetensors"))
    shape = try #require(expected["tokens"]).shape
    lengths = try #require(expected["lengths"]).integers()
  }

  func floats(_ name: String) throws -> [Float] { try #require(expected[name]).floats() }

  /// Whether the loss depends on a parameter's gradient at all.
  func isSteep(_ key: String) -> Bool { (try? floats(key).contains { abs($0) > 1e-6 }) ?? false }

  /// The numbers of tokens `[B, T, ...]` without those of padding; others as they are.
  func withoutPadding(_ values: [Float]) -> [Float] {
    let (count, isForTokens) = (shape[0] * shape[1], ![.textLabels, .embeddings].contains(try? folder.encoder().task))
    guard isForTokens, values.count >= count else { return values }
    let size = values.count / count
    return (0..<count).filter { $0 % shape[1] < lengths[$0 / shape[1]] }
      .flatMap { values[$0 * size..<($0 + 1) * size] }
  }

  func input(_ trace: Trace) -> EncoderInput {
    EncoderInput(
      tokens: trace.input("tokens", TensorType(shape, .i32)),
      tokenTypes: expected["types"].map { _ in trace.input("types", TensorType(shape, .i32)) },
      lengths: trace.input("lengths", TensorType([shape[0]], .i32)))
  }

  /// Runs the model of the folder on the recorded batch: its numbers, the loss and all gradients.
  func run(on backend: any Backend) throws -> [String: [Float]] {
    let program = try Trace.program { trace in
      let scope = Scope(trace)
      let model = try folder.encoder().model(scope)
      let input = input(trace)
      func targets(_ name: String) -> Tensor {
        trace.input(name, TensorType(expected[name]?.shape ?? [], .i32))
      }
      let loss: Tensor
      switch try folder.encoder().task {
      case .embeddings:
        let (mean, first) = (model.embeddings(input, .mean), model.embeddings(input, .first))
        trace.output("mean", mean)
        trace.output("first", first)
        loss = mean.contrastiveLosses(first).sum() * (1 / Double(shape[0]))
      case .spans:
        trace.output("logits", model.logits(input))
        loss = model.spanLosses(input, starts: targets("starts"), ends: targets("ends")).sum() * (1 / Double(shape[0]))
      default:
        trace.output("logits", model.logits(input))
        let targets = targets("targets")
        loss = model.losses(input, targets: targets).mean(over: targets.countedTargets())
      }
      trace.output("loss", loss)
      let states = scope.parameters.map { trace.state($0.name, $0.type) }
      for (parameter, gradient) in zip(scope.parameters, gradients(of: loss, by: states)) {
        trace.output("gradient.\(parameter.name)", gradient)
      }
    }
    return try run(program, on: backend)
  }

  func run(_ program: Program, on backend: any Backend) throws -> [String: [Float]] {
    let executable = try backend.compile(program.optimized(), states: folder.loadParameters(on: backend))
    for name in ["tokens", "types", "lengths", "targets", "starts", "ends"] {
      guard let tensor = expected[name] else { continue }
      executable.input(name)?.write(try tensor.integers().map(Int32.init))
    }
    try executable.run()
    var outputs: [String: [Float]] = [:]
    for name in program.outputs.map(\.name) {
      outputs[name] = try #require(executable.output(name)).read(as: Float.self)
    }
    return outputs
  }
}
