import Core
import Layers

/// A configuration of a model that `Llama` builds, with the keys and defaults of Hugging Face.
public protocol LlamaLikeConfiguration: LanguageModelConfiguration {
  /// How it differs from the others beyond the values of keys.
  static var family: LlamaFamily { get }
  /// The values of keys that a file leaves out, where a new model has others.
  static var fileDefaults: [String: JSONValue] { get }
  /// The values of the keys.
  var settings: LlamaSettings { get }
  /// A configuration of keys that were checked, and their values.
  init(object: JSONObject, settings: LlamaSettings)
}

/// The configuration of Llama, SmolLM and many others, as Hugging Face's `LlamaConfig`.
public struct LlamaConfiguration: LlamaLikeConfiguration, Hashable {
  /// `llama`.
  public static let modelType = "llama"
  /// `LlamaForCausalLM`.
  public static let architecture = "LlamaForCausalLM"
  /// The keys; the bounds keep every size within 64 bits, whatever a file says.
  public static let keys =
    LlamaKeys.common(vocabulary: 32000, inner: 11008, positions: 2048)
    + [
      ConfigurationKey(
        "attention_bias", .bool, .bool(false), "Whether the projections into and out of attention have biases."),
      ConfigurationKey("mlp_bias", .bool, .bool(false), "Whether the feed-forward layers have biases."),
    ]
  /// What is not in the keys.
  public static let family = LlamaFamily()
  /// What a file may leave out.
  public static let fileDefaults: [String: JSONValue] = [:]
  /// All keys.
  public let object: JSONObject
  /// Their values.
  public let settings: LlamaSettings

  /// A configuration of keys that were checked.
  public init(object: JSONObject, settings: LlamaSettings) { (self.object, self.settings) = (object, settings) }
}

/// The configuration of Mistral, as Hugging Face's `MistralConfig`.
public struct MistralConfiguration: LlamaLikeConfiguration, Hashable {
  /// `mistral`.
  public static let modelType = "mistral"
  /// `MistralForCausalLM`.
  public static let architecture = "MistralForCausalLM"
  /// The keys.
  public static let keys =
    LlamaKeys.common(vocabulary: 32000, inner: 14336, positions: 131_072)
    + [LlamaKeys.window("Tokens that one sees, itself included; all before it where null.")]
  /// What is not in the keys.
  public static let family = LlamaFamily(windows: .all)
  /// What a file may leave out.
  public static let fileDefaults: [String: JSONValue] = [
    "num_key_value_heads": .integer(8), "sliding_window": .integer(4096),
  ]
  /// All keys.
  public let object: JSONObject
  /// Their values.
  public let settings: LlamaSettings

  /// A configuration of keys that were checked.
  public init(object: JSONObject, settings: LlamaSettings) { (self.object, self.settings) = (object, settings) }
}

/// The configuration of Qwen2 and Qwen2.5, as Hugging Face's `Qwen2Config`.
public struct Qwen2Configuration: LlamaLikeConfiguration, Hashable {
  /// `qwen2`.
  public static let modelType = "qwen2"
  /// `Qwen2ForCausalLM`.
  public static let architecture = "Qwen2ForCausalLM"
  /// The keys.
  public static let keys =
    LlamaKeys.common(vocabulary: 151_936, inner: 22016, positions: 32768) + LlamaKeys.chosenWindows
  /// What is not in the keys.
  public static let family = LlamaFamily(queriesHaveBias: true, windows: .chosen)
  /// What a file may leave out.
  public static let fileDefaults: [String: JSONValue] = [
    "num_key_value_heads": .integer(32), "sliding_window": .integer(4096),
  ]
  /// All keys.
  public let object: JSONObject
  /// Their values.
  public let settings: LlamaSettings

  /// A configuration of keys that were checked.
  public init(object: JSONObject, settings: LlamaSettings) { (self.object, self.settings) = (object, settings) }
}

/// The configuration of Qwen3, as Hugging Face's `Qwen3Config`.
public struct Qwen3Configuration: LlamaLikeConfiguration, Hashable {
  /// `qwen3`.
  public static let modelType = "qwen3"
  /// `Qwen3ForCausalLM`.
  public static let architecture = "Qwen3ForCausalLM"
  /// The keys.
  public static let keys =
    LlamaKeys.common(vocabulary: 151_936, inner: 22016, positions: 32768) + LlamaKeys.chosenWindows
    + [
      ConfigurationKey(
        "attention_bias", .bool, .bool(false), "Whether the projections into and out of attention have biases.")
    ]
  /// What is not in the keys.
  public static let family = LlamaFamily(normalizesHeads: true, windows: .chosen)
  /// What a file may leave out.
  public static let fileDefaults: [String: JSONValue] = [
    "num_key_value_heads": .integer(32), "head_dim": .integer(128), "sliding_window": .integer(4096),
  ]
  /// All keys.
  public let object: JSONObject
  /// Their values.
  public let settings: LlamaSettings

