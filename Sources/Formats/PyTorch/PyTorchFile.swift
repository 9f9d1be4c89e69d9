import Core

/// A file of `torch.save`, mapped and checked: the tensors of a state dictionary, which stay where they are in the file.
///
/// It is a zip archive of a pickle, which says what the tensors are, and the storages that they are views of. The pickle
/// is read as data (`PickleReader`) and never run. A dictionary with the tensors under `state_dict`, `model_state_dict`,
/// `model` or `module` is understood as well. Source: PyTorch's "Serialization semantics" and `torch/serialization.py`.
public struct PyTorchFile: Sendable {
  /// Pickles beyond this are refused: tensors take some 150 bytes each.
  static let largestPickle = 32 << 20
  /// Where programs put the tensors beside other things.
  private static let nests = ["state_dict", "model_state_dict", "model", "module"]

  /// The tensors in the order of the dictionary.
  public let tensors: [StoredTensor]

  /// Opens and checks a file; no tensor is read.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, `malformedFile`, or `unsupported` for files of old
  /// versions and for what is more than tensors.
  ///
  /// Complexity: linear in the size of the pickle and the number of members.
  public init(_ path: String) throws {
    let file = try MappedFile(path)
    guard StoredZip.isZip(file) else { throw Self.otherFormat(file) }
    let archive = try StoredZip(file)
    let pickles = archive.names.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
    guard pickles.count == 1, let range = try archive.range(of: pickles[0]) else {
      throw MartletError(
        .malformedFile, "the zip archive is none of torch.save: it has \(pickles.count) members data.pkl", at: path,
        remedy: "Check that this is the right file.")
    }
    guard range.count <= Self.largestPickle else {
      throw MartletError(
        .malformedFile, "the pickle has \(ByteCount(range.count)), more than is allowed", at: path,
        remedy: "Save the tensors alone: torch.save(model.state_dict(), file).")
    }
    let prefix = String(pickles[0].dropLast("data.pkl".count))
    if let order = try archive.range(of: prefix + "byteorder"),
      try file.withBytes(order, { !$0.elementsEqual("little".utf8) })
    {
      throw MartletError(
        .unsupported, "the tensors are not little-endian", at: path, remedy: "Write the file on another machine.")
    }
    tensors = try file.withBytes(range) { bytes in
      var reader = PickleReader(bytes, path: path)
      let top = try reader.read()
      return try Self.members(of: top, reader, path).map { name, tensor in
        try Self.stored(name, tensor, archive, prefix)
      }
    }
  }

  private static func otherFormat(_ file: MappedFile) -> MartletError {
    // The magic number as the first pickle of the format before version 1.6.
    let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let isOld = (try? file.withBytes(2..<14) { $0.elementsEqual(magic) }) ?? false
    return MartletError(
      isOld ? .unsupported : .malformedFile,
      isOld ? "the file is of PyTorch's format before version 1.6" : "the file is none of torch.save", at: file.path,
      remedy: isOld
        ? "In Python: torch.save(torch.load(file, weights_only=True), file)"
        : "Check that this is the right file; it may be truncated or damaged.")
  }

  /// The names and tensors of a state dictionary.
  private static func members(
    of top: PickleValue, _ reader: PickleReader, _ path: String
  ) throws -> [(String, PyTorchTensor)] {
    func members(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
      guard case .node(let index) = value, case .dictionary(let members) = reader.nodes[index] else { return nil }
      return members
    }
    func tensor(_ value: PickleValue) -> PyTorchTensor? {
      guard case .node(let index) = value, case .tensor(let tensor) = reader.nodes[index] else { return nil }
      return tensor
    }
    func failure(_ message: String) -> MartletError {
      MartletError(
        .unsupported, message, at: path,
        remedy: "Save the tensors alone: torch.save(model.state_dict(), file).")
    }
    guard var found = members(top) else { throw failure("the file holds something other than a dictionary of tensors") }
    if !found.contains(where: { tensor($0.value) != nil }) {
      let nested = nests.lazy.compactMap { name in
        found.first { if case .text(name) = $0.key { true } else { false } }.flatMap { members($0.value) }
      }.first
      guard let nested else {
        throw failure("the dictionary has no tensors, neither by itself nor under \(nests.joined(separator: ", "))")
      }
      found = nested
    }
    var names: Set<ExactString> = []
    return try found.map { key, value in
      guard case .text(let name) = key else { throw failure("the dictionary of tensors has a key that is no text") }
      let shown = Terminal.fit(name, columns: 100)
      guard let tensor = tensor(value) else { throw failure("\"\(shown)\" in the dictionary of tensors is no tensor") }
      guard names.insert(ExactString(name)).inserted else { throw failure("tensor \"\(shown)\" comes twice") }
      return (name, tensor)
    }
  }

  /// The place of a tensor's elements in the file.
  private static func stored(
    _ name: String, _ tensor: PyTorchTensor, _ archive: StoredZip, _ prefix: String
  ) throws -> StoredTensor {
    func failure(_ message: String) -> MartletError {
      MartletError(
        .malformedFile, "tensor \"\(Terminal.fit(name, columns: 100))\" \(message)", at: archive.file.path,
        remedy: "The file is damaged; copy or download it again.")
    }
    let (storage, size) = (tensor.storage, tensor.storage.type.byteCount)
    guard let range = try archive.range(of: prefix + "data/" + storage.key) else {
      throw failure("is a view of data/\(Terminal.fit(storage.key, columns: 40)), which is not in the archive")
    }
    guard storage.count >= 0, storage.count <= range.count / size else {
      throw failure("is a view of \(storage.count) elements, of which the file has \(range.count / size)")
    }
    guard let extent = extent(of: tensor), let count = byteCount(of: tensor.shape, storage.type).map({ $0 / size }),
      tensor.offset >= 0, tensor.offset <= storage.count, extent <= storage.count - tensor.offset
    else {
      throw failure(
        "of sizes \(tensor.shape), strides \(tensor.strides) and offset \(tensor.offset) leaves its storage of "
          + "\(storage.count) elements")
    }
    // Memory is taken for elements of the file only.
    guard count <= storage.count else {
      throw failure("repeats its \(storage.count) elements by strides \(tensor.strides) to \(tensor.shape)")
    }
    let start = range.lowerBound + tensor.offset * size
    return StoredTensor(
      name: name, type: storage.type, shape: tensor.shape, file: archive.file, range: start..<start + extent * size,
      strides: isContiguous(tensor) ? nil : tensor.strides)
  }

  /// How many elements of the storage lie between the first and the last of a view, both included; nil if that is no
  /// number.
  private static func extent(of tensor: PyTorchTensor) -> Int? {
    if tensor.shape.contains(0) { return tensor.shape.allSatisfy { $0 >= 0 } ? 0 : nil }
    var last = 0
    for (size, stride) in zip(tensor.shape, tensor.strides) {
      guard size > 0, stride >= 0 else { return nil }
      let (reach, isLarge) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, isLarger) = last.addingReportingOverflow(reach)
      if isLarge || isLarger { return nil }
      last = sum
    }
    return last == .max ? nil : last + 1
  }

  private static func isContiguous(_ tensor: PyTorchTensor) -> Bool {
    if tensor.shape.contains(0) { return true }
    var expected = 1
    for (size, stride) in zip(tensor.shape, tensor.strides).reversed() where size > 1 {
      if stride != expected { return false }
      expected *= size
    }
    return true
  }
}
