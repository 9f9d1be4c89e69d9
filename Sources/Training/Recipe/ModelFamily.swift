import Core

/// What a family of models allows under `model:`, besides `type` and `from`: keys of its Hugging Face configuration.
public struct ModelFamily: Sendable {
  /// A key of the family's configuration.
  public struct Key: Sendable {
    /// Its name.
    public let name: String
    /// What it may hold.
    public let rule: ValueRule
    /// A value that makes sense.
    public let example: String
    /// What it holds when it is not given.
    public let defaultText: String
    /// What it means, one sentence.
    public let documentation: String
    /// Names that other families and programs use for it.
    let otherNames: [String]

    /// A key.
    public init(
      _ name: String, _ rule: ValueRule, default fallback: String, example: String? = nil, otherNames: [String] = [],
      _ documentation: String
    ) {
      self.name = name
      self.rule = rule
      self.defaultText = fallback
      self.example = example ?? fallback
      self.otherNames = otherNames
      self.documentation = documentation
    }
  }

  /// The name under `model.type`.
  public let type: String
  /// The keys.
  public let keys: [Key]
  /// What is wrong with keys that are right each for itself, or nil; the key at fault and a sentence about it.
  public let check: @Sendable (JSONObject) -> (key: String, message: String)?

  /// A family.
  public init(
    type: String, keys: [Key], check: @escaping @Sendable (JSONObject) -> (key: String, message: String)? = { _ in nil }
  ) {
    self.type = type
    self.keys = keys
    self.check = check
  }

  /// The families that recipes may name. A new family is added here.
  public static let all: [ModelFamily] = [gpt2]

  /// Radford et al., "Language models are unsupervised multitask learners", 2019.
  public static let gpt2 = ModelFamily(
    type: "gpt2",
    keys: [
      Key(
        "n_layer", .integer(1...10_000), default: "12", example: "6",
        otherNames: ["num_hidden_layers", "num_layers", "layers"], "Transformer blocks."),
      Key(
        "n_head", .integer(1...10_000), default: "12", example: "6",
        otherNames: ["num_attention_heads", "num_heads", "heads"], "Attention heads."),
      Key(
        "n_embd", .integer(1...1_000_000), default: "768", example: "384",
        otherNames: ["hidden_size", "d_model", "dim", "embedding_size", "width"], "The hidden size."),
      Key(
        "n_inner", .integer(1...10_000_000), default: "4 x n_embd", example: "1536",
        otherNames: ["intermediate_size", "d_ff"], "The inner size of the feed-forward layers."),
      Key(
        "n_positions", .integer(1...16_777_216), default: "train.context_length", example: "1024",
        otherNames: ["n_ctx", "max_position_embeddings"], "The longest sequence that the model can read."),
      Key(
        "vocab_size", .integer(1...16_777_216), default: "the tokenizer's", example: "50257",
        "The number of rows of the embedding; at least the tokenizer's."),
      Key(
        "activation_function", .choice(["gelu_new", "gelu", "gelu_pytorch_tanh", "relu", "silu"]), default: "gelu_new",
        otherNames: ["hidden_act", "activation"], "The function in the feed-forward layers."),
      Key(
        "layer_norm_epsilon", .numberAbove(0, upTo: 1), default: "1e-5", otherNames: ["layer_norm_eps"],
        "What keeps the denominator of layer normalisation from zero."),
      Key(
        "initializer_range", .number(from: 0), default: "0.02", otherNames: ["init_std"],
        "Standard deviation of the random weights."),
      Key(
        "resid_pdrop", .numberBelow(1, from: 0), default: "0", example: "0.1",
        otherNames: ["dropout", "hidden_dropout_prob"], "Dropout of what each block adds."),
      Key("embd_pdrop", .numberBelow(1, from: 0), default: "0", example: "0.1", "Dropout of the embeddings."),
      Key(
        "attn_pdrop", .numberBelow(1, from: 0), default: "0", example: "0.1",
        otherNames: ["attention_dropout", "attention_probs_dropout_prob"], "Dropout of the attention weights."),
      Key(
        "tie_word_embeddings", .bool, default: "true", otherNames: ["weight_tying"],
        "Whether the output layer has the weights of the token embedding."),
    ],
    check: { configuration in
      let width = configuration["n_embd"]?.integerValue ?? 768
      let heads = configuration["n_head"]?.integerValue ?? 12
      guard width % heads != 0 else { return nil }
      let key = configuration["n_head"] != nil ? "n_head" : "n_embd"
      return (key, "n_embd (\(width)) must be a multiple of n_head (\(heads))")
    })
}
