import Core
import Formats
import Foundation
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

/// Adapters against `peft`: Tools/golden/adapters.py.
@Suite struct AdapterGoldenTests {
  static let names = ["gpt2", "llama", "bert", "distilbert"]

  /// A recorded model with its adapter.
  struct Golden {
    let base, path: String
    let adapter: AdapterFolder
    let configuration: any PretrainedConfiguration
    let expected: SafetensorsFile
    /// The adaptation of the folder, with all names written out.
    let lora: LoRA

    init(_ name: String) throws {
      base = fixture("adapters/\(name)/base")
      path = fixture("adapters/\(name)/adapter")
      adapter = try AdapterFolder(path)
      expected = try SafetensorsFile(fixture("adapters/\(name)/expected.safetensors"))
      configuration = try ModelFolder(path).configuration
      let names = adapter.tensors.map { String($0.name.dropFirst(AdapterFolder.prefix.count)) }
      lora = LoRA(
        rank: try adapter.configuration.fields.integer("r"), alpha: adapter.alpha,
        isRankStabilized: adapter.isRankStabilized,
        targets: names.filter { $0.hasSuffix(LoRA.names.a) }.map {
          NamePattern(String($0.dropLast(LoRA.names.a.count + 1)))
        },
        modulesToSave: names.filter { !LoRA.isAdapter($0) }.map { NamePattern($0) })
    }

