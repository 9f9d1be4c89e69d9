import Core

/// The kinds of models, decoders and encoders, by their `model_type`.
enum PretrainedFamilies {
  /// The configuration that the keys describe, of the kind that their `model_type` names.
  ///
  /// Throws: `MartletError`, naming the key at fault.
  static func configuration(_ fields: JSONFields) throws -> any PretrainedConfiguration {
    let modelType = try fields.string("model_type")
    return EncoderFamilies.all.contains { $0.modelType == modelType }
      ? try EncoderFamilies.configuration(fields) : try ModelFamilies.configuration(fields)
  }
}
