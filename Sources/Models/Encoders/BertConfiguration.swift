import Core
import Layers

/// The configuration of BERT, MiniLM and others, as Hugging Face's `BertConfig`.
public struct BertConfiguration: EncoderConfiguration, Hashable {
  /// `bert`.
  public static let modelType = "bert"
  /// `Bert`.
  public static let className = "Bert"
  /// `bert`.
  public static let prefix = "bert"
  /// The parts of the encoder.
  public static let parts: Set = ["embeddings", "encoder", "pooler"]
  /// The keys; the bounds keep every size within 64 bits, whatever a file says.
  public static let keys = EncoderKeys.bert(vocabulary: 30522)
  /// All keys.
  public let object: JSONObject
  /// Their values.
  public let settings: BertSettings
  /// What the model is for.
  public let task: EncoderTask
  /// The names of the labels.
  public let labels: [String]
  private let classifierDropout: Double

  /// Reads and checks the keys.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  public init(_ given: JSONFields) throws {
    let fields = try EncoderKeys.complete(given, Self.self)
    settings = try BertSettings(bert: fields, firstPosition: 0)
    classifierDropout = try fields.number("classifier_dropout", default: settings.hiddenDropout)
    let purpose = try EncoderPurpose(fields, className: Self.className)
    (task, labels, object) = (purpose.task, purpose.labels, fields.object)
  }

  /// The heads must divide the hidden size.
  public static func conflict(in object: JSONObject) -> (key: String, message: String)? {
    EncoderKeys.headConflict(object, keys, size: "hidden_size", heads: "num_attention_heads")
  }

  /// The head of the task.
  public var head: EncoderHeadSettings? {
    switch task {
    case .embeddings: nil
    case .maskedWords:
      EncoderHeadSettings(
        transform: .init(
          dense: "cls.predictions.transform.dense", activation: settings.activation,
          norm: "cls.predictions.transform.LayerNorm", normEpsilon: settings.normEpsilon),
        output: .tokens(bias: "cls.predictions.bias"))
    case .textLabels:
      EncoderHeadSettings(
        pooling: .first, transform: .init(dense: "bert.pooler.dense", activation: .tanh), dropout: classifierDropout,
        output: .labels("classifier"))
    case .tokenLabels: EncoderHeadSettings(dropout: classifierDropout, output: .labels("classifier"))
    case .spans: EncoderHeadSettings(output: .labels("qa_outputs"))
    }
  }
}

/// The configuration of RoBERTa, as Hugging Face's `RobertaConfig`.
public struct RobertaConfiguration: EncoderConfiguration, Hashable {
  /// `roberta`.
  public static let modelType = "roberta"
  /// `Roberta`.
  public static let className = "Roberta"
  /// `roberta`.
  public static let prefix = "roberta"
  /// The parts of the encoder.
  public static let parts: Set = ["embeddings", "encoder", "pooler"]
  /// The keys.
  public static let keys =
    EncoderKeys.bert(vocabulary: 50265)
    + [
      ConfigurationKey(
        "pad_token_id", .integer(0...1 << 24), .integer(1), derivedFrom: "the tokenizer's", example: "1",
        "The token of padding; positions are counted from the number behind it.")
    ]
  /// All keys.
  public let object: JSONObject
  /// Their values.
  public let settings: BertSettings
  /// What the model is for.
  public let task: EncoderTask
  /// The names of the labels.
  public let labels: [String]
  private let classifierDropout: Double

  /// Reads and checks the keys.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  public init(_ given: JSONFields) throws {
    let fields = try EncoderKeys.complete(given, Self.self)
    settings = try BertSettings(
      bert: fields, firstPosition: fields.integer("pad_token_id", in: 0...Int.max >> 1) + 1)
    classifierDropout = try fields.number("classifier_dropout", default: settings.hiddenDropout)
    let purpose = try EncoderPurpose(fields, className: Self.className)
    (task, labels, object) = (purpose.task, purpose.labels, fields.object)
  }

  /// The heads must divide the hidden size, and there must be positions behind that of padding.
  public static func conflict(in object: JSONObject) -> (key: String, message: String)? {
    let value = EncoderKeys.value(object, keys)
    let (positions, padding) = (value("max_position_embeddings") ?? 514, value("pad_token_id") ?? 1)
    if positions <= padding + 1 {
      return (
        "max_position_embeddings",
        "max_position_embeddings (\(positions)) must be above pad_token_id + 1 (\(padding + 1)), the first position"
      )
    }
    return EncoderKeys.headConflict(object, keys, size: "hidden_size", heads: "num_attention_heads")
  }

  /// The head of the task.
  public var head: EncoderHeadSettings? {
    switch task {
    case .embeddings: nil
    case .maskedWords:
      EncoderHeadSettings(
        transform: .init(
          dense: "lm_head.dense", activation: .gelu, norm: "lm_head.layer_norm", normEpsilon: settings.normEpsilon),
        output: .tokens(bias: "lm_head.bias"))
    case .textLabels:
      EncoderHeadSettings(
        pooling: .first, inputDropout: classifierDropout,
        transform: .init(dense: "classifier.dense", activation: .tanh), dropout: classifierDropout,
        output: .labels("classifier.out_proj"))
    case .tokenLabels: EncoderHeadSettings(dropout: classifierDropout, output: .labels("classifier"))
    case .spans: EncoderHeadSettings(output: .labels("qa_outputs"))
    }
  }
}

