import Core

/// The parts of `tokenizer.json` that can be read, by their types. A new part is a file of its own and a line here.
enum PipelineParts {
  /// Makes a part from its object in the file.
  typealias Reader<Part> = @Sendable (JSONFields) throws -> Part

  static let normalizers: [String: Reader<any Normalizer>] = [
    "NFC": { _ in CompositionNormalizer() }
  ]

  static let preTokenizers: [String: Reader<any PreTokenizer>] = [
    "ByteLevel": { part in
      ByteLevelPreTokenizer(
        addPrefixSpace: try part.bool("add_prefix_space"), trimOffsets: try part.bool("trim_offsets", default: true),
        usePattern: try part.bool("use_regex", default: true))
    }
  ]

  static let models: [String: Reader<any TokenModel>] = [
    "BPE": { part in try BytePairEncoding(part) }
  ]

  static let postProcessors: [String: Reader<any PostProcessor>] = [
    "ByteLevel": { part in
      ByteLevelPostProcessor(
        addPrefixSpace: try part.bool("add_prefix_space"), trimOffsets: try part.bool("trim_offsets", default: true),
        usePattern: try part.bool("use_regex", default: true))
    }
  ]

  static let decoders: [String: Reader<any TokenDecoder>] = [
    "ByteLevel": { part in
      ByteLevelDecoder(
        addPrefixSpace: try part.bool("add_prefix_space", default: true),
        trimOffsets: try part.bool("trim_offsets", default: true), usePattern: try part.bool("use_regex", default: true)
      )
    },
    "Fuse": { _ in FuseDecoder() },
  ]

  /// Reads the part under `key`, or nil where it is null or missing.
  static func read<Part>(
    _ key: String, of file: JSONFields, _ table: [String: Reader<Part>], defaultType: String? = nil
  ) throws -> Part? {
    guard let value = file.object[key], value != .null else { return nil }
    let part = try file.fields(key)
    let type = try part.string("type", default: defaultType)
    guard let reader = table[type] else {
      throw MartletError(
        .unsupported, "\(key) type '\(type)' is not supported", at: file.file,
        remedy: "Supported: \(table.keys.sorted().joined(separator: ", ")).")
    }
    return try reader(part)
  }
}

extension JSONFields {
  /// The error that the content of the file, or of this part of it, is wrong.
  func malformed(_ message: String) -> MartletError {
    MartletError(.malformedFile, message, at: file, remedy: "Write the file again with the program that made it.")
  }

  /// A string, or nil where the key is missing or null.
  ///
  /// Throws: `MartletError` if something else is there.
  func optionalString(_ key: String) throws -> String? {
    guard let value = object[key], value != .null else { return nil }
    return try string(key)
  }

  /// Refuses a setting that the pipeline does not have, unless it is off.
  func requireOff(_ key: String) throws {
    switch object[key] {
    case nil, .null?, .bool(false)?: return
    case .string(let text)? where text.isEmpty: return
    case let value? where value.doubleValue == 0: return
    default:
      throw MartletError(
        .unsupported, "the setting '\(key)' is not supported", at: file,
        remedy: "Only files without it, or with it off, can be read.")
    }
  }
}
