import Core
import Layers

/// What `Llama` is built from: the values of a configuration of any model of that kind.
public struct LlamaSettings: Sendable, Hashable {
  /// Tokens in the vocabulary.
  public let vocabularySize: Int
  /// The longest text that the model was made for.
  public let positionCount: Int
  /// The size of hidden states.
  public let hiddenSize: Int
  /// The number of layers.
  public let layerCount: Int
  /// The number of query heads.
  public let headCount: Int
  /// The number of heads of keys and values, which divides that of the query heads.
  public let keyHeadCount: Int
  /// The size of a head.
  public let headSize: Int
  /// The size inside of the feed-forward layers.
  public let innerSize: Int
  /// The activation of the feed-forward layers' gates.
  public let activation: Activation
  /// What norms add to the mean square.
  public let normEpsilon: Double
  /// The initial values of all matrices.
  public let initialization: Initialization
  /// The dropout of attention weights.
  public let attentionDropout: Double
  /// Whether the output head is the token embedding.
  public let tiesEmbeddings: Bool
  /// The positions.
  public let rotary: RotaryEmbedding
  /// Whether the projections to queries, keys and values have biases.
  public let queriesHaveBias: Bool
  /// Whether the projection out of attention has a bias.
  public let attentionOutputHasBias: Bool
  /// Whether the projections of the feed-forward layers have biases.
  public let feedForwardHasBias: Bool
  /// Whether the queries and keys of each head are normalised.
  public let normalizesHeads: Bool
  /// How many tokens one sees in the layers that have a window, or nil.
  public let window: Int?
  /// Which layers have the window.
  public let windowedLayers: Set<Int>

  /// How many tokens one sees in a layer, or nil for all.
  func window(ofLayer layer: Int) -> Int? { windowedLayers.contains(layer) ? window : nil }

  /// Reads checked keys; `family` says what they do not.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  init(_ fields: JSONFields, _ family: LlamaFamily) throws {
    vocabularySize = try fields.integer("vocab_size")
    positionCount = try fields.integer("max_position_embeddings")
    hiddenSize = try fields.integer("hidden_size")
    layerCount = try fields.integer("num_hidden_layers")
    headCount = try fields.integer("num_attention_heads")
    keyHeadCount = try fields.integer("num_key_value_heads", default: headCount)
    headSize = try fields.integer("head_dim", default: max(1, hiddenSize / headCount))
    innerSize = try fields.integer("intermediate_size")
    activation = try Activation(named: fields.string("hidden_act"))
    normEpsilon = try fields.number("rms_norm_eps")
    initialization = .normal(try fields.number("initializer_range"))
    attentionDropout = try fields.number("attention_dropout")
    tiesEmbeddings = try fields.bool("tie_word_embeddings")
    let attentionHasBias = try fields.bool("attention_bias", default: false)
    queriesHaveBias = family.queriesHaveBias || attentionHasBias
    attentionOutputHasBias = attentionHasBias
    feedForwardHasBias = try fields.bool("mlp_bias", default: false)
    normalizesHeads = family.normalizesHeads
    (window, windowedLayers) = try family.windows.read(fields, layerCount: layerCount)
    rotary = try RotaryEmbedding(fields, headSize: headSize, positionCount: positionCount)
  }

  /// Six operations for each weight of a matrix product, and the products of attention.
  ///
  /// Source: Chowdhery et al., "PaLM", 2022, appendix B.
  func trainingOperations(length: Int) -> Double {
    let (d, heads, keys) = (Double(hiddenSize), Double(headCount * headSize), Double(keyHeadCount * headSize))
    let layer = 2 * d * heads + 2 * d * keys + 3 * d * Double(innerSize)
    let seen = (0..<layerCount).reduce(0.0) { $0 + Double(min(length, window(ofLayer: $1) ?? length)) }
    return 6 * (Double(layerCount) * layer + d * Double(vocabularySize)) + 12 * heads * seen
  }
}

/// How the models of the kind differ beyond the values of their keys.
public struct LlamaFamily: Sendable {
  /// Whether queries, keys and values have biases whatever `attention_bias` says.
  var queriesHaveBias = false
  /// Whether queries and keys are normalised.
  var normalizesHeads = false
  /// Where windows come from.
  var windows = Windows.none

  /// How a configuration says which layers see a window only.
  enum Windows: Sendable {
    /// No layer has one.
    case none
    /// All have that of `sliding_window`, unless it is null.
    case all
    /// Where `use_sliding_window` is true: those named in `layer_types`, or those from `max_window_layers` on.
    case chosen

    func read(_ fields: JSONFields, layerCount: Int) throws -> (Int?, Set<Int>) {
      if case .none = self { return (nil, []) }
      guard let value = fields.object["sliding_window"], value != .null else { return (nil, []) }
      let window = try fields.integer("sliding_window")
      guard case .chosen = self else { return (window, Set(0..<layerCount)) }
      guard try fields.bool("use_sliding_window", default: false) else { return (nil, []) }
      let first = try fields.integer("max_window_layers", in: 0...Int.max, default: 28)
      let types = try fields.strings("layer_types", default: [])
      if types.isEmpty { return (window, Set(min(first, layerCount)..<layerCount)) }
      guard types.count == layerCount, types.allSatisfy({ ["sliding_attention", "full_attention"].contains($0) }) else {
        throw fields.failure("layer_types", mustBe: "\(layerCount) times sliding_attention or full_attention")
      }
      return (window, Set(types.indices.filter { types[$0] == "sliding_attention" }))
    }
  }
}

extension RotaryEmbedding {
  /// Reads `rope_theta` and `rope_scaling`, or the two as one in `rope_parameters`.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  init(_ fields: JSONFields, headSize: Int, positionCount: Int) throws {
    let base = try fields.number("rope_theta")
    guard let value = fields.object["rope_scaling"], value != .null else {
      self.init(size: headSize, base: base)
      return
    }
    let given = try fields.fields("rope_scaling")
    let positive = 1e-6...1e9
    func trainedLength() throws -> Double {
      try given.number("original_max_position_embeddings", in: 1...1e12, default: Double(positionCount))
    }
    let scaling: Scaling
    switch try given.string("rope_type", default: given.string("type", default: "default")) {
    case "default": scaling = .none
    case "linear": scaling = .linear(factor: try given.number("factor", in: positive))
    case "llama3":
      let low = try given.number("low_freq_factor", in: positive)
      scaling = .llama3(
        factor: try given.number("factor", in: positive), lowFrequency: low,
        highFrequency: try given.number("high_freq_factor", in: low.nextUp...1e9), trainedLength: try trainedLength())
    case "yarn":
      let factor = try given.number("factor", in: positive, default: Double(positionCount) / trainedLength())
      let (one, all) = (try given.number("mscale", default: 0), try given.number("mscale_all_dim", default: 0))
      let attention =
        one != 0 && all != 0
        ? YaRN.attention(factor, weight: one) / YaRN.attention(factor, weight: all) : YaRN.attention(factor)
      scaling = .yarn(
        YaRN(
          factor: factor, trainedLength: try trainedLength(),
          fastTurns: try given.number("beta_fast", in: positive, default: 32),
          slowTurns: try given.number("beta_slow", in: positive, default: 1),
          attention: try given.number("attention_factor", in: positive, default: attention),
          truncates: try given.bool("truncate", default: true)))
    case let name:
      throw MartletError(
        .unsupported, "key rope_scaling.rope_type is '\(name)'", at: fields.file,
        remedy: "Known ones: default, linear, llama3, yarn.")
    }
    self.init(size: headSize, base: base, scaling: scaling)
  }
}
