import Core

/// The kinds of models, by their `model_type`.
public enum ModelFamilies {
  /// All of them.
  public static let all: [any LanguageModelConfiguration.Type] = [
    GPT2Configuration.self, LlamaConfiguration.self, MistralConfiguration.self, Qwen2Configuration.self,
    Qwen3Configuration.self,
  ]

  /// The kind with this `model_type`.
  ///
  /// Throws: `MartletError(.unsupported)`, which lists the known ones.
  public static func named(_ modelType: String, at place: String? = nil) throws -> any LanguageModelConfiguration.Type {
    guard let family = all.first(where: { $0.modelType == modelType }) else {
      throw MartletError(
        .unsupported, "there is no model of the type '\(modelType)'", at: place,
        remedy: "Known types: \(all.map { $0.modelType }.joined(separator: ", ")).")
    }
    return family
  }

  /// The configuration that the keys describe, of the kind that their `model_type` names.
  ///
  /// Throws: `MartletError`, naming the key at fault.
  public static func configuration(_ fields: JSONFields) throws -> any LanguageModelConfiguration {
    let family = try named(fields.string("model_type"), at: fields.file)
    return try family.init(fields)
  }
}
