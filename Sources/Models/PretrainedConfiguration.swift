import Core
import Layers
import TensorGraph

/// The configuration of a model: the keys of its `config.json`, checked.
public protocol PretrainedConfiguration: Sendable {
  /// The value of `model_type`.
  static var modelType: String { get }
  /// The keys that a person may set, in `config.json` and in the `model:` section of a recipe: the one list of them.
  static var keys: [ConfigurationKey] { get }
  /// What is wrong with values that are right each for itself, or nil: the key at fault and a sentence about it.
  static func conflict(in object: JSONObject) -> (key: String, message: String)?

  /// Reads and checks the keys; those that are missing have their defaults, other keys are kept.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the key.
  init(_ fields: JSONFields) throws

  /// The class of Hugging Face's `transformers` that loads it.
  var architecture: String { get }
  /// All keys, as `config.json` has them.
  var object: JSONObject { get }
  /// The number of tokens in the vocabulary.
  var vocabularySize: Int { get }
  /// The key of the largest number of tokens that it sees at once.
  static var lengthKey: String { get }
  /// The largest number of tokens that it sees at once.
  var maximumLength: Int { get }
  /// Arithmetic operations of a training step for each token of sequences of this length: forward and backward.
  func trainingOperations(length: Int) -> Double

  /// Declares the model's parameters in a scope.
  func declareParameters(_ scope: Scope)
  /// The parameter that a tensor in a checkpoint holds, or nil for one that no parameter needs.
  func parameterName(ofStored name: String) -> String?
  /// The parameter that a tensor in a checkpoint is a copy of, which is read where the parameter itself is not stored.
  func parameterName(copiedBy name: String) -> String?
}

/// A key of a model's configuration that a person may set.
public struct ConfigurationKey: Sendable, Hashable {
  /// The name in `config.json`.
  public var name: String
  /// Other names that Hugging Face's configurations accept for it.
  public var aliases: [String]
  /// Names that people may look for it by.
  public var otherNames: [String]
  /// What it may hold; where the fallback is null, also null.
  public var rule: ValueRule
  /// The value where `config.json` lacks it.
  public var fallback: JSONValue
  /// The value in models that are trained from scratch, where that is another.
  public var newModelValue: JSONValue?
  /// What the value of such a model is derived from, in words, where it is not always the same.
  public var derivation: String?
  /// A value that makes sense, where the default is no good example.
  public var example: String?
  /// What it says, one sentence.
  public var documentation: String

  /// A key.
  public init(
    _ name: String, _ rule: ValueRule, _ fallback: JSONValue, newModels newModelValue: JSONValue? = nil,
    derivedFrom derivation: String? = nil, example: String? = nil, aliases: [String] = [], otherNames: [String] = [],
    _ documentation: String
  ) {
    self.name = name
    self.rule = rule
    self.fallback = fallback
    self.newModelValue = newModelValue
    self.derivation = derivation
    self.example = example
    self.aliases = aliases
    self.otherNames = otherNames
    self.documentation = documentation
  }
}

extension PretrainedConfiguration {
  /// None.
  public func parameterName(copiedBy name: String) -> String? { nil }

  /// The parameters in the order of their declaration.
  ///
  /// Throws: `MartletError(.shape)` when the model's operations do not fit.
  public var parameters: [ParameterSpecification] { get throws { try parameters(Adaptation()) } }

  /// The parameters in the order of their declaration, with the adapters that an adaptation adds.
  ///
  /// Throws: `MartletError(.shape)` when the model's operations do not fit.
  public func parameters(_ adaptation: Adaptation) throws -> [ParameterSpecification] {
    let trace = Trace()
    let scope = Scope(trace, adaptation: adaptation)
    declareParameters(scope)
    if let error = trace.error { throw error }
    return scope.parameters
  }

  /// Checks that sequences of `length` tokens fit the model.
  ///
  /// Throws: `MartletError(.invalidArgument)`, naming the key that limits it.
  public func requireLength(_ length: Int) throws {
    let (key, limit) = (Self.lengthKey, maximumLength)
    guard length > limit else { return }
    throw MartletError(
      .invalidArgument, "sequences of \(length) tokens are longer than the model's \(key), \(limit)",
      remedy: "Use sequences of at most \(limit) tokens, or train a model with a larger \(key).")
  }
}
