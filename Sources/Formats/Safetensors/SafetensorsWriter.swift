import Core

/// A tensor to be written: its description, and a closure that appends its bytes when their turn comes.
public struct TensorSource {
  /// The name in the file.
  public let name: String
  /// The type of the elements.
  public let type: StoredType
  /// The size of each axis, outermost first; empty for a scalar.
  public let shape: [Int]
  let write: (FileWriter) throws -> Void

  /// A tensor whose bytes `write` appends: little-endian elements in row-major order, as many as the shape says.
  public init(name: String, type: StoredType, shape: [Int], write: @escaping (FileWriter) throws -> Void) {
    self.name = name
    self.type = type
    self.shape = shape
    self.write = write
  }

  /// A tensor of bytes that stay where they are until it is written.
  public init(name: String, type: StoredType, shape: [Int], bytes: UnsafeRawBufferPointer) {
    self.init(name: name, type: type, shape: shape) { try $0.append(bytes) }
  }

  /// A tensor of floating-point numbers, stored as `F32`.
  public init(name: String, shape: [Int], floats: [Float]) {
    self.init(name: name, type: .f32, shape: shape) { writer in
      try floats.withUnsafeBytes { try writer.append($0) }
    }
  }

  /// A tensor of integers, stored as `I64`.
  public init(name: String, shape: [Int], integers: [Int64]) {
    self.init(name: name, type: .i64, shape: shape) { writer in
      try integers.withUnsafeBytes { try writer.append($0) }
    }
  }

  /// A tensor of another file, under its own name or another.
  public init(_ tensor: StoredTensor, name: String? = nil) {
    self.init(name: name ?? tensor.name, type: tensor.type, shape: tensor.shape) { writer in
      try tensor.withBytes { try writer.append($0) }
    }
  }

  /// The same tensor of `F32` elements rounded to a 16-bit type when it is written.
  ///
  /// Precondition: the type is `F32`, and `half` is `F16` or `BF16`.
  public static func rounded(
    name: String, shape: [Int], floats: UnsafeBufferPointer<Float>, to half: StoredType
  ) -> TensorSource {
    TensorSource(name: name, type: half, shape: shape) { writer in
      for start in stride(from: 0, to: floats.count, by: 1 << 16) {
        let piece = floats[start..<min(start + 1 << 16, floats.count)].map { value in
          (half == .f16 ? HalfPrecision.f16(value) : HalfPrecision.bf16(value)).littleEndian
        }
        try piece.withUnsafeBytes { try writer.append($0) }
      }
    }
  }
}

/// Writes safetensors files: atomically, and with the same bytes as the reference library for the same tensors.
public enum SafetensorsWriter {
  /// What a file has under `__metadata__` so that `transformers` accepts it.
  public static let defaultMetadata = ["format": "pt"]

  /// The bytes of tensors that a file has at most where nobody says otherwise, as of `transformers`.
  public static let defaultShardLimit = 5_000_000_000

  /// The size in bytes of the file that `write` makes.
  ///
  /// Throws: `MartletError` with code `invalidArgument`.
  public static func fileSize(
    of tensors: [TensorSource], metadata: [String: String] = defaultMetadata, path: String = "safetensors"
  ) throws -> Int {
    let (header, _, size) = try layOut(tensors, metadata, path)
    return header.count + size
  }

  /// Writes one file. The order is by type, then name, whatever order the tensors are given in.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or `invalidArgument` for duplicate names and sizes that overflow.
  @discardableResult
  public static func write(
    _ tensors: [TensorSource], to path: String, metadata: [String: String] = defaultMetadata, hashing: Bool = false
  ) throws -> AtomicFile.Receipt {
    let (header, sorted, size) = try layOut(tensors, metadata, path)
    return try AtomicFile.write(to: path, expecting: header.count + size, hashing: hashing) { writer in
      try writer.append(header)
      for tensor in sorted {
        let start = writer.count
        try tensor.write(writer)
        let expected = byteCount(of: tensor.shape, tensor.type) ?? 0
        guard writer.count - start == expected else {
          throw MartletError(
            .mismatch,
            "tensor \"\(tensor.name)\" of shape \(tensor.shape) gave \(writer.count - start) bytes, not \(expected)",
            at: path, remedy: "This is a fault of the program that writes the file.")
        }
      }
    }
  }

