import Core
import Layers

/// The keys that configurations of encoders share, and what is checked of all of them.
enum EncoderKeys {
  /// The keys of BERT and RoBERTa.
  static func bert(vocabulary: Int) -> [ConfigurationKey] {
    [
      size("num_hidden_layers", 1024, 12, "6", ["num_layers", "n_layer", "layers"], "Transformer blocks."),
      size("num_attention_heads", 1 << 16, 12, "6", ["num_heads", "n_head", "heads"], "Attention heads."),
      size("hidden_size", 1 << 20, 768, "384", ["d_model", "dim", "n_embd", "width"], "The hidden size."),
      size(
        "intermediate_size", 1 << 24, 3072, "1536", ["n_inner", "d_ff", "hidden_dim"],
        "The inner size of the feed-forward layers."),
      positions(512), vocabularySize(vocabulary),
      size("type_vocab_size", 1 << 16, 2, "2", [], "The kinds of tokens, such as first and second text."),
      activation("hidden_act"), rate("hidden_dropout_prob", 0.1, "Dropout of the embeddings and in the layers."),
      rate("attention_probs_dropout_prob", 0.1, "Dropout of the attention weights."),
      ConfigurationKey(
        "classifier_dropout", .numberBelow(1, from: 0), .null, derivedFrom: "hidden_dropout_prob", example: "0.1",
        "Dropout in front of the layer that gives labels."),
      ConfigurationKey(
        "layer_norm_eps", .numberAbove(0, upTo: 1), .double(1e-12), otherNames: ["layer_norm_epsilon"],
        "What keeps the denominator of layer normalisation from zero."),
      initializerRange,
    ]
  }

  /// The keys of DistilBERT.
  static let distilBert: [ConfigurationKey] = [
    size("n_layers", 1024, 6, "6", ["num_layers", "n_layer"], alias: "num_hidden_layers", "Transformer blocks."),
    size("n_heads", 1 << 16, 12, "6", ["num_heads", "heads"], alias: "num_attention_heads", "Attention heads."),
    size("dim", 1 << 20, 768, "384", ["d_model", "width"], alias: "hidden_size", "The hidden size."),
    size(
      "hidden_dim", 1 << 24, 3072, "1536", ["intermediate_size", "d_ff"], "The inner size of the feed-forward layers."),
    positions(512), vocabularySize(30522), activation("activation"),
    rate("dropout", 0.1, "Dropout of the embeddings and in the layers."),
    rate("attention_dropout", 0.1, "Dropout of the attention weights."),
    rate("qa_dropout", 0.1, "Dropout in front of the layer that finds answers."),
    rate("seq_classif_dropout", 0.2, "Dropout in front of the layer that gives labels."), initializerRange,
  ]

  static let initializerRange = ConfigurationKey(
    "initializer_range", .number(0...1000), .double(0.02), otherNames: ["init_std"],
    "Standard deviation of the random weights.")

  static func size(
    _ name: String, _ largest: Int, _ fallback: Int, _ example: String, _ otherNames: [String], alias: String? = nil,
    _ documentation: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, .integer(1...largest), .integer(fallback), example: example, aliases: [alias].compactMap { $0 },
      otherNames: otherNames, documentation)
  }

  static func positions(_ fallback: Int) -> ConfigurationKey {
    ConfigurationKey(
      "max_position_embeddings", .integer(1...1 << 24), .integer(fallback), derivedFrom: "train.context_length",
      example: "512", otherNames: ["n_positions"], "The longest sequence that the model can read.")
  }

  static func vocabularySize(_ fallback: Int) -> ConfigurationKey {
    ConfigurationKey(
      "vocab_size", .integer(1...1 << 24), .integer(fallback), derivedFrom: "the tokenizer's", example: "\(fallback)",
      "The number of rows of the embedding; at least the tokenizer's.")
  }

  static func activation(_ name: String) -> ConfigurationKey {
    ConfigurationKey(
      name, .choice(Activation.allCases.map(\.rawValue)), .string("gelu"), "The function in the feed-forward layers.")
  }

  static func rate(_ name: String, _ fallback: Double, _ documentation: String) -> ConfigurationKey {
    ConfigurationKey(name, .numberBelow(1, from: 0), .double(fallback), example: "0.1", documentation)
  }

  /// The keys with defaults, checked alone and together.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  static func complete(_ given: JSONFields, _ family: any EncoderConfiguration.Type) throws -> JSONFields {
    var fields = try given.completed(family.keys)
    if let (_, message) = family.conflict(in: fields.object) {
      throw MartletError(.malformedFile, message, at: fields.file, remedy: "Change one of the two keys.")
    }
    for key in ["is_decoder", "add_cross_attention"] where try fields.bool(key, default: false) {
      throw unsupported("\(key) is true: a decoder of this kind", fields)
    }
    let positions = try fields.string("position_embedding_type", default: "absolute")
    if positions != "absolute" { throw unsupported("position_embedding_type is '\(positions)'", fields) }
    if try !fields.bool("tie_word_embeddings", default: true) {
      throw unsupported("tie_word_embeddings is false: an output layer apart from the embedding", fields)
    }
    fields.object["model_type"] = .string(family.modelType)
    return fields
  }

  static func unsupported(_ what: String, _ fields: JSONFields) -> MartletError {
    MartletError(.unsupported, "key \(what)", at: fields.file, remedy: "Use a model without it.")
  }

  /// The value of a key, or the one that it has where it is left out.
  static func value(_ object: JSONObject, _ keys: [ConfigurationKey]) -> (String) -> Int? {
    { name in
      if let given = object[name] { return given.integerValue }
      return keys.first { $0.name == name }.flatMap { ($0.newModelValue ?? $0.fallback).integerValue }
    }
  }

  /// What is wrong with the number of heads, or nil.
  static func headConflict(
    _ object: JSONObject, _ keys: [ConfigurationKey], size: String, heads: String
  ) -> (key: String, message: String)? {
    let value = value(object, keys)
    guard let width = value(size), let count = value(heads), count > 0, width % count != 0 else { return nil }
    return (object[heads] != nil ? heads : size, "\(size) (\(width)) must be a multiple of \(heads) (\(count))")
  }
}
