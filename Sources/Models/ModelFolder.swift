import Core
import Formats
import TensorGraph

/// A model in a folder of Hugging Face's layout: read from what `transformers` saves, written as it loads it.
public struct ModelFolder: Sendable {
  /// The checked configuration.
  public let configuration: any PretrainedConfiguration
  /// The folder.
  public let folder: HuggingFaceFolder

  /// Reads the configuration of the folder at `path`; weights are read when they are asked for.
  ///
  /// Adapters in the folder are merged into the weights of their model when these are read.
  ///
  /// Throws: `MartletError`, naming the file and key at fault.
  public init(_ path: String) throws {
    folder = try HuggingFaceFolder(path)
    configuration = try folder.untied(ModelFamilies.configuration(folder.configuration().fields))
  }

  /// The configuration of a model that writes text.
  ///
  /// Throws: `MartletError(.unsupported)` if it is of another kind.
  public func decoder() throws -> any LanguageModelConfiguration {
    try ModelFamilies.decoder(configuration, at: joinPath(folder.path, "config.json"))
  }

  /// The configuration of an encoder, for the task that the folder's model was trained for.
  ///
  /// Throws: `MartletError(.unsupported)` if it is of another kind.
  public func encoder() throws -> any EncoderConfiguration {
    try ModelFamilies.encoder(configuration, at: joinPath(folder.path, "config.json"))
  }

  /// The parameters, read into buffers.
  ///
  /// Throws: `MartletError(.mismatch)` that names the tensors which are missing, unknown or of another shape.
  public func loadParameters(on backend: any Backend) throws -> [String: any Buffer] {
    try folder.loadParameters(of: configuration, on: backend)
  }

  /// Writes `config.json`, `generation_config.json` and `model.safetensors` to `folder`, which is made if need be.
  ///
  /// The tokenizer's files are written by who has the tokenizer.
  ///
  /// - Parameters:
  ///   - parameters: buffers by parameter name; others are left out.
  ///   - shardLimit: the bytes of tensors from which on the weights are in several files.
  ///
  /// Throws: `MartletError(.inputOutput)`, or `MartletError(.mismatch)` when a parameter is missing.
  public static func write(
    _ configuration: any PretrainedConfiguration, parameters: [String: any Buffer], to folder: String,
    shardLimit: Int = SafetensorsWriter.defaultShardLimit
  ) throws {
    let sources = try configuration.parameters.map { parameter in
      guard let buffer = parameters[parameter.name], buffer.type == parameter.type else {
        throw MartletError(.mismatch, "the parameter '\(parameter.name)' has no values of type \(parameter.type)")
      }
      return TensorSource(name: parameter.name, type: .f32, shape: parameter.type.shape) { writer in
        try buffer.read(as: Float.self).withUnsafeBytes { try writer.append($0) }
      }
    }
    try FileSystem.createFolder(folder)
    for (name, bytes) in configurationFiles(configuration) { try AtomicFile.write(bytes, to: joinPath(folder, name)) }
    try SafetensorsWriter.writeFolder(sources, to: folder, shardLimit: shardLimit)
  }

  /// Writes the whole model that a folder of adapters and the folder of its model make, a decoder or an encoder.
  ///
  /// The tokenizer's files are written by who has the tokenizer.
  ///
  /// Throws: `MartletError` that names the file and tensor at fault.
  public static func merge(
    base: String, adapter: String, to target: String, on backend: any Backend,
    shardLimit: Int = SafetensorsWriter.defaultShardLimit
  ) throws {
    let folder = try HuggingFaceFolder(adapter, base: base)
    let configuration = try ModelFamilies.configuration(folder.configuration().fields)
    let parameters = try folder.loadParameters(of: configuration, on: backend)
    try write(configuration, parameters: parameters, to: target, shardLimit: shardLimit)
  }

  /// The files that describe a model to `transformers`: `config.json` and `generation_config.json`, by name.
  public static func configurationFiles(
    _ configuration: any PretrainedConfiguration
  ) -> [(name: String, bytes: [UInt8])] {
    var object = configuration.object
    object["architectures"] = .array([.string(configuration.architecture)])
    // The name of today's transformers, and the one of those before version 4.56.
    object["dtype"] = .string("float32")
    object["torch_dtype"] = .string("float32")
    var generation: JSONObject = ["_from_model_config": .bool(true)]
    for key in ["bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id"] {
      if let value = object[key], value != .null { generation[key] = value }
    }
    return [
      ("config.json", ModelConfiguration(object).bytes),
      ("generation_config.json", ModelConfiguration(generation).bytes),
    ]
  }
}
