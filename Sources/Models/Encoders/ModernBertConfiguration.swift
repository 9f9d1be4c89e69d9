import Core
import Layers

/// The configuration of ModernBERT, as Hugging Face's `ModernBertConfig`.
public struct ModernBertConfiguration: EncoderConfiguration, Hashable {
  /// `modernbert`.
  public static let modelType = "modernbert"
  /// `ModernBert`.
  public static let className = "ModernBert"
  /// `model`.
  public static let prefix = "model"
  /// The parts of the encoder.
  public static let parts: Set = ["embeddings", "layers", "final_norm"]
  /// The keys.
  public static let keys = EncoderKeys.modernBert
  /// All keys.
  public let object: JSONObject
  /// Their values.
  public let settings: ModernBertSettings
  /// What the model is for.
  public let task: EncoderTask
  /// The names of the labels.
  public let labels: [String]
  private let taskHead: EncoderHeadSettings

  /// Reads and checks the keys.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  public init(_ given: JSONFields) throws {
    var given = given
    try EncoderKeys.separateRotary(&given)
    let fields = try EncoderKeys.complete(given, Self.self)
    settings = try ModernBertSettings(fields)
    let purpose = try EncoderPurpose(fields, className: Self.className)
    (task, labels, object) = (purpose.task, purpose.labels, fields.object)
    let isForWords = task == .maskedWords
    let pooling = try Pooling(rawValue: fields.string("classifier_pooling")) ?? .first
    taskHead = EncoderHeadSettings(
      pooling: task == .textLabels ? pooling : nil,
      transform: .init(
        dense: "head.dense", hasBias: try fields.bool("classifier_bias"),
        activation: try Activation(named: fields.string("classifier_activation")), norm: "head.norm",
        normHasBias: settings.normHasBias, normEpsilon: settings.normEpsilon),
      dropout: isForWords ? 0 : try fields.number("classifier_dropout"),
      output: isForWords
        ? .tokens(bias: try fields.bool("decoder_bias") ? "decoder.bias" : nil) : .labels("classifier"))
  }

  /// The heads must divide the hidden size, and be of an even size.
  public static func conflict(in object: JSONObject) -> (key: String, message: String)? {
    let (size, heads) = ("hidden_size", "num_attention_heads")
    if let found = EncoderKeys.headConflict(object, keys, size: size, heads: heads) { return found }
    let value = EncoderKeys.value(object, keys)
    guard let width = value(size), let count = value(heads), count > 0, width / count % 2 != 0 else { return nil }
    return (
      object[heads] != nil ? heads : size,
      "hidden_size / num_attention_heads (\(width / count)) must be even, as pairs of elements are turned"
    )
  }

  /// The head of the task.
  public var head: EncoderHeadSettings? { task == .embeddings ? nil : taskHead }
  /// `max_position_embeddings`.
  public static var lengthKey: String { "max_position_embeddings" }
  /// `max_position_embeddings`.
  public var maximumLength: Int { settings.positionCount }
  /// `vocab_size`.
  public var vocabularySize: Int { settings.vocabularySize }
  /// The size of hidden states.
  public var hiddenSize: Int { settings.hiddenSize }
  /// The initial values of the head's matrices.
  public var headInitialization: Initialization { settings.initialization }
  /// Six operations for each weight of a layer's matrix products, and the products of attention.
  public func trainingOperations(length: Int) -> Double { settings.trainingOperations(length: length) }
  /// The encoder, built in a scope.
  public func encoder(_ scope: Scope) -> any TextEncoder { ModernBert(settings, scope) }
}

