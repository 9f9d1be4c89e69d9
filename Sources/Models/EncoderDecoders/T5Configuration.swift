import Core
import Layers

/// The configuration of T5, T5 1.1 and FLAN-T5, as Hugging Face's `T5Config`.
public struct T5Configuration: EncoderDecoderConfiguration, Hashable {
  /// `t5`.
  public static let modelType = "t5"
  /// The keys; the bounds keep every size within 64 bits, whatever a file says.
  public static let keys = T5Keys.all
  /// All keys.
  public let object: JSONObject
  /// Their values.
  public let settings: T5Settings
  /// `decoder_start_token_id`.
  public let startToken: Int32
  /// `pad_token_id`.
  public let paddingToken: Int32
  /// `eos_token_id`.
  public let endToken: Int32

  /// Reads and checks the keys.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  public init(_ given: JSONFields) throws {
    var fields = try given.completed(Self.keys)
    if let (_, message) = Self.conflict(in: fields.object) {
      throw MartletError(.malformedFile, message, at: fields.file, remedy: "Change one of the two keys.")
    }
    let known = ["T5ForConditionalGeneration", "T5WithLMHeadModel"]
    if let named = try fields.strings("architectures", default: []).first, !known.contains(named) {
      throw MartletError(
        .unsupported, "key architectures is '\(named)'", at: fields.file,
        remedy: "Use a model of the class \(known[0]).")
    }
    settings = try T5Settings(fields)
    let tokens = 0...settings.vocabularySize - 1
    paddingToken = Int32(try fields.integer("pad_token_id", in: tokens))
    endToken = Int32(try fields.integer("eos_token_id", in: tokens))
    startToken = Int32(try fields.integer("decoder_start_token_id", in: tokens, default: Int(paddingToken)))
    fields.object["decoder_start_token_id"] = .integer(Int(startToken))
    // Whoever reads the file takes null for no.
    fields.object["scale_decoder_outputs"] = .bool(settings.scalesOutput)
    fields.object["num_decoder_layers"] = .integer(settings.decoderLayerCount)
    fields.object["is_encoder_decoder"] = .bool(true)
    fields.object["model_type"] = .string(Self.modelType)
    object = fields.object
  }

  /// The largest distance must be one that has no bucket of its own.
  public static func conflict(in object: JSONObject) -> (key: String, message: String)? {
    let (distanceKey, countKey) = ("relative_attention_max_distance", "relative_attention_num_buckets")
    let (distance, count) = (object[distanceKey]?.integerValue ?? 128, object[countKey]?.integerValue ?? 32)
    guard distance <= count / 2 else { return nil }
    return (
      object[distanceKey] != nil ? distanceKey : countKey,
      "\(distanceKey) (\(distance)) must be above half of \(countKey) (\(count))"
    )
  }

  /// The class of Hugging Face's `transformers` that loads it.
  public var architecture: String { "T5ForConditionalGeneration" }
  /// `n_positions`.
  public static let lengthKey = "n_positions"
  /// `n_positions`.
  public var maximumLength: Int { settings.positionCount }
  /// `vocab_size`.
  public var vocabularySize: Int { settings.vocabularySize }
  /// Six operations for each weight that a token meets, and the products of attention, where half of the tokens are of
  /// sources and half of targets.
  public func trainingOperations(length: Int) -> Double { settings.trainingOperations(length: length) }
  /// The model, built in a scope.
  public func model(_ scope: Scope) -> any EncoderDecoder { T5(settings, scope) }

  /// The parameter that a tensor in a checkpoint holds: the first files have biases that no layer reads.
  public func parameterName(ofStored name: String) -> String? {
    name == "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
      || parameterName(copiedBy: name) != nil ? nil : name
  }

  /// The embedding may stand under the names of those who share it.
  public func parameterName(copiedBy name: String) -> String? {
    let copies = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]
    return copies.contains(name) || name == "lm_head.weight" && settings.tiesEmbeddings ? "shared.weight" : nil
  }
}

/// What `T5` is built from.
public struct T5Settings: Sendable, Hashable {
  /// Tokens in the vocabulary.
  public let vocabularySize: Int
  /// The length of texts that the model was made for; it reads longer ones too.
  public let positionCount: Int
  /// The size of hidden states.
  public let hiddenSize: Int
  /// The number of layers of the encoder.
  public let encoderLayerCount: Int
  /// The number of layers of the decoder.
  public let decoderLayerCount: Int
  /// The number of attention heads.
  public let headCount: Int
  /// The size of a head.
  public let headSize: Int
  /// The size inside of the feed-forward layers.
  public let innerSize: Int
  /// The activation of the feed-forward layers.
  public let activation: Activation
  /// Whether the activation is a factor of a second product.
  public let isGated: Bool
  /// The number of biases for distances, and the distance from which on all share one.
  public let bucketCount, maximumDistance: Int
  /// The dropout of embeddings, attention weights and what layers add.
  public let dropout: Double
  /// What norms add to the mean square.
  public let normEpsilon: Double
  /// What the deviation of random weights is multiplied by.
  public let initializerFactor: Double
  /// Whether the output head is the token embedding.
  public let tiesEmbeddings: Bool
  /// Whether hidden states are divided by the root of their size in front of the head.
  public let scalesOutput: Bool