/// The configuration of DistilBERT, as Hugging Face's `DistilBertConfig`.
public struct DistilBertConfiguration: EncoderConfiguration, Hashable {
  /// `distilbert`.
  public static let modelType = "distilbert"
  /// `DistilBert`.
  public static let className = "DistilBert"
  /// `distilbert`.
  public static let prefix = "distilbert"
  /// The parts of the encoder.
  public static let parts: Set = ["embeddings", "transformer"]
  /// The keys.
  public static let keys = EncoderKeys.distilBert
  /// All keys.
  public let object: JSONObject
  /// Their values.
  public let settings: BertSettings
  /// What the model is for.
  public let task: EncoderTask
  /// The names of the labels.
  public let labels: [String]
  private let textDropout, spanDropout: Double

  /// Reads and checks the keys.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  public init(_ given: JSONFields) throws {
    let fields = try EncoderKeys.complete(given, Self.self)
    if try fields.bool("sinusoidal_pos_embds", default: false) {
      throw EncoderKeys.unsupported("sinusoidal_pos_embds is true: positions that are not learnt", fields)
    }
    settings = try BertSettings(distilBert: fields)
    textDropout = try fields.number("seq_classif_dropout")
    spanDropout = try fields.number("qa_dropout")
    let purpose = try EncoderPurpose(fields, className: Self.className)
    (task, labels, object) = (purpose.task, purpose.labels, fields.object)
  }

  /// The heads must divide the hidden size.
  public static func conflict(in object: JSONObject) -> (key: String, message: String)? {
    EncoderKeys.headConflict(object, keys, size: "dim", heads: "n_heads")
  }

  /// The head of the task.
  public var head: EncoderHeadSettings? {
    switch task {
    case .embeddings: nil
    case .maskedWords:
      EncoderHeadSettings(
        transform: .init(
          dense: "vocab_transform", activation: settings.activation, norm: "vocab_layer_norm",
          normEpsilon: settings.normEpsilon),
        output: .tokens(bias: "vocab_projector.bias"))
    case .textLabels:
      EncoderHeadSettings(
        pooling: .first, transform: .init(dense: "pre_classifier", activation: .relu), dropout: textDropout,
        output: .labels("classifier"))
    case .tokenLabels: EncoderHeadSettings(dropout: settings.hiddenDropout, output: .labels("classifier"))
    case .spans: EncoderHeadSettings(dropout: spanDropout, output: .labels("qa_outputs"))
    }
  }
}

/// A configuration whose encoder is `Bert`.
public protocol BertLikeConfiguration: EncoderConfiguration {
  /// The values of the keys.
  var settings: BertSettings { get }
}

extension BertConfiguration: BertLikeConfiguration {}
extension RobertaConfiguration: BertLikeConfiguration {}
extension DistilBertConfiguration: BertLikeConfiguration {}

extension BertLikeConfiguration {
  /// `max_position_embeddings`.
  public static var lengthKey: String { "max_position_embeddings" }
  /// The longest text.
  public var maximumLength: Int { settings.maximumLength }
  /// `vocab_size`.
  public var vocabularySize: Int { settings.vocabularySize }
  /// The size of hidden states.
  public var hiddenSize: Int { settings.hiddenSize }
  /// The initial values of the head's matrices.
  public var headInitialization: Initialization { settings.initialization }
  /// Six operations for each weight of a layer's matrix products, and the products of attention.
  public func trainingOperations(length: Int) -> Double { settings.trainingOperations(length: length) }
  /// The encoder, built in a scope.
  public func encoder(_ scope: Scope) -> any TextEncoder { Bert(settings, scope) }
}
