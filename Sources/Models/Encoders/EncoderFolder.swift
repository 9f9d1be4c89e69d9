import Core
import Formats
import Layers
import TensorGraph

/// The kinds of encoders, by their `model_type`.
public enum EncoderFamilies {
  /// All of them.
  public static let all: [any EncoderConfiguration.Type] = [
    BertConfiguration.self, RobertaConfiguration.self, DistilBertConfiguration.self, ModernBertConfiguration.self,
  ]

  /// The configuration that the keys describe, of the kind that their `model_type` names.
  ///
  /// Throws: `MartletError`, naming the key at fault.
  public static func configuration(_ fields: JSONFields) throws -> any EncoderConfiguration {
    let modelType = try fields.string("model_type")
    guard let family = all.first(where: { $0.modelType == modelType }) else {
      throw MartletError(
        .unsupported, "there is no encoder of the type '\(modelType)'", at: fields.file,
        remedy: "Known types: \(all.map { $0.modelType }.joined(separator: ", ")).")
    }
    return try family.init(fields)
  }
}

/// An encoder in a folder of Hugging Face's layout; `ModelFolder.write` writes such folders.
public struct EncoderFolder: Sendable {
  /// The checked configuration, for the task that the folder's model was trained for.
  public let configuration: any EncoderConfiguration
  /// The folder.
  public let folder: HuggingFaceFolder

  /// Reads the configuration of the folder at `path`; weights are read when they are asked for.
  ///
  /// Throws: `MartletError`, naming the file and key at fault.
  public init(_ path: String) throws {
    folder = try HuggingFaceFolder(path)
    configuration = try EncoderFamilies.configuration(folder.configuration().fields)
  }

  /// The parameters, read into buffers.
  ///
  /// Throws: `MartletError(.mismatch)` that names the tensors which are missing, unknown or of another shape.
  public func loadParameters(on backend: any Backend) throws -> [String: any Buffer] {
    try folder.loadParameters(of: configuration, on: backend)
  }

  /// The parameters of the encoder for another task, with what the folder has of its head, and the rest of it drawn.
  ///
  /// - Parameters:
  ///   - adapted: the folder's configuration, `adapted(to:labels:)`.
  ///   - key: what the new values are drawn from.
  ///
  /// Throws: `MartletError(.mismatch)` that names the tensors of the encoder which are missing, unknown or of another
  /// shape.
  public func loadParameters(
    for adapted: any EncoderConfiguration, key: RandomKey, on backend: any Backend
  ) throws -> [String: any Buffer] {
    let isSame = adapted.task == configuration.task && adapted.labels == configuration.labels
    let head = adapted.head
    // Files of one task may lack the pooler of another.
    let names = try adapted.parameters.filter { $0.name.contains("pooler.dense.") }.map(\.name)
    let replaceable = (head?.parameterNames ?? []).union(names)
    var buffers = try folder.loadParameters(
      of: adapted, on: backend, skipping: isSame ? [] : head?.labelNames ?? [], mayLack: replaceable)
    let missing = try adapted.parameters.filter { buffers[$0.name] == nil }
    buffers.merge(try backend.makeParameters(missing, key: key)) { old, _ in old }
    return buffers
  }
}