    func floats(_ name: String) throws -> [Float] { try #require(expected[name]).floats() }

    /// The parameters of the base, and those of the adapter beside them.
    func separateParameters(on backend: any Backend) throws -> [String: any Buffer] {
      var buffers: [String: any Buffer] =
        try (configuration as? any EncoderConfiguration).map {
          try ModelFolder(base).loadParameters(for: $0, key: RandomKey(seed: 1), on: backend)
        } ?? ModelFolder(base).loadParameters(on: backend)
      for tensor in adapter.tensors {
        let buffer = try backend.makeBuffer(TensorType(tensor.shape))
        buffer.write(try tensor.floats())
        buffers[String(tensor.name.dropFirst(AdapterFolder.prefix.count))] = buffer
      }
      return buffers
    }

    /// The parameters with the adapter merged into them.
    func mergedParameters(on backend: any Backend) throws -> [String: any Buffer] {
      try ModelFolder(path).loadParameters(on: backend)
    }

    /// The logits, the loss, and the gradients of what is trained.
    func run(
      _ adaptation: Adaptation, _ parameters: [String: any Buffer], on backend: any Backend
    ) throws -> [String: [Float]] {
      let tokens = try #require(expected["tokens"])
      let (rows, width) = (tokens.shape[0], tokens.shape[1])
      let isDecoder = expected["labels"] == nil
      let program = try Trace.program { trace in
        let scope = Scope(trace, adaptation: adaptation)
        let input = trace.input("tokens", TensorType([rows, isDecoder ? width - 1 : width], .i32))
        let targets = trace.input("targets", TensorType(isDecoder ? [rows, width - 1] : [rows], .i32))
        let logits, losses: Tensor
        if let encoder = configuration as? any EncoderConfiguration {
          let model = encoder.model(scope)
          let padded = EncoderInput(tokens: input, lengths: trace.input("lengths", TensorType([rows], .i32)))
          (logits, losses) = (model.logits(padded), model.losses(padded, targets: targets))
        } else {
          let model = try #require(configuration as? any LanguageModelConfiguration).model(scope)
          (logits, losses) = (model.logits(input), model.losses(input, targets))
        }
        trace.output("logits", logits)
        let loss = losses.mean(over: targets.countedTargets())
        trace.output("loss", loss)
        let trained = scope.parameters.filter(\.isTrained)
        let states = trained.map { trace.state($0.name, $0.type) }
        for (parameter, gradient) in zip(trained, gradients(of: loss, by: states)) {
          trace.output("gradient.\(parameter.name)", gradient)
        }
      }
      let executable = try backend.compile(program.optimized(), states: parameters)
      let all = try tokens.integers().map(Int32.init)
      let split = (0..<rows).map { all[$0 * width..<($0 + 1) * width] }
      executable.input("tokens")?.write(isDecoder ? split.flatMap { $0.dropLast() } : all)
      executable.input("targets")?
        .write(
          isDecoder ? split.flatMap { $0.dropFirst() } : try #require(expected["labels"]).integers().map(Int32.init))
      executable.input("lengths")?.write(try expected["lengths"]?.integers().map(Int32.init) ?? [])
      try executable.run()
      return Dictionary(
        uniqueKeysWithValues: program.outputs.map {
          ($0.name, executable.output($0.name)?.read(as: Float.self) ?? [])
        })
    }
  }

  @Test(arguments: names, TestBackend.all)
  func logitsLossAndGradientsOfAdaptersAreThoseOfPEFT(_ name: String, _ backend: TestBackend) throws {
    let golden = try Golden(name)
    let outputs = try golden.run(
      Adaptation(lora: golden.lora), golden.separateParameters(on: backend.backend), on: backend.backend)
    for key in ["logits", "loss"] {
      #expect(try relativeDifference(#require(outputs[key]), golden.floats(key)) < 1e-5, "\(key)")
    }
    let gradients = golden.expected.tensors.map(\.name).filter { $0.hasPrefix("gradient.") }
    #expect(Set(gradients) == Set(outputs.keys.filter { $0.hasPrefix("gradient.") }))
    #expect(gradients.count == golden.adapter.tensors.count && !gradients.isEmpty)
    for key in gradients {
      let (found, expected) = (try #require(outputs[key]), try golden.floats(key))
      let isFlat = expected.allSatisfy { abs($0) < 1e-6 }
      #expect(isFlat ? found.allSatisfy { abs($0) < 1e-5 } : relativeDifference(found, expected) < 1e-4, "\(key)")
    }
  }

  @Test(arguments: names, TestBackend.all)
  func foldersOfAdaptersAreReadMerged(_ name: String, _ backend: TestBackend) throws {
    let golden = try Golden(name)
    let parameters = try golden.mergedParameters(on: backend.backend)
    let merged = golden.expected.tensors.filter { $0.name.hasPrefix("merged.") }
    #expect(merged.count == golden.lora.targets.count)
    for tensor in merged {
      let values = try #require(parameters[String(tensor.name.dropFirst(7))]).read(as: Float.self)
      #expect(try relativeDifference(values, tensor.floats()) < 1e-6, "\(tensor.name)")
    }
    let outputs = try golden.run(Adaptation(), parameters, on: backend.backend)
    #expect(try relativeDifference(#require(outputs["logits"]), golden.floats("logits")) < 1e-5)
  }

  /// What is written is read again; where `MARTLET_WRITE_ADAPTERS` names a folder, Tools/golden/adapters.py checks there what
  /// `peft` and `transformers` make of it.
  @Test(arguments: names) func whatIsWrittenIsReadAgain(_ name: String) throws {
    let golden = try Golden(name)
    let backend = TestBackend.all[0].backend
    func check(_ folder: String) throws {
      let parameters = try golden.configuration.parameters(Adaptation(lora: golden.lora))
      let description = AdapterFolder.configuration(
        golden.lora, of: golden.configuration, parameters, base: golden.base)
      let path = joinPath(folder, "adapter")
      try FileSystem.createFolder(path)
      try description.write(to: joinPath(path, AdapterFolder.configurationName))
      try SafetensorsWriter.write(
        golden.adapter.tensors.map { TensorSource($0) }, to: joinPath(path, AdapterFolder.weightsName))
      // Once more, as an export does it.
      try AdapterFolder(path).write(to: path, golden.configuration, base: golden.base)
      let again = try HuggingFaceFolder(path)
      #expect(again.base == golden.base)
      #expect(again.adapter?.tensors.map(\.name).sorted() == golden.adapter.tensors.map(\.name).sorted())
      #expect(try again.adapter?.configuration.fields.strings("target_modules").count == golden.lora.targets.count)

      let merged = joinPath(folder, "merged")
      try ModelFolder.merge(base: golden.base, adapter: path, to: merged, on: backend, shardLimit: 2000)
      #expect(try FileSystem.list(merged).contains("model.safetensors.index.json"))
      let whole =
        golden.configuration is any EncoderConfiguration
        ? try ModelFolder(merged).loadParameters(on: backend) : try ModelFolder(merged).loadParameters(on: backend)
      for (name, buffer) in try golden.mergedParameters(on: backend) {
        #expect(try #require(whole[name]).read(as: Float.self) == buffer.read(as: Float.self), "\(name)")
      }
    }
    if let folder = ProcessInfo.processInfo.environment["MARTLET_WRITE_ADAPTERS"] {
      try check(joinPath(folder, name))
    } else {
      try withTemporaryFolder { try check(joinPath($0, name)) }
    }
  }

  /// A changed key of `adapter_config.json`, and what is said of it.
  @Test(
    arguments: [
      (["peft_type": .string("PREFIX_TUNING")], "peft_type is PREFIX_TUNING"),
      (["use_dora": .bool(true)], "use_dora is set"),
      (["bias": .string("all")], "bias is all"),
      (["rank_pattern": .object(["c_fc": .integer(4)])], "rank_pattern is set"),
      (["init_lora_weights": .string("pissa")], "init_lora_weights is pissa"),
      (["lora_alpha": .string("x")], "key lora_alpha must be a number"),
      (["base_model_name_or_path": .string("gpt2-large")], "is no folder here"),
      (["base_model_name_or_path": .null], "is no folder here"),
    ] as [(JSONObject, String)]) func otherAdaptersAreRefused(_ keys: JSONObject, _ message: String) throws
  {
    let golden = try Golden("gpt2")
    try withTemporaryFolder { folder in
      try golden.adapter.write(to: folder, golden.configuration, base: golden.base)
      var description = golden.adapter.configuration
      for (key, value) in keys.members { description.object[key] = value }
      try description.write(to: joinPath(folder, AdapterFolder.configurationName))
      let error = #expect(throws: MartletError.self) { try ModelFolder(folder) }
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "accepted")")
      #expect(error?.place?.hasSuffix(AdapterFolder.configurationName) == true && error?.remedy != nil)
    }
  }

  @Test func tensorsThatDoNotFitAreRefused() throws {
    let golden = try Golden("gpt2")
    let layer = AdapterFolder.prefix + "transformer.h.0.attn.c_attn."
    func message(_ tensors: [TensorSource]) throws -> String? {
      try withTemporaryFolder { folder in
        try golden.adapter.write(to: folder, golden.configuration, base: golden.base)
        try SafetensorsWriter.write(tensors, to: joinPath(folder, AdapterFolder.weightsName))
        do {
          _ = try ModelFolder(folder).loadParameters(on: TestBackend.all[0].backend)
          return nil
        } catch { return (error as? MartletError)?.message }
      }
    }
    func tensor(_ name: String, _ shape: [Int]) -> TensorSource {
      TensorSource(name: name, shape: shape, floats: [Float](repeating: 0, count: shape.reduce(1, *)))
    }
    let a = tensor(layer + "lora_A.weight", [2, 8])
    #expect(try message([a, tensor(layer + "lora_B.weight", [24, 2])]) == nil)
    #expect(try message([a])?.contains("has only one of its two matrices") == true)
    for shape in [[24, 3], [8, 2], [2, 24], [48]] {
      #expect(
        try message([a, tensor(layer + "lora_B.weight", shape)])?.contains("for a layer of 8 inputs and 24") == true)
    }
    #expect(try message([tensor("h.0.weight", [1])])?.contains("does not begin with base_model.model.") == true)
    #expect(
      try message([tensor(AdapterFolder.prefix + "transformer.wte.lora_embedding_A", [2, 31])])?
        .contains("no part of a linear layer's adapter") == true)
    let far = AdapterFolder.prefix + "transformer.h.9.attn.c_attn."
    #expect(
      try message([tensor(far + "lora_A.weight", [2, 8]), tensor(far + "lora_B.weight", [24, 2])])?
        .contains("the model has no place for") == true)
    #expect(
      try message([tensor(AdapterFolder.prefix + "transformer.ln_f.bias", [9])])?.contains("is of [9]") == true)
  }
}