/// What `ModernBert` is built from.
public struct ModernBertSettings: Sendable, Hashable {
  /// Tokens in the vocabulary.
  public let vocabularySize: Int
  /// The longest text that the model was made for.
  public let positionCount: Int
  /// The size of hidden states.
  public let hiddenSize: Int
  /// The number of layers.
  public let layerCount: Int
  /// The number of attention heads.
  public let headCount: Int
  /// The size inside of the feed-forward layers.
  public let innerSize: Int
  /// The activation of the feed-forward layers' gates.
  public let activation: Activation
  /// The distance from which on a token sees no others in the layers that have a window.
  public let window: Int
  /// Which layers have the window.
  public let localLayers: Set<Int>
  /// The positions in the layers without a window, and in those with one.
  public let globalRotary, localRotary: RotaryEmbedding
  /// The dropout of the embeddings, of attention, and in the feed-forward layers.
  public let embeddingDropout, attentionDropout, feedForwardDropout: Double
  /// Which layers have biases.
  public let attentionHasBias, feedForwardHasBias, normHasBias: Bool
  /// What layer norms add to the variance.
  public let normEpsilon: Double
  /// The standard deviation of initial weights.
  public let initializerRange: Double

  /// Reads checked keys.
  ///
  /// Throws: `MartletError(.malformedFile)`, naming the key.
  init(_ fields: JSONFields) throws {
    vocabularySize = try fields.integer("vocab_size")
    positionCount = try fields.integer("max_position_embeddings")
    hiddenSize = try fields.integer("hidden_size")
    layerCount = try fields.integer("num_hidden_layers")
    headCount = try fields.integer("num_attention_heads")
    innerSize = try fields.integer("intermediate_size")
    activation = try Activation(named: fields.string("hidden_activation"))
    // The key counts both sides; a token itself is seen too.
    window = try fields.integer("local_attention") / 2 + 1
    let types = try fields.strings("layer_types", default: [])
    let every = try fields.integer("global_attn_every_n_layers")
    let known = ["sliding_attention", "full_attention"]
    guard types.isEmpty || types.count == layerCount && types.allSatisfy(known.contains) else {
      throw fields.failure("layer_types", mustBe: "\(layerCount) times sliding_attention or full_attention")
    }
    localLayers = Set((0..<layerCount).filter { types.isEmpty ? $0 % every != 0 : types[$0] == known[0] })
    let globalBase = try fields.number("global_rope_theta")
    let size = hiddenSize / headCount
    globalRotary = RotaryEmbedding(size: size, base: globalBase)
    localRotary = RotaryEmbedding(size: size, base: try fields.number("local_rope_theta", default: globalBase))
    embeddingDropout = try fields.number("embedding_dropout")
    attentionDropout = try fields.number("attention_dropout")
    feedForwardDropout = try fields.number("mlp_dropout")
    attentionHasBias = try fields.bool("attention_bias")
    feedForwardHasBias = try fields.bool("mlp_bias")
    normHasBias = try fields.bool("norm_bias")
    normEpsilon = try fields.number("norm_eps")
    initializerRange = try fields.number("initializer_range")
  }

  /// The initial values of matrices.
  var initialization: Initialization { .truncatedNormal(initializerRange) }
  /// The initial values of projections into the residual stream, to which each of 2 L layers adds.
  var residualInitialization: Initialization {
    .truncatedNormal(initializerRange / (2 * Double(layerCount)).squareRoot())
  }

  func norm(_ scope: Scope) -> LayerNormalization {
    LayerNormalization(hiddenSize, epsilon: normEpsilon, hasBias: normHasBias, scope)
  }

  /// Six operations for each weight of a layer's matrix products, and the products of attention.
  ///
  /// Source: Chowdhery et al., "PaLM", 2022, appendix B.
  func trainingOperations(length: Int) -> Double {
    let (d, inner) = (Double(hiddenSize), Double(innerSize))
    let near = Double(min(length, 2 * window - 1) * localLayers.count)
    let seen = near + Double(length) * Double(layerCount - localLayers.count)
    return 6 * Double(layerCount) * (4 * d * d + 3 * d * inner) + 12 * d * seen
  }
}

