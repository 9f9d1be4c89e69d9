import Core

/// The parts of `tokenizer.json` that can be read, by their types. A new part is a file of its own and a line here.
enum PipelineParts {
  /// Makes a part from its object in the file.
  typealias Reader<Part> = @Sendable (JSONPart) throws -> Part

  static let normalizers: [String: Reader<any Normalizer>] = [
    "NFC": { _ in CompositionNormalizer() }
  ]

  static let preTokenizers: [String: Reader<any PreTokenizer>] = [
    "ByteLevel": { part in
      ByteLevelPreTokenizer(
        addPrefixSpace: try part.bool("add_prefix_space"), trimOffsets: try part.bool("trim_offsets", or: true),
        usePattern: try part.bool("use_regex", or: true))
    }
  ]

  static let models: [String: Reader<any TokenModel>] = [
    "BPE": { part in try BytePairEncoding(part) }
  ]

  static let postProcessors: [String: Reader<any PostProcessor>] = [
    "ByteLevel": { part in
      ByteLevelPostProcessor(
        addPrefixSpace: try part.bool("add_prefix_space"), trimOffsets: try part.bool("trim_offsets", or: true),
        usePattern: try part.bool("use_regex", or: true))
    }
  ]

  static let decoders: [String: Reader<any TokenDecoder>] = [
    "ByteLevel": { part in
      ByteLevelDecoder(
        addPrefixSpace: try part.bool("add_prefix_space", or: true),
        trimOffsets: try part.bool("trim_offsets", or: true), usePattern: try part.bool("use_regex", or: true))
    },
    "Fuse": { _ in FuseDecoder() },
  ]

  /// Reads the part under `key`, or nil where it is null or missing.
  static func read<Part>(
    _ key: String, of file: JSONPart, _ table: [String: Reader<Part>], defaultType: String? = nil
  ) throws -> Part? {
    guard let part = try file.part(key) else { return nil }
    let type = try part.optionalString("type") ?? defaultType
    guard let type else { throw part.malformed("the key 'type' is missing") }
    guard let reader = table[type] else {
      throw MartletError(
        .unsupported, "\(key) type '\(type)' is not supported", at: part.place,
        remedy: "Supported: \(table.keys.sorted().joined(separator: ", ")).")
    }
    return try reader(part)
  }
}

/// An object of a JSON file and where it stands, for reading its keys with errors that name them.
package struct JSONPart {
  package let value: JSONValue
  package let file: String
  package let path: String

  package init(_ value: JSONValue, file: String, path: String = "") throws {
    self.value = value
    self.file = file
    self.path = path
    guard case .object = value else { throw malformed("an object was expected, not \(value.kind)") }
  }

  package var place: String { path.isEmpty ? file : "\(file), key \(path)" }

  package func malformed(_ message: String) -> MartletError {
    MartletError(
      .malformedFile, message, at: place, remedy: "Write the file again with the program that made it.")
  }

  private func inner(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private func wrong(_ key: String, _ expected: String, _ value: JSONValue?) -> MartletError {
    malformed("the key '\(inner(key))' must be \(expected), not \(value?.kind ?? "missing")")
  }

  /// The object under a key; nil where it is null or missing.
  package func part(_ key: String) throws -> JSONPart? {
    guard let value = value[key], value != .null else { return nil }
    guard case .object = value else { throw wrong(key, "an object", value) }
    return try JSONPart(value, file: file, path: inner(key))
  }

  package func bool(_ key: String, or fallback: Bool? = nil) throws -> Bool {
    if let fallback, value[key] == nil || value[key] == .null { return fallback }
    guard case .bool(let flag)? = value[key] else { throw wrong(key, "true or false", value[key]) }
    return flag
  }

  package func optionalBytes(_ key: String) throws -> [UInt8]? {
    guard let value = value[key], value != .null else { return nil }
    guard case .string(let bytes) = value else { throw wrong(key, "a string", value) }
    return bytes
  }

  package func optionalString(_ key: String) throws -> String? {
    try optionalBytes(key).map { String(decoding: $0, as: UTF8.self) }
  }

  package func bytes(_ key: String) throws -> [UInt8] {
    guard let bytes = try optionalBytes(key) else { throw wrong(key, "a string", value[key]) }
    return bytes
  }

  package func string(_ key: String) throws -> String { String(decoding: try bytes(key), as: UTF8.self) }

  package func integer(_ key: String) throws -> Int64 {
    guard case .integer(let number)? = value[key] else { throw wrong(key, "an integer", value[key]) }
    return number
  }

  package func number(_ key: String) throws -> Double {
    switch value[key] {
    case .number(let number)?: return number
    case .integer(let number)?: return Double(number)
    default: throw wrong(key, "a number", value[key])
    }
  }

  package func members(_ key: String) throws -> [JSONMember] {
    guard case .object(let members)? = value[key] else { throw wrong(key, "an object", value[key]) }
    return members
  }

  package func elements(_ key: String) throws -> [JSONValue] {
    guard case .array(let elements)? = value[key] else { throw wrong(key, "an array", value[key]) }
    return elements
  }

  /// Refuses a setting that the pipeline does not have, unless it is off.
  package func requireOff(_ key: String) throws {
    switch value[key] {
    case nil, .null?, .bool(false)?, .integer(0)?, .number(0)?: return
    case .string(let text)? where text.isEmpty: return
    default:
      throw MartletError(
        .unsupported, "the setting '\(inner(key))' is not supported", at: place,
        remedy: "Only files without it, or with it off, can be read.")
    }
  }
}