  /// A configuration of keys that were checked.
  public init(object: JSONObject, settings: LlamaSettings) { (self.object, self.settings) = (object, settings) }
}

extension LlamaLikeConfiguration {
  /// Reads and checks the keys.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  public init(_ given: JSONFields) throws {
    var given = given
    for (key, value) in Self.fileDefaults where given.object[key] == nil { given.object[key] = value }
    try LlamaKeys.separateRotary(&given)
    var fields = try given.completed(Self.keys)
    if let (_, message) = Self.conflict(in: fields.object) {
      throw MartletError(.malformedFile, message, at: fields.file, remedy: "Change one of the two keys.")
    }
    let settings = try LlamaSettings(fields, Self.family)
    // Which belong to the tokenizer; the default ones are in vocabularies of Llama's size only.
    for (key, id) in [("bos_token_id", 1), ("eos_token_id", 2)] where fields.object[key] == nil {
      fields.object[key] = settings.vocabularySize == 32000 ? .integer(id) : .null
    }
    fields.object["model_type"] = .string(Self.modelType)
    self.init(object: fields.object, settings: settings)
  }

  /// Heads must divide what they share, and be of an even size.
  public static func conflict(in object: JSONObject) -> (key: String, message: String)? {
    // What a recipe leaves out has the value of new models; a file's keys are all there.
    func value(_ name: String) -> Int? {
      if let given = object[name] { return given.integerValue }
      return keys.first { $0.name == name }.flatMap { ($0.newModelValue ?? $0.fallback).integerValue }
    }
    let width = value("hidden_size") ?? 1
    let heads = max(1, value("num_attention_heads") ?? 1)
    let keyHeads = value("num_key_value_heads") ?? heads
    let size = value("head_dim") ?? width / heads
    if keyHeads < 1 || heads % keyHeads != 0 {
      let key = object["num_key_value_heads"] != nil ? "num_key_value_heads" : "num_attention_heads"
      return (key, "num_attention_heads (\(heads)) must be a multiple of num_key_value_heads (\(keyHeads))")
    }
    let key = object["num_attention_heads"] != nil ? "num_attention_heads" : "hidden_size"
    if value("head_dim") == nil, width % heads != 0 {
      return (key, "hidden_size (\(width)) must be a multiple of num_attention_heads (\(heads))")
    }
    guard size < 2 || size % 2 != 0 else { return nil }
    return object["head_dim"].flatMap(\.integerValue) != nil
      ? ("head_dim", "head_dim (\(size)) must be even, as pairs of elements are turned")
      : (key, "hidden_size / num_attention_heads (\(size)) must be even, as pairs of elements are turned")
  }

  /// The key of the longest text.
  public static var lengthKey: String { "max_position_embeddings" }
  /// `vocab_size`.
  public var vocabularySize: Int { settings.vocabularySize }
  /// `max_position_embeddings`.
  public var maximumLength: Int { settings.positionCount }
  /// Six operations for each weight of a matrix product, and the products of attention.
  public func trainingOperations(length: Int) -> Double { settings.trainingOperations(length: length) }
  /// The model, built in a scope.
  public func model(_ scope: Scope) -> any LanguageModel { Llama(settings, scope) }

  /// The parameter that a tensor in a checkpoint holds: names may lack `model.`, and old files hold frequencies.
  public func parameterName(ofStored name: String) -> String? {
    if name.hasSuffix(".rotary_emb.inv_freq") { return nil }
    if name == "lm_head.weight" { return settings.tiesEmbeddings ? nil : name }
    return name.hasPrefix("model.") ? name : "model.\(name)"
  }
}

