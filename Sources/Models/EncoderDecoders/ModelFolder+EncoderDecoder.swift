import Core
import Formats

extension ModelFolder {
  /// The configuration of an encoder-decoder.
  ///
  /// Throws: `MartletError(.unsupported)` if it is of another kind.
  public func encoderDecoder() throws -> any EncoderDecoderConfiguration {
    try ModelFamilies.encoderDecoder(configuration, at: joinPath(folder.path, "config.json"))
  }
}

extension HuggingFaceFolder {
  /// A configuration with an output layer of its own where the weights have one although the keys say that it is the
  /// embedding: so it is in what `transformers` 5 saves of T5 1.1, and so it reads them.
  func untied(_ configuration: any PretrainedConfiguration) throws -> any PretrainedConfiguration {
    let name = "lm_head.weight"
    guard configuration is any EncoderDecoderConfiguration, let shared = configuration.parameterName(copiedBy: name),
      // Where weights are missing or damaged, reading them says so.
      let tensors = try? weights().tensors, let head = tensors.first(where: { $0.name == name }),
      let other = tensors.first(where: { $0.name == shared }),
      try head.shape != other.shape || head.floats() != other.floats()
    else { return configuration }
    var fields = try self.configuration().fields
    // What the keys said of all else holds on.
    fields.object = configuration.object
    fields.object["tie_word_embeddings"] = .bool(false)
    return try ModelFamilies.configuration(fields)
  }
}
