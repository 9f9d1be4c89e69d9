import Core

/// The header of a safetensors file, read without building a tree and checked against the file's size.
struct SafetensorsHeader {
  /// What the header says about one tensor; offsets count from the start of the data.
  struct Entry {
    var name: String
    var type: StoredType
    var shape: [Int]
    var begin: Int
    var end: Int
  }

  /// The tensors in the order of their bytes.
  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String] = [:]
  /// Where the tensors' bytes begin in the file.
  let dataStart: Int

  private let path: String

  init(_ file: MappedFile) throws {
    path = file.path
    guard file.count >= 8 else {
      throw Self.failure(
        "the file has \(ByteCount(file.count)), less than the 8 of a header length", at: path)
    }
    let length = try file.integer(at: 0, as: UInt64.self)
    guard length <= UInt64(SafetensorsFile.maximumHeader) else {
      throw Self.failure(
        "the header length at byte 0 is \(length), more than the \(SafetensorsFile.maximumHeader) allowed", at: path)
    }
    guard Int(length) <= file.count - 8 else {
      throw Self.failure(
        "the header length at byte 0 is \(length), but only \(file.count - 8) bytes follow it", at: path)
    }
    dataStart = 8 + Int(length)
    try file.withBytes(8..<dataStart) { bytes in
      guard bytes.first == UInt8(ascii: "{") else {
        throw Self.failure("the header must begin with '{' at byte 8", at: path)
      }
      var reader = JSONReader(bytes, name: path, positions: .offset(8))
      try read(&reader)
    }
    try checkLayout(dataSize: file.count - dataStart)
  }

  private static func failure(_ message: String, at path: String) -> MartletError {
    MartletError(
      .malformedFile, message, at: path,
      remedy: "The file is no safetensors file, or it is truncated or damaged; copy or download it again.")
  }

  private func failure(_ name: String, _ message: String) -> MartletError {
    Self.failure("tensor \"\(Terminal.fit(name, columns: 100))\" \(message)", at: path)
  }

  private mutating func read(_ reader: inout JSONReader) throws {
    var seen: Set<ExactString> = []
    try reader.object { reader, key in
      guard seen.insert(ExactString(key)).inserted else {
        throw key == "__metadata__"
          ? Self.failure("the header has __metadata__ twice", at: path) : failure(key, "comes twice in the header")
      }
      if key == "__metadata__" {
        try reader.object { reader, key in
          if reader.peek() != UInt8(ascii: "\"") { throw reader.failure("__metadata__ must hold texts only") }
          if metadata.updateValue(try reader.string(), forKey: key) != nil {
            throw reader.failure("__metadata__ has the key \"\(key)\" twice")
          }
        }
      } else {
        entries.append(try readEntry(&reader, name: key))
      }
    }
    try reader.end()
  }

  private func readEntry(_ reader: inout JSONReader, name: String) throws -> Entry {
    guard reader.peek() == UInt8(ascii: "{") else { throw failure(name, "must be described by an object, {...}") }
    var type: StoredType?
    var shape: [Int]?
    var offsets: [Int]?
    try reader.object { reader, key in
      switch key {
      case "dtype" where type == nil:
        guard reader.peek() == UInt8(ascii: "\"") else { throw failure(name, "has a dtype that is no text") }
        let text = try reader.string()
        guard let known = StoredType(rawValue: text) else {
          throw failure(name, "has the unknown type \"\(Terminal.fit(text, columns: 40))\"")
        }
        type = known
      case "shape" where shape == nil:
        shape = try readSizes(&reader, "shape", name, limit: SafetensorsFile.maximumRank)
      case "data_offsets" where offsets == nil: offsets = try readSizes(&reader, key, name, limit: 2)
      case "dtype", "shape", "data_offsets": throw failure(name, "has the key \(key) twice")
      default: throw failure(name, "has the unknown key \"\(Terminal.fit(key, columns: 40))\"")
      }
    }
    guard let type else { throw failure(name, "has no dtype") }
    guard let shape else { throw failure(name, "has no shape") }
    guard let offsets else { throw failure(name, "has no data_offsets") }
    guard offsets.count == 2 else { throw failure(name, "must have two data_offsets, found \(offsets.count)") }
    guard offsets[0] <= offsets[1] else {
      throw failure(name, "has data_offsets [\(offsets[0]), \(offsets[1])] that run backwards")
    }
    return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }

  private func readSizes(_ reader: inout JSONReader, _ key: String, _ name: String, limit: Int) throws -> [Int] {
    guard reader.peek() == UInt8(ascii: "[") else { throw failure(name, "has a \(key) that is no array") }
    var sizes: [Int] = []
    try reader.array { reader in
      guard let next = reader.peek(), next == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= next else {
        throw failure(name, "has a \(key) with something other than whole numbers")
      }
      let digits = try reader.number()
      guard let size = Int(digits), size >= 0 else {
        throw failure(name, "has \(Terminal.fit(digits, columns: 40)) in its \(key), which is no size")
      }
      guard sizes.count < limit else { throw failure(name, "has more than \(limit) numbers in its \(key)") }
      sizes.append(size)
    }
    return sizes
  }

  /// Checks that the tensors' bytes fill the data: in order, no overlap, no hole, nothing behind.
  private mutating func checkLayout(dataSize: Int) throws {
    entries.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
    var reached = 0
    for entry in entries {
      let place = "[\(entry.begin), \(entry.end)]"
      if entry.begin < reached {
        throw failure(entry.name, "has data_offsets \(place) that overlap the tensor before, which ends at \(reached)")
      }
      if entry.begin > reached {
        throw failure(
          entry.name, "has data_offsets \(place) with a hole before them: the tensor before ends at \(reached)")
      }
      if entry.end > dataSize {
        throw failure(entry.name, "has data_offsets \(place) beyond the end of the data (\(dataSize) bytes)")
      }
      guard let size = byteCount(of: entry.shape, entry.type) else {
        throw failure(entry.name, "has the shape \(entry.shape), whose size overflows")
      }
      guard size == entry.end - entry.begin else {
        throw failure(
          entry.name,
          "takes \(size) bytes by its shape \(entry.shape) and type \(entry.type.rawValue), "
            + "but its data_offsets \(place) span \(entry.end - entry.begin)")
      }
      reached = entry.end
    }
    if reached != dataSize {
      throw Self.failure(
        "\(dataSize - reached) bytes follow the last tensor at byte \(dataStart + reached)", at: path)
    }
  }
}

/// The bytes of a tensor, or nil if they are more than an integer counts.
func byteCount(of shape: [Int], _ type: StoredType) -> Int? {
  // As the format's library does, a size of 0 does not excuse sizes whose product overflows before it.
  var size = type.byteCount
  for axis in shape {
    let (product, overflow) = size.multipliedReportingOverflow(by: axis)
    if overflow { return nil }
    size = product
  }
  return size
}
