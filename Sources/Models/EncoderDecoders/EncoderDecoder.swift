import Layers
import TensorGraph

/// A source text as the layers of a decoder see it.
public struct EncodedSource {
  /// The keys and values of each decoder layer, `[B, S, K, D]`.
  public var layers: [(keys: Tensor, values: Tensor)]
  /// The tokens of each source, behind which padding lies, i32[B]; nil where there is none.
  public var lengths: Tensor?

  /// A source; see the properties.
  public init(layers: [(keys: Tensor, values: Tensor)], lengths: Tensor?) {
    self.layers = layers
    self.lengths = lengths
  }
}

/// A model that reads a source text and writes a target text from left to right, traced into a program.
public protocol EncoderDecoder {
  /// Reads sources.
  func encode(_ source: EncoderInput) -> EncodedSource
  /// The hidden states `[R * T, D]` that give logits with the head, of the targets' tokens i32[R, T].
  ///
  /// R is a multiple of the number of sources: so many targets after each other belong to one source. With a cache, the
  /// tokens follow those that the cache holds up to its position.
  func hidden(_ tokens: Tensor, _ source: EncodedSource, cache: KeyValueCache?) -> Tensor
  /// The matrix `[V, D]` that gives logits from hidden states.
  var head: Tensor { get }
}

extension EncoderDecoder {
  /// The logits of the token that follows each, `[B, T, V]`, of targets' tokens i32[B, T].
  public func logits(_ source: EncoderInput, _ tokens: Tensor) -> Tensor {
    hidden(tokens, encode(source), cache: nil).linear(head, transposed: true).reshape(tokens.shape + [head.size(0)])
  }

  /// The losses of single tokens `[B * T]`, 0 where a target is negative.
  ///
  /// - Parameters:
  ///   - tokens: the targets shifted by one, behind the token that they begin with, i32[B, T].
  ///   - targets: the tokens to predict, i32[B, T].
  ///   - labelSmoothing: the part of the probability that is to be spread over all tokens.
  public func losses(
    _ source: EncoderInput, _ tokens: Tensor, targets: Tensor, labelSmoothing: Double = 0
  ) -> Tensor {
    hidden(tokens, encode(source), cache: nil)
      .linearCrossEntropy(weight: head, targets: targets.reshape([-1]), labelSmoothing: labelSmoothing)
  }
}

/// The configuration of an encoder-decoder.
public protocol EncoderDecoderConfiguration: PretrainedConfiguration {
  /// The token that targets begin with, which is no part of them.
  var startToken: Int32 { get }
  /// The token that fills sources and targets up.
  var paddingToken: Int32 { get }
  /// The token that ends sources and targets.
  var endToken: Int32 { get }
  /// The model, built in a scope.
  func model(_ scope: Scope) -> any EncoderDecoder
}

extension EncoderDecoderConfiguration {
  /// Declares the model's parameters in a scope.
  public func declareParameters(_ scope: Scope) { _ = model(scope) }
}

extension EncoderDecoder {
  /// The losses of single tokens `[B * T]`, 0 where a target is negative, of rows that hold a source and, behind it, what
  /// the decoder reads, i32[B, S + T]; their targets are behind as many that do not count.
  public func losses(
    ofRows tokens: Tensor, targets: Tensor, sourceLength: Int, paddingToken: Int32, labelSmoothing: Double = 0
  ) -> Tensor {
    func part(_ rows: Tensor, isTarget: Bool) -> Tensor {
      rows.slice(
        axis: 1, start: isTarget ? sourceLength : 0, length: isTarget ? rows.size(1) - sourceLength : sourceLength)
    }
    return losses(
      EncoderInput(tokens: part(tokens, isTarget: false), paddingID: paddingToken), part(tokens, isTarget: true),
      targets: part(targets, isTarget: true), labelSmoothing: labelSmoothing)
  }
}
