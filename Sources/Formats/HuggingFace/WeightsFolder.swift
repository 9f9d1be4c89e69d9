import Core

/// The weights of a model folder: `model.safetensors`, or several files with `model.safetensors.index.json`; where there
/// are none, `pytorch_model.bin` or several such files with an index.
public struct WeightsFolder: Sendable {
  /// The tensors, file by file.
  public let tensors: [StoredTensor]
  private let places: [ExactString: Int]

  /// The formats in the order in which they are looked for.
  private enum Format: CaseIterable {
    case safetensors, pyTorch

    /// The name of the single file.
    var name: String { self == .safetensors ? "model.safetensors" : "pytorch_model.bin" }
    /// What the names of shards end with.
    var suffix: String { self == .safetensors ? ".safetensors" : ".bin" }

    func tensors(_ path: String) throws -> [StoredTensor] {
      self == .safetensors ? try SafetensorsFile(path).tensors : try PyTorchFile(path).tensors
    }
  }

  /// Opens and checks the weights in `folder`; where both are there, the single file counts, and safetensors before
  /// PyTorch's files.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, `malformedFile`, or `unsupported`.
  public init(_ folder: String) throws {
    for format in Format.allCases {
      let single = joinPath(folder, format.name)
      if FileSystem.kind(of: single) != nil {
        self.init(tensors: try format.tensors(single))
        return
      }
      let index = single + ".index.json"
      if FileSystem.kind(of: index) != nil {
        self.init(tensors: try Self.readShards(format, folder, index))
        return
      }
    }
    throw MartletError(
      .notFound, "no \(Format.allCases.map(\.name).joined(separator: " and no ")), nor an index of either", at: folder,
      remedy: "Give a model folder in Hugging Face layout; files of other formats must be converted first.")
  }

  private init(tensors: [StoredTensor]) {
    self.tensors = tensors
    var places: [ExactString: Int] = [:]
    for (index, tensor) in tensors.enumerated() { places[ExactString(tensor.name)] = index }
    self.places = places
  }

  /// The tensor of a name, or nil if there is none.
  ///
  /// Complexity: O(1).
  public subscript(name: String) -> StoredTensor? { places[ExactString(name)].map { tensors[$0] } }

  private static func readShards(_ format: Format, _ folder: String, _ path: String) throws -> [StoredTensor] {
    let index = try MappedFile(path)
    guard index.count <= SafetensorsFile.maximumHeader else {
      throw MartletError(
        .malformedFile, "the index has \(ByteCount(index.count)), more than is allowed", at: path,
        remedy: "Check that this is the right file.")
    }
    var map: [(tensor: String, file: Int)] = []
    var files: [String: Int] = [:]
    var hasMap = false
    try index.withBytes(0..<index.count) { bytes in
      var reader = JSONReader(bytes, name: path)
      try reader.object { reader, key in
        guard key == "weight_map" else {
          _ = try reader.value()
          return
        }
        if hasMap { throw reader.failure("weight_map comes twice") }
        hasMap = true
        try reader.object { reader, tensor in
          if reader.peek() != UInt8(ascii: "\"") {
            throw reader.failure("weight_map must name a file for tensor \"\(tensor)\"")
          }
          let file = try reader.string()
          // Without separators a name can't leave the folder.
          guard file.hasSuffix(format.suffix), !file.utf8.contains(where: { $0 == 0x2F || $0 == 0x5C || $0 == 0 })
          else {
            throw reader.failure(
              "tensor \"\(tensor)\" is said to be in \"\(file)\", which is no \(format.suffix) file of this folder")
          }
          let number = files[file] ?? files.count
          files[file] = number
          map.append((tensor, number))
        }
      }
      try reader.end()
    }
    guard hasMap else {
      throw MartletError(
        .malformedFile, "key weight_map must be an object, it is missing", at: path, remedy: "Correct the index.")
    }
    return try collect(format, map, files.sorted { $0.value < $1.value }.map(\.key), folder, path)
  }

  private static func collect(
    _ format: Format, _ map: [(tensor: String, file: Int)], _ names: [String], _ folder: String, _ path: String
  ) throws -> [StoredTensor] {
    let files = try names.map { name in
      let shard = joinPath(folder, name)
      guard FileSystem.kind(of: shard) != nil else {
        throw MartletError(
          .notFound, "the index names \(name), which is not there", at: path,
          remedy: "The folder is incomplete; copy or download it again.")
      }
      return WeightsFolder(tensors: try format.tensors(shard))
    }
    var seen: Set<ExactString> = []
    return try map.map { name, file in
      guard seen.insert(ExactString(name)).inserted else {
        throw MartletError(
          .malformedFile, "tensor \"\(name)\" comes twice in weight_map", at: path, remedy: "Correct the index.")
      }
      guard let tensor = files[file][name] else {
        throw MartletError(
          .malformedFile, "tensor \"\(name)\" is not in \(names[file]), where the index says it is", at: path,
          remedy: "The folder's files don't belong together; copy or download it again.")
      }
      return tensor
    }
  }
}
