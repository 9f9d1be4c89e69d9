import Core
import Layers

/// The configuration of GPT-2, with the keys and defaults of Hugging Face's `GPT2Config`.
public struct GPT2Configuration: LanguageModelConfiguration, Hashable {
  /// `gpt2`.
  public static let modelType = "gpt2"
  /// `GPT2LMHeadModel`.
  public static let architecture = "GPT2LMHeadModel"
  /// The keys with their defaults.
  public static let keys = [
    ConfigurationKey("vocab_size", .integer(50257), "tokens in the vocabulary"),
    ConfigurationKey("n_positions", .integer(1024), "largest length of a text", aliases: ["max_position_embeddings"]),
    ConfigurationKey("n_embd", .integer(768), "size of hidden states", aliases: ["hidden_size"]),
    ConfigurationKey("n_layer", .integer(12), "layers", aliases: ["num_hidden_layers"]),
    ConfigurationKey("n_head", .integer(12), "attention heads", aliases: ["num_attention_heads"]),
    ConfigurationKey("n_inner", .null, "size inside of the feed-forward layers; null is 4 * n_embd"),
    ConfigurationKey("activation_function", .string("gelu_new"), "activation of the feed-forward layers"),
    ConfigurationKey("resid_pdrop", .double(0.1), "dropout of what each layer adds"),
    ConfigurationKey("embd_pdrop", .double(0.1), "dropout of the embeddings"),
    ConfigurationKey("attn_pdrop", .double(0.1), "dropout of attention weights"),
    ConfigurationKey("layer_norm_epsilon", .double(1e-5), "what layer norms add to the variance"),
    ConfigurationKey("initializer_range", .double(0.02), "standard deviation of initial weights"),
    ConfigurationKey("scale_attn_weights", .bool(true), "whether scores are divided by the root of the head size"),
    ConfigurationKey(
      "scale_attn_by_inverse_layer_idx", .bool(false), "whether scores are divided by the layer's number"),
    ConfigurationKey("tie_word_embeddings", .bool(true), "whether the output head is the token embedding"),
    ConfigurationKey("bos_token_id", .integer(50256), "token that begins a text"),
    ConfigurationKey("eos_token_id", .integer(50256), "token that ends a text"),
  ]

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
    // The bounds keep every size within 64 bits, whatever a file says.
    vocabularySize = try fields.integer("vocab_size", in: 1...1 << 24)
    positionCount = try fields.integer("n_positions", in: 1...1 << 24)
    hiddenSize = try fields.integer("n_embd", in: 1...1 << 20)
    layerCount = try fields.integer("n_layer", in: 1...1024)
    headCount = try fields.integer("n_head", in: 1...1 << 16)
    innerSize = try fields.integer("n_inner", in: 1...1 << 24, default: 4 * hiddenSize)
    guard hiddenSize % headCount == 0 else {
      throw fields.failure("n_embd", mustBe: "a multiple of n_head (\(headCount))")
    }
    let name = try fields.string("activation_function")
    do {
      activation = try Activation(named: name)
    } catch let error as MartletError {
      throw MartletError(error.code, "key activation_function: \(error.message)", at: fields.file, remedy: error.remedy)
    }
    // A rate of 1 would drop everything.
    residualDropout = try fields.number("resid_pdrop", in: 0...0.999)
    embeddingDropout = try fields.number("embd_pdrop", in: 0...0.999)
    attentionDropout = try fields.number("attn_pdrop", in: 0...0.999)
    layerNormEpsilon = try fields.number("layer_norm_epsilon", in: 0...1)
    initializerRange = try fields.number("initializer_range", in: 0...1000)
    scalesAttention = try fields.bool("scale_attn_weights")
    scalesAttentionByLayer = try fields.bool("scale_attn_by_inverse_layer_idx")
    tiesEmbeddings = try fields.bool("tie_word_embeddings")
    // Scores are computed in 32 bits in any case, where `reorder_and_upcast_attn` changes nothing.
    if try fields.bool("add_cross_attention", default: false) {
      throw MartletError(
        .unsupported, "key add_cross_attention is true: attention to an encoder is not supported in GPT-2",
        at: fields.file, remedy: "Use a model without it.")
    }
    // The default tokens are in vocabularies of the default size only.
    for key in ["bos_token_id", "eos_token_id"] where given.object[key] == nil && vocabularySize != 50257 {
      fields.object[key] = .null
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
  public var maximumLength: (key: String, value: Int) { ("n_positions", positionCount) }

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
  /// Throws: `MartletError(.malformedFile)` when a key is given under two names.
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
      if fields.object[key.name] == nil { fields.object[key.name] = key.fallback }
    }
    return fields
  }
}
