import Layers
import TensorGraph

/// What an encoder reads: sequences of tokens, filled up to one length with padding at their ends.
public struct EncoderInput {
  /// The tokens, i32[B, T].
  public var tokens: Tensor
  /// The kind of each token (such as first or second text), i32[B, T]; nil where all are of kind 0.
  public var tokenTypes: Tensor?
  /// The tokens of each sequence, 1 or more, behind which padding lies, i32[B]; nil where there is none.
  public var lengths: Tensor?

  /// Sequences of tokens.
  public init(tokens: Tensor, tokenTypes: Tensor? = nil, lengths: Tensor? = nil) {
    self.tokens = tokens
    self.tokenTypes = tokenTypes
    self.lengths = lengths
  }

  /// Sequences that end where padding begins: their lengths are the numbers of other tokens.
  public init(tokens: Tensor, tokenTypes: Tensor? = nil, paddingID: Int32) {
    let padding = tokens.compare(.equal, Double(paddingID)).convert(to: .f32).reduce(.sum, [1])
    let lengths = tokens.trace.constant(Double(tokens.size(1)), shape: padding.shape) - padding
    self.init(tokens: tokens, tokenTypes: tokenTypes, lengths: lengths.maximum(1).convert(to: .i32))
  }

  /// Which tokens are no padding, true[B, T]; nil where all are.
  var isText: Tensor? {
    let (batch, length) = (tokens.size(0), tokens.size(1))
    return lengths.map {
      tokens.trace.iota(axis: 1, shape: [batch, length]).compare(.less, $0.reshape([batch, 1]))
    }
  }
}

/// A model whose tokens see those before and behind them, traced into a program.
public protocol TextEncoder {
  /// The hidden states `[B * T, D]` after the last layer; those of padding mean nothing.
  func hidden(_ input: EncoderInput) -> Tensor
  /// The vectors of the tokens, `[V, D]`, which are the output layer of masked words too.
  var tokenEmbedding: Tensor { get }
}

/// How one vector is made of a sequence's hidden states.
public enum Pooling: String, Sendable, Hashable, CaseIterable {
  /// That of the first token, which is `[CLS]` or `<s>`.
  case first = "cls"
  /// The mean over all tokens but padding.
  case mean

  /// The vectors `[B, D]` of hidden states `[B * T, D]`.
  func callAsFunction(_ hidden: Tensor, _ input: EncoderInput) -> Tensor {
    let (batch, length, size) = (input.tokens.size(0), input.tokens.size(1), hidden.size(1))
    let rows = hidden.reshape([batch, length, size])
    switch self {
    case .first: return rows.slice(axis: 1, start: 0, length: 1).reshape([batch, size])
    case .mean:
      guard let isText = input.isText, let lengths = input.lengths else {
        return rows.reduce(.sum, [1]) * (1 / Double(length))
      }
      let weights = isText.convert(to: .f32) / lengths.convert(to: .f32).reshape([batch, 1])
      return (rows * weights.reshape([batch, length, 1])).reduce(.sum, [1])
    }
  }
}
