import Core

/// A model folder in Hugging Face layout: `config.json`, weights, and what else `transformers` puts there.
public struct HuggingFaceFolder: Sendable {
  /// The folder.
  public let path: String

  /// The folder at `path`.
  ///
  /// Throws: `MartletError` with code `notFound` if there is no folder.
  public init(_ path: String) throws {
    guard FileSystem.kind(of: path) == .folder else {
      throw MartletError(
        .notFound, "no such folder", at: path,
        remedy: "Give the path of a model folder, one with a config.json; models are not downloaded by name.")
    }
    self.path = path
  }

  /// The model's configuration.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput` or `malformedFile`.
  public func configuration() throws -> ModelConfiguration {
    let file = joinPath(path, "config.json")
    guard FileSystem.kind(of: file) != nil else {
      throw MartletError(
        .notFound, "no config.json", at: path,
        remedy: "Give a model folder in Hugging Face layout, the one that save_pretrained wrote.")
    }
    return try ModelConfiguration(file: file)
  }

  /// The settings for generation, or nil if the folder has none.
  ///
  /// Throws: `MartletError` with code `inputOutput` or `malformedFile`.
  public func generationConfiguration() throws -> ModelConfiguration? {
    let file = joinPath(path, "generation_config.json")
    return FileSystem.kind(of: file) == nil ? nil : try ModelConfiguration(file: file)
  }

  /// The weights.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput` or `malformedFile`.
  public func weights() throws -> SafetensorsFolder { try SafetensorsFolder(path) }
}

/// The content of a `config.json` or `generation_config.json`; keys that Martlet does not know are kept.
public struct ModelConfiguration: Sendable, Hashable {
  /// More than this is no configuration.
  static let maximumSize = 4 << 20

  /// All keys in the order of the file.
  public var object: JSONObject
  /// The file's name for errors.
  public let file: String

  /// A configuration with these keys.
  public init(_ object: JSONObject, file: String = "config.json") {
    self.object = object
    self.file = file
  }

  /// Reads a file.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput` or `malformedFile`.
  public init(file path: String) throws {
    self.init(try JSONFields(file: path, limit: Self.maximumSize).object, file: path)
  }

  /// The keys with typed access and errors that name file and key.
  public var fields: JSONFields { JSONFields(object, file: file) }

  /// The family of the model, as in `gpt2`.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public var modelType: String { get throws { try fields.string("model_type") } }

  /// Writes the file.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func write(to path: String) throws { try AtomicFile.write(bytes, to: path) }

  /// The file as `transformers` writes it: two spaces, sorted keys, a line feed at the end.
  public var bytes: [UInt8] { Array((JSONValue.object(object.sorted).text(indent: 2) + "\n").utf8) }
}