  /// Reads checked keys.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  init(_ fields: JSONFields) throws {
    vocabularySize = try fields.integer("vocab_size")
    positionCount = try fields.integer("n_positions")
    hiddenSize = try fields.integer("d_model")
    encoderLayerCount = try fields.integer("num_layers")
    decoderLayerCount = try fields.integer("num_decoder_layers", default: encoderLayerCount)
    headCount = try fields.integer("num_heads")
    headSize = try fields.integer("d_kv")
    innerSize = try fields.integer("d_ff")
    let inner = try fields.string("feed_forward_proj")
    isGated = inner.hasPrefix(T5Keys.gated)
    let name = isGated ? String(inner.dropFirst(T5Keys.gated.count)) : inner
    // A gated GELU is the approximate one in all files.
    activation = isGated && name == "gelu" ? .geluNew : try Activation(named: name)
    bucketCount = try fields.integer("relative_attention_num_buckets")
    maximumDistance = try fields.integer("relative_attention_max_distance")
    dropout = try fields.number("dropout_rate")
    normEpsilon = try fields.number("layer_norm_epsilon")
    initializerFactor = try fields.number("initializer_factor")
    tiesEmbeddings = try fields.bool("tie_word_embeddings")
    scalesOutput = try fields.bool("scale_decoder_outputs", default: tiesEmbeddings)
  }

  /// The initial values of a matrix whose results are sums of so many products.
  func initialization(inputs: Int) -> Initialization {
    .normal(initializerFactor / Double(max(inputs, 1)).squareRoot())
  }

  /// Six operations for each weight of a matrix product, and the products of attention, for the mean of a source's and a
  /// target's token.
  ///
  /// Source: Chowdhery et al., "PaLM", 2022, appendix B.
  func trainingOperations(length: Int) -> Double {
    let (d, heads) = (Double(hiddenSize), Double(headCount * headSize))
    let inner = (isGated ? 3 : 2) * d * Double(innerSize)
    let (encoder, decoder) = (Double(encoderLayerCount), Double(decoderLayerCount))
    let weights = encoder * (4 * d * heads + inner) + decoder * (8 * d * heads + inner) + d * Double(vocabularySize)
    return (6 * weights + 12 * heads * Double(length) / 2 * (encoder + 2 * decoder)) / 2
  }
}

enum T5Keys {
  /// What the names of gated activations begin with.
  static let gated = "gated-"

  static let all: [ConfigurationKey] = [
    EncoderKeys.size(
      "num_layers", 1024, 6, "4", ["n_layer", "layers"], alias: "num_hidden_layers",
      "Transformer blocks of the encoder."),
    ConfigurationKey(
      "num_decoder_layers", .integer(1...1024), .null, derivedFrom: "num_layers", example: "4",
      "Transformer blocks of the decoder."),
    EncoderKeys.size(
      "num_heads", 1 << 16, 8, "4", ["n_head", "heads"], alias: "num_attention_heads", "Attention heads."),
    EncoderKeys.size(
      "d_model", 1 << 20, 512, "256", ["dim", "n_embd", "width"], alias: "hidden_size", "The hidden size."),
    EncoderKeys.size("d_kv", 1 << 16, 64, "64", ["head_dim"], "The size of a head."),
    EncoderKeys.size(
      "d_ff", 1 << 24, 2048, "1024", ["n_inner", "intermediate_size", "hidden_dim"],
      "The inner size of the feed-forward layers."),
    ConfigurationKey(
      "n_positions", .integer(1...1 << 24), .integer(512), derivedFrom: "train.context_length", example: "128",
      otherNames: ["max_position_embeddings"],
      "The length of texts that the model is made for; it reads longer ones too."),
    EncoderKeys.vocabularySize(32128),
    ConfigurationKey(
      "feed_forward_proj", .choice(Activation.allCases.flatMap { [$0.rawValue, gated + $0.rawValue] }), .string("relu"),
      otherNames: ["hidden_act", "activation"],
      "The function in the feed-forward layers; with `gated-` in front, a factor of a second product."),
    ConfigurationKey(
      "relative_attention_num_buckets", .integer(4...1 << 16), .integer(32), example: "32",
      "The biases of each head for distances between tokens."),
    EncoderKeys.size(
      "relative_attention_max_distance", 1 << 24, 128, "128", [], "The distance from which on all have one bias."),
    EncoderKeys.rate("dropout_rate", 0.1, "Dropout of embeddings, attention weights and what layers add."),
    ConfigurationKey(
      "layer_norm_epsilon", .numberAbove(0, upTo: 1), .double(1e-6), otherNames: ["layer_norm_eps"],
      "What keeps the denominator of normalisation from zero."),
    ConfigurationKey(
      "initializer_factor", .number(0...1000), .double(1), "What the deviation of the random weights is multiplied by."),
    ConfigurationKey(
      "tie_word_embeddings", .bool, .bool(true), otherNames: ["weight_tying"],
      "Whether the output layer has the weights of the token embedding."),
    ConfigurationKey(
      "scale_decoder_outputs", .bool, .null, derivedFrom: "tie_word_embeddings", example: "true",
      "Whether hidden states are divided by the root of d_model in front of the output layer."),
    token("pad_token_id", 0, "The token that fills texts up."),
    token("eos_token_id", 1, "The token that ends texts."),
    ConfigurationKey(
      "decoder_start_token_id", .integer(0...1 << 24), .null, derivedFrom: "pad_token_id", example: "0",
      "The token that targets begin with."),
  ]

  private static func token(_ name: String, _ fallback: Int, _ documentation: String) -> ConfigurationKey {
    ConfigurationKey(
      name, .integer(0...1 << 24), .integer(fallback), derivedFrom: "the tokenizer's", example: "\(fallback)",
      documentation)
  }
}
