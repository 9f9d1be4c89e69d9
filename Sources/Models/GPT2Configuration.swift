import Core
import Layers

/// The configuration of GPT-2, with the keys and defaults of Hugging Face's `GPT2Config`.
public struct GPT2Configuration: LanguageModelConfiguration, Hashable {
  /// `gpt2`.
  public static let modelType = "gpt2"
  /// `GPT2LMHeadModel`.
  public static let architecture = "GPT2LMHeadModel"
  /// The keys; the bounds keep every size within 64 bits, whatever a file says.
  public static let keys = [
    ConfigurationKey(
      "n_layer", .integer(1...1024), .integer(12), example: "6", aliases: ["num_hidden_layers"],
      otherNames: ["num_layers", "layers"], "Transformer blocks."),
    ConfigurationKey(
      "n_head", .integer(1...1 << 16), .integer(12), example: "6", aliases: ["num_attention_heads"],
      otherNames: ["num_heads", "heads"], "Attention heads."),
    ConfigurationKey(
      "n_embd", .integer(1...1 << 20), .integer(768), example: "384", aliases: ["hidden_size"],
      otherNames: ["d_model", "dim", "embedding_size", "width"], "The hidden size."),
    ConfigurationKey(
      "n_inner", .integer(1...1 << 24), .null, derivedFrom: "4 x n_embd", example: "1536",
      otherNames: ["intermediate_size", "d_ff"], "The inner size of the feed-forward layers."),
    ConfigurationKey(
      "n_positions", .integer(1...1 << 24), .integer(1024), derivedFrom: "train.context_length", example: "1024",
      aliases: ["max_position_embeddings"], otherNames: ["n_ctx"], "The longest sequence that the model can read."),
    ConfigurationKey(
      "vocab_size", .integer(1...1 << 24), .integer(50257), derivedFrom: "the tokenizer's", example: "50257",
      "The number of rows of the embedding; at least the tokenizer's."),
    ConfigurationKey(
      "activation_function", .choice(Activation.allCases.map(\.rawValue)), .string("gelu_new"),
      otherNames: ["hidden_act", "activation"], "The function in the feed-forward layers."),
    ConfigurationKey(
      "layer_norm_epsilon", .numberAbove(0, upTo: 1), .double(1e-5), otherNames: ["layer_norm_eps"],
      "What keeps the denominator of layer normalisation from zero."),
    ConfigurationKey(
      "initializer_range", .number(0...1000), .double(0.02), otherNames: ["init_std"],
      "Standard deviation of the random weights."),
    ConfigurationKey(
      "resid_pdrop", .numberBelow(1, from: 0), .double(0.1), newModels: .double(0), example: "0.1",
      otherNames: ["dropout", "hidden_dropout_prob"], "Dropout of what each block adds."),
    ConfigurationKey(
      "embd_pdrop", .numberBelow(1, from: 0), .double(0.1), newModels: .double(0), example: "0.1",
      "Dropout of the embeddings."),
    ConfigurationKey(
      "attn_pdrop", .numberBelow(1, from: 0), .double(0.1), newModels: .double(0), example: "0.1",
      otherNames: ["attention_dropout", "attention_probs_dropout_prob"], "Dropout of the attention weights."),
    ConfigurationKey(
      "scale_attn_weights", .bool, .bool(true), "Whether attention scores are divided by the root of the head size."),
    ConfigurationKey(
      "scale_attn_by_inverse_layer_idx", .bool, .bool(false),
      "Whether attention scores are divided by the number of the layer too."),
    ConfigurationKey(
      "tie_word_embeddings", .bool, .bool(true), otherNames: ["weight_tying"],
      "Whether the output layer has the weights of the token embedding."),
  ]

  /// The heads must divide the hidden size.
  public static func conflict(in object: JSONObject) -> (key: String, message: String)? {
    let width = object["n_embd"]?.integerValue ?? 768
    let heads = object["n_head"]?.integerValue ?? 12
    guard width % max(heads, 1) != 0 else { return nil }
    let key = object["n_head"] != nil ? "n_head" : "n_embd"
    return (key, "n_embd (\(width)) must be a multiple of n_head (\(heads))")
  }

  /// All keys.
  public private(set) var object: JSONObject
  /// Tokens in the vocabulary.
  public let vocabularySize: Int
  /// The largest length of a text.
  public let positionCount: Int
  /// The size of hidden states.
  public let hiddenSize: Int
  /// The number of layers.
  public let layerCount: Int
  /// The number of attention heads.
  public let headCount: Int
  /// The size inside of the feed-forward layers.
  public let innerSize: Int
  /// The activation of the feed-forward layers.
  public let activation: Activation
  /// The dropout of what each layer adds.
  public let residualDropout: Double
  /// The dropout of the embeddings.
  public let embeddingDropout: Double
  /// The dropout of attention weights.
  public let attentionDropout: Double
  /// What layer norms add to the variance.
  public let layerNormEpsilon: Double
  /// The standard deviation of initial weights.
  public let initializerRange: Double
  /// Whether scores are divided by the root of the head size.
  public let scalesAttention: Bool
  /// Whether scores are divided by the number of the layer too.
  public let scalesAttentionByLayer: Bool
  /// Whether the output head is the token embedding.
  public let tiesEmbeddings: Bool

