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
    guard let decoder = configuration as? any LanguageModelConfiguration else {
      throw otherKind(configuration, "does not write text", decoders, at: place)
    }
    return decoder
  }

  /// A configuration as an encoder's.
  ///
  /// Throws: as `decoder(_:at:)`.
  public static func encoder(
    _ configuration: any PretrainedConfiguration, at place: String
  ) throws -> any EncoderConfiguration {
    guard let encoder = configuration as? any EncoderConfiguration else {
      throw otherKind(configuration, "is no encoder", encoders, at: place)
    }
    return encoder
  }

  /// A configuration as an encoder-decoder's.
  ///
  /// Throws: as `decoder(_:at:)`.
  public static func encoderDecoder(
    _ configuration: any PretrainedConfiguration, at place: String
  ) throws -> any EncoderDecoderConfiguration {
    guard let model = configuration as? any EncoderDecoderConfiguration else {
      throw otherKind(configuration, "does not make a text of another", encoderDecoders, at: place)
    }
    return model
  }

  private static func otherKind(
    _ configuration: any PretrainedConfiguration, _ fault: String, _ known: [any PretrainedConfiguration.Type],
    at place: String
  ) -> MartletError {
    MartletError(
      .unsupported, "a model of the type '\(type(of: configuration).modelType)' \(fault)", at: place,
      remedy: "Types that do: \(names(known)).")
  }

  private static func names(_ families: [any PretrainedConfiguration.Type]) -> String {
    families.map { $0.modelType }.joined(separator: ", ")
  }
}
