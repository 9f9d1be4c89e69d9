import Core
import Formats
import Layers
import TensorGraph

/// What an encoder with its head is for.
public enum EncoderTask: String, Sendable, Hashable, CaseIterable {
  /// Vectors of whole texts, without a head.
  case embeddings = "Model"
  /// The words behind masks.
  case maskedWords = "ForMaskedLM"
  /// A label for each text.
  case textLabels = "ForSequenceClassification"
  /// A label for each token.
  case tokenLabels = "ForTokenClassification"
  /// Where the answer to a question begins and ends.
  case spans = "ForQuestionAnswering"

  /// Whether the labels are the user's.
  public var hasLabels: Bool { self == .textLabels || self == .tokenLabels }
}

/// The configuration of an encoder with a head, which `architectures` and `id2label` name.
public protocol EncoderConfiguration: PretrainedConfiguration {
  /// What the names of `transformers`' classes begin with, as `Bert` in `BertForMaskedLM`.
  static var className: String { get }
  /// What the names of the encoder's parameters begin with where there is a head.
  static var prefix: String { get }
  /// What comes first in the names of the encoder's parameters, behind the prefix.
  static var parts: Set<String> { get }

  /// What the model is for.
  var task: EncoderTask { get }
  /// The names of the labels, in the order of their numbers; two where the answer has a start and an end.
  var labels: [String] { get }
  /// The size of hidden states.
  var hiddenSize: Int { get }
  /// The initial values of the head's matrices.
  var headInitialization: Initialization { get }
  /// The head, or nil where there is none.
  var head: EncoderHeadSettings? { get }
  /// The encoder, built in a scope that has the prefix already.
  func encoder(_ scope: Scope) -> any TextEncoder
}

extension EncoderConfiguration {
  /// The class of `transformers` for the task.
  public var architecture: String { Self.className + task.rawValue }

  /// The names of the parameters of the head, sorted.
  public var headParameterNames: [String] { (head?.parameterNames ?? []).sorted() }

  /// The model with its head, built in a scope.
  public func model(_ scope: Scope) -> EncoderModel { EncoderModel(self, scope) }

  /// Declares the parameters of the encoder and its head.
  public func declareParameters(_ scope: Scope) { _ = model(scope) }

  /// The same encoder for another task, with a new head.
  ///
  /// - Parameter labels: the names of labels, where the task has any.
  ///
  /// Throws: `MartletError(.invalidArgument)` when labels are missing or repeated.
  public func adapted(to task: EncoderTask, labels: [String] = []) throws -> Self {
    if task.hasLabels, labels.isEmpty || Set(labels).count != labels.count {
      throw MartletError(
        .invalidArgument, "\(task.rawValue) needs labels, each once", remedy: "Give the names of all labels.")
    }
    var object = object
    object["architectures"] = .array([.string(Self.className + task.rawValue)])
    for key in ["id2label", "label2id", "num_labels"] { object[key] = nil }
    if task.hasLabels {
      var (names, numbers) = (JSONObject(), JSONObject())
      for (index, label) in labels.enumerated() {
        names["\(index)"] = .string(label)
        numbers[label] = .integer(index)
      }
      object["id2label"] = .object(names)
      object["label2id"] = .object(numbers)
    }
    return try Self(JSONFields(object, file: "the configuration of \(architecture)"))
  }

  /// The parameter that a tensor in a checkpoint holds: names may lack the prefix or be those of the first BERT files,
  /// and heads for other tasks are left out.
  public func parameterName(ofStored stored: String) -> String? {
    var name = stored
    for (old, new) in [(".gamma", ".weight"), (".beta", ".bias")] where name.hasSuffix("LayerNorm\(old)") {
      name = String(name.dropLast(old.count)) + new
    }
    let own = head?.parameterNames ?? []
    if own.contains(name) { return name }
    let start = Self.prefix + "."
    let inner = name.hasPrefix(start) ? String(name.dropFirst(start.count)) : name
    let whole = task == .embeddings ? inner : start + inner
    if own.contains(whole) { return whole }
    guard Self.parts.contains(inner.firstPart) else { return Self.heads.contains(inner.firstPart) ? nil : stored }
    if ["embeddings.position_ids", "embeddings.token_type_ids"].contains(inner) { return nil }
    // A pooler that is part of no head; without one, it is kept with the encoder.
    return inner.firstPart == "pooler" && task != .embeddings ? nil : whole
  }

  /// What comes first in the names of heads.
  private static var heads: Set<String> {
    [
      "cls", "lm_head", "vocab_transform", "vocab_layer_norm", "vocab_projector", "head", "decoder", "pre_classifier",
      "classifier", "qa_outputs",
    ]
  }
}

extension String {
  /// What stands before the first dot.
  fileprivate var firstPart: String { String(prefix { $0 != "." }) }
}

/// The task and the labels of a configuration.
struct EncoderPurpose: Sendable, Hashable {
  /// More than these are no labels.
  static let mostLabels = 1 << 20
  let task: EncoderTask
  let labels: [String]

  /// Reads `architectures`, and `id2label` or `num_labels`.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  init(_ fields: JSONFields, className: String) throws {
    let named = try fields.strings("architectures", default: []).first
    switch named {
    case nil: task = .embeddings
    case className + "ForPreTraining": task = .maskedWords
    case let name?:
      guard name.hasPrefix(className), let known = EncoderTask(rawValue: String(name.dropFirst(className.count))) else {
        throw MartletError(
          .unsupported, "key architectures is '\(name)'", at: fields.file,
          remedy: "Known ones: \(EncoderTask.allCases.map { className + $0.rawValue }.joined(separator: ", ")).")
      }
      task = known
    }
    guard task.hasLabels || task == .spans else {
      labels = []
      return
    }
    if let value = fields.object["id2label"], value != .null {
      let names = try fields.fields("id2label")
      labels = try (0..<min(names.object.keys.count, Self.mostLabels)).map { try names.string("\($0)") }
    } else {
      labels = (0..<(try fields.integer("num_labels", in: 1...Self.mostLabels, default: 2))).map { "LABEL_\($0)" }
    }
    if task == .spans, labels.count != 2 {
      throw fields.failure("id2label", mustBe: "left out, as answers have two ends")
    }
    if labels.isEmpty { throw fields.failure("id2label", mustBe: "names of labels by number") }
  }
}
