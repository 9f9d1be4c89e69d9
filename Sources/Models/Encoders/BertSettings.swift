import Core
import Layers

/// What `Bert` is built from: the values of a configuration of any model of that kind.
public struct BertSettings: Sendable, Hashable {
  /// Tokens in the vocabulary.
  public let vocabularySize: Int
  /// The rows of the table of positions.
  public let positionCount: Int
  /// The position of a sequence's first token.
  public let firstPosition: Int
  /// The kinds of tokens, 0 where there are none.
  public let tokenTypeCount: Int
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
  /// The dropout of the embeddings and of what each part of a layer adds.
  public let hiddenDropout: Double
  /// The dropout of attention weights.
  public let attentionDropout: Double
  /// What layer norms add to the variance.
  public let normEpsilon: Double
  /// The initial values of all matrices.
  public let initialization: Initialization
  /// What the parts of a layer are called.
  public let names: BertNames

  /// The largest length of a text.
  public var maximumLength: Int { positionCount - firstPosition }

  /// The keys of BERT and RoBERTa, checked.
  init(bert fields: JSONFields, firstPosition: Int) throws {
    vocabularySize = try fields.integer("vocab_size")
    positionCount = try fields.integer("max_position_embeddings")
    self.firstPosition = firstPosition
    tokenTypeCount = try fields.integer("type_vocab_size")
    hiddenSize = try fields.integer("hidden_size")
    layerCount = try fields.integer("num_hidden_layers")
    headCount = try fields.integer("num_attention_heads")
    innerSize = try fields.integer("intermediate_size")
    activation = try Activation(named: fields.string("hidden_act"))
    hiddenDropout = try fields.number("hidden_dropout_prob")
    attentionDropout = try fields.number("attention_probs_dropout_prob")
    normEpsilon = try fields.number("layer_norm_eps")
    initialization = .normal(try fields.number("initializer_range"))
    names = .bert
  }

  /// The keys of DistilBERT, checked.
  init(distilBert fields: JSONFields) throws {
    vocabularySize = try fields.integer("vocab_size")
    positionCount = try fields.integer("max_position_embeddings")
    firstPosition = 0
    tokenTypeCount = 0
    hiddenSize = try fields.integer("dim")
    layerCount = try fields.integer("n_layers")
    headCount = try fields.integer("n_heads")
    innerSize = try fields.integer("hidden_dim")
    activation = try Activation(named: fields.string("activation"))
    hiddenDropout = try fields.number("dropout")
    attentionDropout = try fields.number("attention_dropout")
    normEpsilon = 1e-12
    initialization = .normal(try fields.number("initializer_range"))
    names = .distilBert
  }

  /// Six operations for each weight of a layer's matrix products, and the products of attention.
  ///
  /// Source: Chowdhery et al., "PaLM", 2022, appendix B.
  func trainingOperations(length: Int) -> Double {
    let (d, inner) = (Double(hiddenSize), Double(innerSize))
    return Double(layerCount) * (6 * (4 * d * d + 2 * d * inner) + 12 * d * Double(length))
  }
}

/// What the parts of a layer are called in checkpoints.
public struct BertNames: Sendable, Hashable {
  let layers, query, key, value, attentionOutput, attentionNorm, up, down, outputNorm: String

  static let bert = BertNames(
    layers: "encoder.layer", query: "attention.self.query", key: "attention.self.key", value: "attention.self.value",
    attentionOutput: "attention.output.dense", attentionNorm: "attention.output.LayerNorm", up: "intermediate.dense",
    down: "output.dense", outputNorm: "output.LayerNorm")
  static let distilBert = BertNames(
    layers: "transformer.layer", query: "attention.q_lin", key: "attention.k_lin", value: "attention.v_lin",
    attentionOutput: "attention.out_lin", attentionNorm: "sa_layer_norm", up: "ffn.lin1", down: "ffn.lin2",
    outputNorm: "output_layer_norm")
}
