import Core
import Formats
import Foundation
import TestSupport
import Testing

/// Files of `torch.save` against what torch says is in them: Tools/golden/pytorch_files.py.
@Suite struct PyTorchTests {
  static func read(_ name: String) throws -> [UInt8] { try FileSystem.read(fixture("pytorch/\(name)"), limit: 1 << 20) }

  @Test(arguments: [2, 3, 4, 5]) func tensorsOfEveryProtocolAreTorchs(_ version: Int) throws {
    let file = try PyTorchFile(fixture("pytorch/protocol\(version).bin"))
    let expected = try SafetensorsFile(fixture("pytorch/expected.safetensors"))
    #expect(file.tensors.count == expected.tensors.count && file.tensors.count == 23)
    for tensor in file.tensors {
      let wanted = try #require(expected[tensor.name])
      #expect(tensor.shape == wanted.shape, "\(tensor.name)")
      #expect(tensor.count == wanted.count)
      if wanted.type == .f32 {
        #expect(try tensor.floats() == wanted.floats(), "\(tensor.name)")
      } else {
        #expect(try tensor.integers() == wanted.integers(), "\(tensor.name)")
      }
    }
    let types = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.type) })
    for (name, type) in ["f16": .f16, "bf16": .bf16, "f64": .f64, "i64": .i64, "i8": .i8, "bool": .bool]
      as [String: StoredType]
    {
      #expect(types[name] == type)
    }
    // Views of one storage are read where they lie, also those that are not in order.
    #expect(Set(file.tensors.filter { ["f32", "shared", "transposed"].contains($0.name) }.map(\.range)).count == 1)
    #expect(
      file.tensors.filter { $0.strides != nil }.map(\.name) == [
        "transposed", "column", "inner", "every_other", "permuted",
      ])
  }

  @Test func whatIsReadCanBeWrittenAsSafetensors() throws {
    let file = try PyTorchFile(fixture("pytorch/protocol2.bin"))
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      try SafetensorsWriter.write(file.tensors.map { TensorSource($0) }, to: path)
      let again = try SafetensorsFile(path)
      let transposed = try #require(file.tensors.first { $0.name == "transposed" })
      #expect(try again["transposed"]?.floats() == transposed.floats())
    }
  }

  @Test func modulesAndNestedDictionariesAreFound() throws {
    let module = try PyTorchFile(fixture("pytorch/module.bin"))
    let expected = try SafetensorsFile(fixture("pytorch/module.safetensors"))
    #expect(module.tensors.map(\.name) == ["0.weight", "0.bias", "1.weight", "1.bias"])
    for tensor in module.tensors { #expect(try tensor.floats() == expected[tensor.name]?.floats()) }
    #expect(try PyTorchFile(fixture("pytorch/nested.bin")).tensors.map(\.name) == ["a"])
  }

  @Test func foldersWithoutSafetensorsAreReadFromPyTorchsFiles() throws {
    let source = fixture("pytorch/gpt2")
    let expected = try WeightsFolder(source)
    try withTemporaryFolder { folder in
      for name in try FileSystem.list(source) where name != "model.safetensors" {
        try AtomicFile.write(FileSystem.read(joinPath(source, name), limit: 1 << 20), to: joinPath(folder, name))
      }
      for sharded in [false, true] {
        if sharded { try FileSystem.remove(folder + "/pytorch_model.bin") }
        let weights = try HuggingFaceFolder(folder).weights()
        #expect(weights.tensors.count == expected.tensors.count + 1)  // the head that is tied
        for tensor in expected.tensors { #expect(try weights[tensor.name]?.floats() == tensor.floats()) }
        #expect(try weights["lm_head.weight"]?.floats() == expected["transformer.wte.weight"]?.floats())
      }
      try FileSystem.remove(folder + "/pytorch_model-00002-of-00002.bin")
      let error = #expect(throws: MartletError.self) { try HuggingFaceFolder(folder).weights() }
      #expect(error?.message == "the index names pytorch_model-00002-of-00002.bin, which is not there")
    }
  }

  @Test(arguments: [
    ("hostile_system.bin", "refers to posix.system, which is no tensor"),
    ("hostile_eval.bin", "refers to builtins.eval, which is no tensor"),
    ("hostile_numpy.bin", "refers to numpy"), ("hostile_object.bin", "refers to collections.Counter"),
    ("legacy.pt", "of PyTorch's format before version 1.6"),
  ]) func moreThanTensorsIsRefusedByName(_ name: String, _ message: String) throws {
    let error = #expect(throws: MartletError.self) { try PyTorchFile(fixture("pytorch/\(name)")) }
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "accepted")")
    #expect(error?.place == fixture("pytorch/\(name)") && error?.remedy != nil)
  }
}