/// The keys that configurations of the kind share.
enum LlamaKeys {
  static func common(vocabulary: Int, inner: Int, positions: Int) -> [ConfigurationKey] {
    [
      ConfigurationKey(
        "num_hidden_layers", .integer(1...1024), .integer(32), newModels: .integer(12), example: "6",
        otherNames: ["num_layers", "n_layer", "layers"],
        "Transformer blocks."),
      ConfigurationKey(
        "num_attention_heads", .integer(1...1 << 16), .integer(32), newModels: .integer(12), example: "6",
        otherNames: ["num_heads", "n_head", "heads"], "Query heads."),
      ConfigurationKey(
        "num_key_value_heads", .integer(1...1 << 16), .null, newModels: .null, derivedFrom: "num_attention_heads",
        example: "2", otherNames: ["num_kv_heads", "n_kv_heads"], "Heads of keys and values, which query heads share."),
      ConfigurationKey(
        "hidden_size", .integer(1...1 << 20), .integer(4096), newModels: .integer(768), example: "384",
        otherNames: ["d_model", "dim", "n_embd", "width"], "The hidden size."),
      ConfigurationKey(
        "head_dim", .integer(1...1 << 16), .null, newModels: .null, derivedFrom: "hidden_size / num_attention_heads",
        example: "64", "The size of a head."),
      ConfigurationKey(
        "intermediate_size", .integer(1...1 << 24), .integer(inner), newModels: .integer(2048), example: "1024",
        otherNames: ["n_inner", "d_ff", "ffn_dim"], "The inner size of the feed-forward layers."),
      ConfigurationKey(
        "max_position_embeddings", .integer(1...1 << 24), .integer(positions), derivedFrom: "train.context_length",
        example: "1024", otherNames: ["n_positions", "n_ctx"], "The longest sequence that the model is made for."),
      ConfigurationKey(
        "vocab_size", .integer(1...1 << 24), .integer(vocabulary), derivedFrom: "the tokenizer's",
        example: "\(vocabulary)", "The number of rows of the embedding; at least the tokenizer's."),
      ConfigurationKey(
        "hidden_act", .choice(Activation.allCases.map(\.rawValue)), .string("silu"),
        otherNames: ["activation_function", "activation"], "The function of the feed-forward layers' gates."),
      ConfigurationKey(
        "rms_norm_eps", .numberAbove(0, upTo: 1), .double(1e-6), otherNames: ["layer_norm_eps", "norm_eps"],
        "What keeps the denominator of normalisation from zero."),
      ConfigurationKey(
        "initializer_range", .number(0...1000), .double(0.02), otherNames: ["init_std"],
        "Standard deviation of the random weights."),
      ConfigurationKey(
        "attention_dropout", .numberBelow(1, from: 0), .double(0), example: "0.1",
        otherNames: ["attn_pdrop", "dropout"],
        "Dropout of the attention weights."),
      ConfigurationKey(
        "rope_theta", .numberAbove(1, upTo: 1e12), .double(10000), otherNames: ["rotary_base", "rope_base"],
        "The base of the rotary positions' wavelengths."),
      ConfigurationKey(
        "tie_word_embeddings", .bool, .bool(false), newModels: .bool(true), otherNames: ["weight_tying"],
        "Whether the output layer has the weights of the token embedding."),
    ]
  }

  static func window(_ documentation: String) -> ConfigurationKey {
    ConfigurationKey(
      "sliding_window", .integer(1...1 << 24), .null, newModels: .null, example: "4096",
      otherNames: ["window", "attention_window"], documentation)
  }

  static let chosenWindows = [
    window("Tokens that one sees, itself included, in the layers that have a window."),
    ConfigurationKey("use_sliding_window", .bool, .bool(false), "Whether layers have the window."),
    ConfigurationKey(
      "max_window_layers", .integer(0...1024), .integer(28), "The first layer with the window."),
  ]

  /// Writes `rope_parameters`, of today's transformers, as the `rope_theta` and `rope_scaling` that all versions read.
  static func separateRotary(_ fields: inout JSONFields) throws {
    guard let value = fields.object["rope_parameters"] else { return }
    fields.object["rope_parameters"] = nil
    guard value != .null else { return }
    guard var scaling = value.objectValue else {
      throw MartletError(
        .malformedFile, "key rope_parameters must be an object", at: fields.file, remedy: "Correct the key in the file."
      )
    }
    if let theta = scaling["rope_theta"] {
      fields.object["rope_theta"] = theta
      scaling["rope_theta"] = nil
    }
    guard fields.object["rope_scaling"] == nil else { return }
    fields.object["rope_scaling"] = scaling["rope_type"]?.stringValue == "default" ? .null : .object(scaling)
  }
}
