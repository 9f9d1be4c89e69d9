import Core
import Formats
import Foundation
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

@Suite struct ModelFolderTests {
  /// Calls `body` with a copy of the golden model's folder whose tensors went through `change`.
  private func withFolder(
    _ change: (inout [TensorSource]) throws -> Void, _ body: (String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      var sources = try SafetensorsFile(fixture("gpt2/model.safetensors")).tensors.map { TensorSource($0) }
      try change(&sources)
      try SafetensorsWriter.write(sources, to: folder + "/model.safetensors")
      try FileManager.default.copyItem(atPath: fixture("gpt2/config.json"), toPath: folder + "/config.json")
      try body(folder)
    }
  }

  private func expectMismatch(_ message: String, _ change: (inout [TensorSource]) throws -> Void) throws {
    try withFolder(change) { folder in
      #expect {
        try ModelFolder(folder).loadParameters(on: ReferenceBackend())
      } throws: {
        ($0 as? MartletError)?.message == message && ($0 as? MartletError)?.place == folder
      }
    }
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let golden = try ModelFolder(fixture("gpt2"))
    let parameters = try golden.loadParameters(on: ReferenceBackend())
    try withTemporaryFolder { folder in
      try ModelFolder.write(golden.configuration, parameters: parameters, to: folder + "/new")
      let copy = try ModelFolder(folder + "/new")
      let read = try copy.loadParameters(on: ReferenceBackend())
      #expect(read.count == 28)
      for (name, buffer) in parameters {
        #expect(read[name]?.read(as: Float.self) == buffer.read(as: Float.self), "\(name)")
      }
      let object = try copy.folder.configuration().object
      #expect(object["architectures"] == .array([.string("GPT2LMHeadModel")]))
      #expect(object["dtype"]?.stringValue == "float32")
      for key in golden.configuration.object.keys { #expect(object[key] == golden.configuration.object[key], "\(key)") }
      #expect(try copy.folder.generationConfiguration()?.object["eos_token_id"]?.integerValue == 0)
      #expect(try SafetensorsFile(folder + "/new/model.safetensors").metadata == ["format": "pt"])
    }
  }

  @Test func oldNamesMasksAndTiedHeadsAreUnderstood() throws {
    let rename: (inout [TensorSource]) throws -> Void = { sources in
      let file = try SafetensorsFile(fixture("gpt2/model.safetensors"))
      sources = file.tensors.map { TensorSource($0, name: String($0.name.dropFirst("transformer.".count))) }
      sources.append(TensorSource(name: "h.0.attn.bias", shape: [1, 1, 2, 2], floats: [1, 0, 1, 1]))
      sources.append(TensorSource(name: "h.0.attn.masked_bias", shape: [], floats: [-1e4]))
      sources.append(TensorSource(try #require(file["transformer.wte.weight"]), name: "lm_head.weight"))
    }
    try withFolder(rename) { folder in
      let read = try ModelFolder(folder).loadParameters(on: ReferenceBackend())
      let expected = try ModelFolder(fixture("gpt2")).loadParameters(on: ReferenceBackend())
      #expect(read.count == expected.count)
      for (name, buffer) in expected { #expect(read[name]?.read(as: Float.self) == buffer.read(as: Float.self)) }
    }
  }

  @Test func tensorsThatDoNotFitAreNamed() throws {
    func zeros(_ name: String, _ shape: [Int]) -> TensorSource {
      TensorSource(name: name, shape: shape, floats: [Float](repeating: 0, count: shape.reduce(1, *)))
    }
    try expectMismatch(#"the weights lack "transformer.ln_f.weight", "transformer.ln_f.bias""#) { sources in
      sources.removeAll { $0.name.contains("ln_f") }
    }
    try expectMismatch(#"the model has no place for "transformer.h.2.ln_1.bias""#) {
      $0.append(zeros("transformer.h.2.ln_1.bias", [32]))
    }
    try expectMismatch(
      #"tensor "transformer.wpe.weight" has the shape [12, 64], config.json needs [24, 32]"#
    ) { sources in
      sources.removeAll { $0.name == "transformer.wpe.weight" }
      sources.append(zeros("transformer.wpe.weight", [12, 64]))
    }
    try expectMismatch(#"the tensors "ln_f.bias" and "transformer.ln_f.bias" are for the same parameter"#) {
      $0.append(zeros("ln_f.bias", [32]))
    }
    try expectMismatch(
      #"the weights lack "transformer.wpe.weight", "transformer.h.0.ln_1.weight", "transformer.h.0.ln_1.bias", "#
        + #""transformer.h.0.attn.c_attn.weight", "transformer.h.0.attn.c_attn.bias" and 22 more"#
    ) { sources in sources.removeAll { !$0.name.contains("wte") } }
  }

  @Test func writingNeedsAllParameters() throws {
    let golden = try ModelFolder(fixture("gpt2"))
    var parameters = try golden.loadParameters(on: ReferenceBackend())
    parameters["transformer.ln_f.bias"] = nil
    try withTemporaryFolder { folder in
      #expect {
        try ModelFolder.write(golden.configuration, parameters: parameters, to: folder)
      } throws: {
        ($0 as? MartletError)?.message == "the parameter 'transformer.ln_f.bias' has no values of type f32[32]"
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/config.json"))
    }
  }
}
