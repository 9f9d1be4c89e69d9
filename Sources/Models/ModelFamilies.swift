import Core

/// The kinds of models, by their `model_type`.
public enum ModelFamilies {
  /// Those that recipes train.
  public static let all: [any PretrainedConfiguration.Type] = decoders + encoders

  /// Those that write text from left to right.
  public static let decoders: [any LanguageModelConfiguration.Type] = [
    GPT2Configuration.self, LlamaConfiguration.self, MistralConfiguration.self, Qwen2Configuration.self,
    Qwen3Configuration.self,
  ]

  /// Those that read text, with a head for their task.
  public static let encoders: [any EncoderConfiguration.Type] = [
    BertConfiguration.self, RobertaConfiguration.self, DistilBertConfiguration.self, ModernBertConfiguration.self,
  ]

  /// Those that read a text and write another.
  public static let encoderDecoders: [any EncoderDecoderConfiguration.Type] = [T5Configuration.self]

  /// The kind with this `model_type`.
  ///
  /// Throws: `MartletError(.unsupported)`, which lists the known ones.
  public static func named(_ modelType: String, at place: String? = nil) throws -> any PretrainedConfiguration.Type {
    let known = all + encoderDecoders
    guard let family = known.first(where: { $0.modelType == modelType }) else {
      throw MartletError(
        .unsupported, "there is no model of the type '\(modelType)'", at: place,
        remedy: "Known types: \(names(known)).")
    }
    return family
  }

  /// The configuration that the keys describe, of the kind that their `model_type` names.
  ///
  /// Throws: `MartletError`, naming the key at fault.
  public static func configuration(_ fields: JSONFields) throws -> any PretrainedConfiguration {
    let family = try named(fields.string("model_type"), at: fields.file)
    return try family.init(fields)
  }

  /// The configuration of a decoder.
  ///
  /// Throws: `MartletError`, naming the key at fault or saying that it is another kind of model.
  public static func decoder(_ fields: JSONFields) throws -> any LanguageModelConfiguration {
    try decoder(configuration(fields), at: fields.file)
  }

  /// The configuration of an encoder.
  ///
  /// Throws: as `decoder(_:)`.
  public static func encoder(_ fields: JSONFields) throws -> any EncoderConfiguration {
    try encoder(configuration(fields), at: fields.file)
  }

  /// The configuration of an encoder-decoder.
  ///
  /// Throws: as `decoder(_:)`.
  public static func encoderDecoder(_ fields: JSONFields) throws -> any EncoderDecoderConfiguration {
    try encoderDecoder(configuration(fields), at: fields.file)
  }

  /// A configuration as a decoder's.
  ///
  /// Throws: `MartletError(.unsupported)` if it is of another kind.
  public static func decoder(
    _ configuration: any PretrainedConfiguration, at place: String
  ) throws -> any LanguageModelConfiguration {
    try cast(configuration, "decoder", decoders, at: place)
  }

  /// A configuration as an encoder's.
  ///
  /// Throws: as `decoder(_:at:)`.
  public static func encoder(
    _ configuration: any PretrainedConfiguration, at place: String
  ) throws -> any EncoderConfiguration {
    try cast(configuration, "encoder", encoders, at: place)
  }

  /// A configuration as an encoder-decoder's.
  ///
  /// Throws: as `decoder(_:at:)`.
  public static func encoderDecoder(
    _ configuration: any PretrainedConfiguration, at place: String
  ) throws -> any EncoderDecoderConfiguration {
    try cast(configuration, "encoder-decoder", encoderDecoders, at: place)
  }

  private static func cast<Kind>(
    _ configuration: any PretrainedConfiguration, _ name: String, _ known: [any PretrainedConfiguration.Type],
    at place: String
  ) throws -> Kind {
    guard let kind = configuration as? Kind else {
      throw MartletError(
        .unsupported, "a model of the type '\(type(of: configuration).modelType)' is no \(name)", at: place,
        remedy: "Use one of the types \(names(known)).")
    }
    return kind
  }

  private static func names(_ families: [any PretrainedConfiguration.Type]) -> String {
    families.map { $0.modelType }.joined(separator: ", ")
  }
}
