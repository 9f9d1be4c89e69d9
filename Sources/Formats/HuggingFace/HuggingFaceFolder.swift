import Core

/// A model folder in Hugging Face layout: `config.json`, weights, and what else `transformers` puts there; or a folder of
/// adapters, with which the model that they belong to is read.
public struct HuggingFaceFolder: Sendable {
  /// The folder.
  public let path: String
  /// The adapters in it; nil where it holds a whole model.
  public let adapter: AdapterFolder?
  /// The folder of the weights: this one, or that of the adapters' model.
  public let base: String

  /// The folder at `path`.
  ///
  /// - Parameter base: the folder of the model that adapters in `path` belong to, if not the one that they name.
  ///
  /// Throws: `MartletError` with code `notFound` if there is no folder, or what is wrong with its adapters.
  public init(_ path: String, base: String? = nil) throws {
    guard FileSystem.kind(of: path) == .folder else {
      throw MartletError(
        .notFound, "no such folder", at: path,
        remedy: "Give the path of a model folder, one with a config.json; models are not downloaded by name.")
    }
    self.path = path
    guard AdapterFolder.isAdapter(path) else {
      if base != nil {
        throw MartletError(
          .notFound, "the folder holds no adapter: there is no \(AdapterFolder.configurationName)", at: path,
          remedy: "Give the folder that peft's save_pretrained or a training with LoRA wrote.")
      }
      (adapter, self.base) = (nil, path)
      return
    }
    let adapter = try AdapterFolder(path)
    self.base = try base ?? adapter.baseFolder()
    self.adapter = adapter
    guard FileSystem.kind(of: self.base) == .folder, !AdapterFolder.isAdapter(self.base) else {
      throw MartletError(
        .unsupported, "the adapter's model must be a folder with a whole model", at: self.base,
        remedy: "Merge its adapter into it first: martlet merge BASE ADAPTER OUT")
    }
  }

  /// The path of a file of the model: beside the adapters, if it is there, else of their model.
  private func file(_ name: String) -> String {
    let own = joinPath(path, name)
    return FileSystem.kind(of: own) != nil ? own : joinPath(base, name)
  }

  /// The folder of the tokenizer: this one, or that of the adapters' model.
  public var tokenizerPath: String {
    let names = ["tokenizer.json", "tokenizer.model", "spiece.model", "tekken.json"]
    return names.contains { FileSystem.kind(of: joinPath(path, $0)) == .file } ? path : base
  }

  /// The model's configuration.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput` or `malformedFile`.
  public func configuration() throws -> ModelConfiguration {
    let file = file("config.json")
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
    let file = file("generation_config.json")
    return FileSystem.kind(of: file) == nil ? nil : try ModelConfiguration(file: file)
  }

  /// The weights, without adapters.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, `malformedFile` or `unsupported`.
  public func weights() throws -> WeightsFolder { try WeightsFolder(base) }
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
