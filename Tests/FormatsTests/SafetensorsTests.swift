import Core
import Formats
import Foundation
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  @Test func readsEveryTypeThatThePythonLibraryWrites() throws {
    let file = try SafetensorsFile(fixture("safetensors/types.safetensors"))
    let manifest = try JSONFields(file: fixture("safetensors/manifest.json")).fields("tensors")
    #expect(file.metadata == ["format": "pt"])
    #expect(Set(file.tensors.map(\.name)) == Set(manifest.object.keys))
    for name in manifest.object.keys {
      let tensor = try #require(file[name])
      let expected = try manifest.fields(name)
      let values = try #require(expected.object["values"]?.arrayValue)
      #expect(tensor.shape == expected.object["shape"]?.arrayValue?.compactMap(\.integerValue))
      #expect(tensor.count == values.count)
      switch tensor.type {
      case .f32, .f16, .bf16, .f64:
        // Null stands for a number beyond single precision.
        #expect(try tensor.floats().map(\.bitPattern) == values.map { Float($0.doubleValue ?? .infinity).bitPattern })
        #expect(throws: MartletError.self) { try tensor.integers() }
      default:
        #expect(try tensor.integers() == values.compactMap(\.integerValue))
        #expect(throws: MartletError.self) { try tensor.floats() }
      }
    }
    #expect(file["none"] == nil)
  }

  @Test func writesTheBytesThatThePythonLibraryWrites() throws {
    let path = fixture("safetensors/types.safetensors")
    let file = try SafetensorsFile(path)
    try withTemporaryFolder { folder in
      let sources = file.tensors.shuffled().map { TensorSource($0) }
      let receipt = try SafetensorsWriter.write(sources, to: folder + "/a.safetensors", hashing: true)
      let bytes = try FileSystem.read(folder + "/a.safetensors", limit: 10_000)
      let original = try FileSystem.read(path, limit: 10_000)
      #expect(bytes == original)
      #expect(receipt.sha256 == SHA256.hash(bytes).hex)
      let size = try SafetensorsWriter.fileSize(of: sources)
      #expect(size == bytes.count)
    }
  }

  @Test func readsAndWritesShardedFolders() throws {
    let golden = try WeightsFolder(fixture("safetensors/sharded"))
    #expect(golden.tensors.count == 4)
    #expect(try golden["layer.3.weight"]?.floats() == (300..<330).map(Float.init))
    try withTemporaryFolder { folder in
      let sources = golden.tensors.map { TensorSource($0) }
      try SafetensorsWriter.writeFolder(sources, to: folder, shardLimit: 250)
      let names = [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
      ]
      #expect(try FileSystem.list(folder) == names)
      for name in names {
        let ours = try FileSystem.read(folder + "/" + name, limit: 10_000)
        let theirs = try FileSystem.read(fixture("safetensors/sharded/" + name), limit: 10_000)
        #expect(ours == theirs + (name.hasSuffix(".json") ? [0x0A] : []))
      }
      // One file replaces the shards, and shards the one file.
      try SafetensorsWriter.writeFolder(sources, to: folder)
      #expect(try FileSystem.list(folder) == ["model.safetensors"])
      #expect(try WeightsFolder(folder)["layer.1.weight"]?.floats() == golden["layer.1.weight"]?.floats())
      try SafetensorsWriter.writeFolder(sources, to: folder, shardLimit: 1)
      #expect(try FileSystem.list(folder).count == 5)
      #expect(try WeightsFolder(folder).tensors.count == 4)
    }
  }

  @Test(arguments: [
    (#"{"weight_map": {"a": "../model.safetensors"}}"#, "which is no .safetensors file of this folder"),
    (#"{"weight_map": {"a": "/etc/passwd"}}"#, "which is no .safetensors file of this folder"),
    (#"{"weight_map": {"a": "x\\y.safetensors"}}"#, "which is no .safetensors file of this folder"),
    (#"{"weight_map": {"a": "x\u0000.safetensors"}}"#, "which is no .safetensors file of this folder"),
    (#"{"weight_map": {"a": "none.safetensors"}}"#, "the index names none.safetensors, which is not there"),
    (#"{"weight_map": {"z": "one.safetensors"}}"#, "tensor \"z\" is not in one.safetensors"),
    (#"{"weight_map": {"a": "one.safetensors", "a": "one.safetensors"}}"#, "tensor \"a\" comes twice in weight_map"),
    (#"{"weight_map": {"a": 1}}"#, "weight_map must name a file for tensor \"a\""),
    (#"{"weight_map": []}"#, "expected '{', found '['"),
    (#"{"weight_map": {}, "weight_map": {}}"#, "weight_map comes twice"),
    (#"{"metadata": {}}"#, "key weight_map must be an object, it is missing"),
    (#"{"weight_map": {"a": "one.safetensors""#, "expected '}', found the end of the text"),
    ("[]", "expected '{', found '['"),
  ]) func refusesBadIndexes(index: String, message: String) throws {
    try withTemporaryFolder { folder in
      try SafetensorsWriter.write(
        [TensorSource(name: "a", shape: [1], floats: [1])], to: folder + "/one.safetensors")
      try AtomicFile.write(index, to: folder + "/model.safetensors.index.json")
      let error = #expect(throws: MartletError.self) { try WeightsFolder(folder) }
      #expect(error?.message.contains(message) == true, "\(String(describing: error?.message))")
      #expect(error?.place == folder + "/model.safetensors.index.json")
    }
  }

  @Test func roundTripKeepsValuesNamesAndMetadata() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      let floats: [Float] = (0..<1000).map { Float($0) * 0.37 - 100 }
      _ = try floats.withUnsafeBufferPointer { buffer in
        try SafetensorsWriter.write(
          [
            TensorSource(name: "x", shape: [10, 100], floats: floats),
            TensorSource(name: "", shape: [], integers: [-5]),
            TensorSource(name: "\u{E9}", shape: [2], floats: [1, .nan]),
            TensorSource(name: "e\u{301}", shape: [0], floats: []),
            .rounded(name: "half", shape: [1000], floats: buffer, to: .f16),
            .rounded(name: "brain", shape: [1000], floats: buffer, to: .bf16),
          ], to: path, metadata: ["format": "pt", "step": "100"])
      }
      let file = try SafetensorsFile(path)
      #expect(file.metadata == ["format": "pt", "step": "100"])
      #expect(try file["x"]?.floats() == floats)
      #expect(try file[""]?.integers() == [-5])
      #expect(try file["\u{E9}"]?.floats().first == 1)
      #expect(file["e\u{301}"]?.count == 0)
      let half = try #require(try file["half"]?.floats())
      let brain = try #require(try file["brain"]?.floats())
      for (index, value) in floats.enumerated() {
        #expect(abs(half[index] - value) <= abs(value) * 0x1p-11 + 0x1p-25)
        #expect(abs(brain[index] - value) <= abs(value) * 0x1p-8)
      }
      #expect(file["x"]?.range.lowerBound.isMultiple(of: 4) == true)
    }
  }

  @Test func writerRefusesWhatIsNoFile() throws {
    try withTemporaryFolder { folder in
      let a = TensorSource(name: "a", shape: [1], floats: [1])
      let cases: [([TensorSource], String)] = [
        ([a, a], "given twice"),
        ([TensorSource(name: "__metadata__", shape: [1], floats: [1])], "reserved"),
        ([TensorSource(name: "b", shape: [-1], floats: [])], "no size"),
        ([TensorSource(name: "b", shape: [Int.max, 2], floats: [])], "overflows"),
        ([TensorSource(name: "b", shape: [2], floats: [1])], "gave 4 bytes, not 8"),
        ([TensorSource(name: "b", shape: [Int](repeating: 1, count: 65), floats: [1])], "no size"),
      ]
      for (tensors, message) in cases {
        let error = #expect(throws: MartletError.self) {
          try SafetensorsWriter.write(tensors, to: folder + "/a.safetensors")
        }
        #expect(error?.message.contains(message) == true)
      }
      let left = try FileSystem.list(folder)
      #expect(left == [])
    }
  }

  @Test func wrongNumberOfElementsIsSaid() throws {
    let file = try SafetensorsFile(fixture("safetensors/types.safetensors"))
    var space = [Float](repeating: 0, count: 5)
    let error = #expect(throws: MartletError.self) {
      try space.withUnsafeMutableBufferPointer { try file["matrix.weight"]?.copyFloats(to: $0) }
    }
    #expect(error?.message == "tensor \"matrix.weight\" has 6 elements (shape [2, 3]) where 5 are needed")
  }

  /// With MARTLET_PYTHON set to a Python that has torch and safetensors, it reads what Martlet wrote.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["MARTLET_PYTHON"] != nil, "MARTLET_PYTHON is not set"))
  func pythonReadsWhatWeWrite() throws {
    let python = try #require(ProcessInfo.processInfo.environment["MARTLET_PYTHON"])
    try withTemporaryFolder { folder in
      let file = try SafetensorsFile(fixture("safetensors/types.safetensors"))
      try SafetensorsWriter.writeFolder(file.tensors.map { TensorSource($0) }, to: folder, shardLimit: 50)
      let program = """
        import sys, torch
        from safetensors.torch import load_file
        from pathlib import Path
        ours = {}
        for path in Path(sys.argv[1]).glob("*.safetensors"): ours.update(load_file(path))
        theirs = load_file(sys.argv[2])
        assert ours.keys() == theirs.keys()
        for name, tensor in theirs.items():
            assert tensor.dtype == ours[name].dtype and torch.equal(tensor, ours[name]), name
        """
      try runTool(python, ["-c", program, folder, fixture("safetensors/types.safetensors")])
    }
  }
}