extension EncoderKeys {
  /// The keys of ModernBERT.
  static let modernBert: [ConfigurationKey] = [
    size("num_hidden_layers", 1024, 22, "6", ["num_layers", "n_layer", "layers"], "Transformer blocks."),
    size("num_attention_heads", 1 << 16, 12, "6", ["num_heads", "n_head", "heads"], "Attention heads."),
    size("hidden_size", 1 << 20, 768, "384", ["d_model", "dim", "n_embd", "width"], "The hidden size."),
    size(
      "intermediate_size", 1 << 24, 1152, "576", ["n_inner", "d_ff", "hidden_dim"],
      "The inner size of the feed-forward layers."),
    positions(8192), vocabularySize(50368), activation("hidden_activation"),
    ConfigurationKey(
      "local_attention", .integer(1...1 << 24), .integer(128), otherNames: ["window", "sliding_window"],
      "Tokens that one sees, half of them on each side, in the layers that have a window."),
    size(
      "global_attn_every_n_layers", 1024, 3, "3", [], "One of so many layers, from the first on, has no window."),
    ConfigurationKey(
      "global_rope_theta", .numberAbove(1, upTo: 1e12), .double(160_000), otherNames: ["rope_theta"],
      "The base of the rotary positions' wavelengths in the layers without a window."),
    ConfigurationKey(
      "local_rope_theta", .numberAbove(1, upTo: 1e12), .null, newModels: .double(10000),
      derivedFrom: "global_rope_theta where a file says null", example: "10000.0",
      "The base of the rotary positions' wavelengths in the layers with a window."),
    rate("embedding_dropout", 0, "Dropout of the embeddings."),
    rate("attention_dropout", 0, "Dropout of the attention weights and of what attention adds."),
    rate("mlp_dropout", 0, "Dropout in the feed-forward layers."),
    rate("classifier_dropout", 0, "Dropout in front of the layer that gives labels."),
    ConfigurationKey("attention_bias", .bool, .bool(false), "Whether the projections of attention have biases."),
    ConfigurationKey("mlp_bias", .bool, .bool(false), "Whether the feed-forward layers have biases."),
    ConfigurationKey("norm_bias", .bool, .bool(false), "Whether the norms have biases."),
    ConfigurationKey("classifier_bias", .bool, .bool(false), "Whether the head's hidden layer has a bias."),
    ConfigurationKey("decoder_bias", .bool, .bool(true), "Whether the output layer of masked words has a bias."),
    activation("classifier_activation"),
    ConfigurationKey(
      "classifier_pooling", .choice(Pooling.allCases.map(\.rawValue)), .string("cls"), otherNames: ["pooling"],
      "What labels of texts are made of: the first token or the mean of all."),
    ConfigurationKey(
      "norm_eps", .numberAbove(0, upTo: 1), .double(1e-5), otherNames: ["layer_norm_eps"],
      "What keeps the denominator of layer normalisation from zero."),
    initializerRange,
  ]

  /// Writes `rope_parameters`, of today's transformers, as the two keys that all versions read.
  static func separateRotary(_ fields: inout JSONFields) throws {
    let names = [("full_attention", "global_rope_theta"), ("sliding_attention", "local_rope_theta")]
    if let value = fields.object["rope_parameters"], value != .null {
      let all = try fields.fields("rope_parameters")
      for (layers, key) in names where all.object[layers].map({ $0 != .null }) ?? false {
        let given = try all.fields(layers)
        let kind = try given.string("rope_type", default: "default")
        if kind != "default" { throw unsupported("rope_parameters.\(layers).rope_type is '\(kind)'", fields) }
        if let theta = given.object["rope_theta"], fields.object[key] == nil { fields.object[key] = theta }
      }
    }
    fields.object["rope_parameters"] = nil
    // A file without the key has the default, one that says null the base of the other layers.
    if fields.object["local_rope_theta"] == nil { fields.object["local_rope_theta"] = .double(10000) }
  }
}