  /// Writes the weights of a model folder: one file, or several of at most `shardLimit` bytes of tensors and an index.
  ///
  /// Files of the other form that were there before are removed at the end.
  ///
  /// Throws: `MartletError` with code `inputOutput` or `invalidArgument`.
  public static func writeFolder(
    _ tensors: [TensorSource], to folder: String, name: String = "model", shardLimit: Int = defaultShardLimit
  ) throws {
    try FileSystem.createFolder(folder)
    var shards: [[TensorSource]] = [[]]
    var filled = 0
    var total = 0
    for tensor in tensors {
      guard let size = byteCount(of: tensor.shape, tensor.type) else { throw overflow(tensor, folder) }
      if filled > 0, filled + size > shardLimit {
        shards.append([])
        filled = 0
      }
      shards[shards.count - 1].append(tensor)
      filled += size
      total += size
    }
    let index = "\(name).safetensors.index.json"
    var written: Set<String> = []
    if shards.count == 1 {
      try write(tensors, to: joinPath(folder, "\(name).safetensors"))
      written = ["\(name).safetensors"]
    } else {
      var map = JSONObject()
      for (number, shard) in shards.enumerated() {
        let file = "\(name)-\(fiveDigits(number + 1))-of-\(fiveDigits(shards.count)).safetensors"
        try write(shard, to: joinPath(folder, file))
        written.insert(file)
        for tensor in shard { map[tensor.name] = .string(file) }
      }
      let value = JSONValue.object([
        "metadata": .object(["total_size": .integer(total)]), "weight_map": .object(map.sorted),
      ])
      try AtomicFile.write(value.text(indent: 2) + "\n", to: joinPath(folder, index))
      written.insert(index)
    }
    for file in try FileSystem.list(folder) where !written.contains(file) {
      let isShard = file.hasPrefix("\(name)-") && file.contains("-of-") && file.hasSuffix(".safetensors")
      if isShard || file == "\(name).safetensors" || file == index { try FileSystem.remove(joinPath(folder, file)) }
    }
  }

  private static func fiveDigits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  private static func overflow(_ tensor: TensorSource, _ path: String) -> MartletError {
    MartletError(
      .invalidArgument, "tensor \"\(tensor.name)\" has the shape \(tensor.shape), which is no size or overflows",
      at: path, remedy: "Sizes must be 0 or more, and their product a number of bytes.")
  }

  /// The header with its length in front, the tensors in the order of their bytes, and the size of those.
  private static func layOut(
    _ tensors: [TensorSource], _ metadata: [String: String], _ path: String
  ) throws -> (header: [UInt8], sorted: [TensorSource], size: Int) {
    let rank = Dictionary(uniqueKeysWithValues: StoredType.allCases.enumerated().map { ($1, $0) })
    // The widest types come first, so that every tensor is aligned to its elements.
    let sorted = tensors.sorted { left, right in
      let (a, b) = (rank[left.type] ?? 0, rank[right.type] ?? 0)
      return a != b ? a > b : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
    var object = JSONObject()
    if !metadata.isEmpty {
      var texts = JSONObject()
      for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { texts[key] = .string(value) }
      object["__metadata__"] = .object(texts)
    }
    var offset = 0
    for tensor in sorted {
      guard tensor.name != "__metadata__", object[tensor.name] == nil else {
        throw MartletError(
          .invalidArgument, "the tensor name \"\(tensor.name)\" is given twice or reserved", at: path,
          remedy: "Give each tensor a name of its own.")
      }
      guard tensor.shape.allSatisfy({ $0 >= 0 }), tensor.shape.count <= SafetensorsFile.maximumRank,
        let size = byteCount(of: tensor.shape, tensor.type),
        case let (end, overflows) = offset.addingReportingOverflow(size), !overflows
      else { throw overflow(tensor, path) }
      object[tensor.name] = .object([
        "dtype": .string(tensor.type.rawValue), "shape": .array(tensor.shape.map(JSONValue.integer)),
        "data_offsets": .array([.integer(offset), .integer(end)]),
      ])
      offset = end
    }
    var text = Array(JSONValue.object(object).text().utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    guard text.count <= SafetensorsFile.maximumHeader else {
      throw MartletError(
        .invalidArgument, "the header would have \(ByteCount(text.count)), more than is allowed", at: path,
        remedy: "Write fewer tensors to one file.")
    }
    var header: [UInt8] = []
    header.append(littleEndian: UInt64(text.count))
    return (header + text, sorted, offset)
  }
}