  /// Reads and checks the keys.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  public init(_ given: JSONFields) throws {
    var fields = try given.completed(Self.keys)
    if let (_, message) = Self.conflict(in: fields.object) {
      throw MartletError(.malformedFile, message, at: fields.file, remedy: "Change one of the two keys.")
    }
    vocabularySize = try fields.integer("vocab_size")
    positionCount = try fields.integer("n_positions")
    hiddenSize = try fields.integer("n_embd")
    layerCount = try fields.integer("n_layer")
    headCount = try fields.integer("n_head")
    innerSize = try fields.integer("n_inner", default: 4 * hiddenSize)
    activation = try Activation(named: fields.string("activation_function"))
    residualDropout = try fields.number("resid_pdrop")
    embeddingDropout = try fields.number("embd_pdrop")
    attentionDropout = try fields.number("attn_pdrop")
    layerNormEpsilon = try fields.number("layer_norm_epsilon")
    initializerRange = try fields.number("initializer_range")
    scalesAttention = try fields.bool("scale_attn_weights")
    scalesAttentionByLayer = try fields.bool("scale_attn_by_inverse_layer_idx")
    tiesEmbeddings = try fields.bool("tie_word_embeddings")
    // Scores are computed in 32 bits in any case, where `reorder_and_upcast_attn` changes nothing.
    if try fields.bool("add_cross_attention", default: false) {
      throw MartletError(
        .unsupported, "key add_cross_attention is true: attention to an encoder is not supported in GPT-2",
        at: fields.file, remedy: "Use a model without it.")
    }
    // Which belong to the tokenizer; the default ones are in vocabularies of the default size only.
    for key in ["bos_token_id", "eos_token_id"] where given.object[key] == nil {
      fields.object[key] = vocabularySize == 50257 ? .integer(50256) : .null
    }
    fields.object["model_type"] = .string(Self.modelType)
    object = fields.object
  }

  /// A configuration without dropout, with the other keys at their defaults.
  ///
  /// Throws: `MartletError(.malformedFile)`, naming the key.
  public init(vocabularySize: Int, positionCount: Int, hiddenSize: Int, layerCount: Int, headCount: Int) throws {
    let object: JSONObject = [
      "vocab_size": .integer(vocabularySize), "n_positions": .integer(positionCount), "n_embd": .integer(hiddenSize),
      "n_layer": .integer(layerCount), "n_head": .integer(headCount), "resid_pdrop": .double(0),
      "embd_pdrop": .double(0), "attn_pdrop": .double(0),
    ]
    try self.init(JSONFields(object, file: "GPT2Configuration"))
  }

  /// `n_positions`.
  public static let lengthKey = "n_positions"
  /// `n_positions`.
  public var maximumLength: Int { positionCount }

  /// Six operations for each weight of a matrix product, and the products of attention.
  ///
  /// Source: Chowdhery et al., "PaLM", 2022, appendix B.
  public func trainingOperations(length: Int) -> Double {
    let (d, inner) = (Double(hiddenSize), Double(innerSize))
    let weights = Double(layerCount) * (4 * d * d + 2 * d * inner) + d * Double(vocabularySize)
    return 6 * weights + 12 * Double(layerCount) * d * Double(length)
  }

  /// The model, built in a scope.
  public func model(_ scope: Scope) -> any LanguageModel { GPT2(self, scope) }

  /// The parameter that a tensor in a checkpoint holds: names may lack `transformer.`, and old files hold masks.
  public func parameterName(ofStored name: String) -> String? {
    if name.hasSuffix(".attn.bias") || name.hasSuffix(".attn.masked_bias") { return nil }
    if name == "lm_head.weight" { return tiesEmbeddings ? nil : name }
    return name.hasPrefix("transformer.") ? name : "transformer.\(name)"
  }
}

extension JSONFields {
  /// The same members with other names of keys replaced by the first one, and defaults for keys that are missing.
  ///
  /// Throws: `MartletError(.malformedFile)` when a key is given under two names or breaks its rule.
  func completed(_ keys: [ConfigurationKey]) throws -> JSONFields {
    var fields = self
    for key in keys {
      for alias in key.aliases {
        guard let value = fields.object[alias] else { continue }
        guard fields.object[key.name] == nil else {
          throw failure(alias, mustBe: "left out, because \(key.name) says the same")
        }
        fields.object[alias] = nil
        fields.object[key.name] = value
      }
      let value = fields.object[key.name] ?? key.fallback
      fields.object[key.name] = value
      guard key.rule.accepts(value) || key.fallback == .null && value == .null else {
        var error = fields.failure(key.name, mustBe: key.rule.expectation)
        // A word that no list has is another program's, not a mistake in the file.
        if case .choice = key.rule { error.code = .unsupported }
        throw error
      }
    }
    return fields
  }
}
