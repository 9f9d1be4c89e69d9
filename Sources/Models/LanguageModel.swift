import Core
import Layers
import TensorGraph

/// A model of text from left to right, traced into a program: what training, evaluation and generation need of it.
public protocol LanguageModel {
  /// The hidden states `[B * T, D]`, after the last normalisation, of tokens i32[B, T].
  ///
  /// With a cache, the tokens follow those that the cache holds up to its position.
  func hidden(_ tokens: Tensor, cache: KeyValueCache?) -> Tensor
  /// The matrix `[V, D]` that gives logits from hidden states.
  var head: Tensor { get }
}

extension LanguageModel {
  /// The losses of single tokens `[B * T]` for tokens and the targets that follow them, both i32[B, T]; 0 where a
  /// target is negative.
  ///
  /// - Parameter smoothing: the part of each target that is spread over all tokens.
  public func losses(_ tokens: Tensor, _ targets: Tensor, smoothing: Double = 0) -> Tensor {
    hidden(tokens, cache: nil).linearCrossEntropy(weight: head, targets: targets.reshape([-1]), smoothing: smoothing)
  }

  /// The logits of the token that follows each, `[B, T, V]`, of tokens i32[B, T].
  public func logits(_ tokens: Tensor) -> Tensor {
    hidden(tokens, cache: nil).linear(head, transposed: true).reshape(tokens.shape + [head.size(0)])
  }
}

/// The configuration of a language model.
public protocol LanguageModelConfiguration: PretrainedConfiguration {
  /// The class of Hugging Face's `transformers` that loads it.
  static var architecture: String { get }
  /// The model, built in a scope.
  func model(_ scope: Scope) -> any LanguageModel
}

extension LanguageModelConfiguration {
  /// The class of Hugging Face's `transformers` that loads it.
  public var architecture: String { Self.architecture }
  /// Declares the model's parameters in a scope.
  public func declareParameters(_ scope: Scope) { _ = model(scope) }
}
