import TensorGraph

/// Self-attention in which a token sees those before and behind it, but no padding.
public struct BidirectionalAttention {
  /// What scores are multiplied by, usually 1 / sqrt(size of a head).
  public let scale: Double
  /// The distance from which on a token sees no others, or nil where it sees all.
  public let window: Int?
  /// The probability with which attention weights are dropped in training.
  public let dropoutRate: Double
  private let scope: Scope

  /// Attention with this scale, window and dropout; it has no parameters.
  public init(scale: Double, window: Int? = nil, dropoutRate: Double, _ scope: Scope) {
    self.scale = scale
    self.window = window
    self.dropoutRate = dropoutRate
    self.scope = scope
  }

  /// The attention of queries `[B, T, H, D]` over keys and values `[B, T, K, D]`, H a multiple of K: `[B, T, H, D]`.
  ///
  /// - Parameter lengths: the tokens of each sequence (i32[B], 1 or more), behind which padding lies; nil without any.
  public func callAsFunction(_ q: Tensor, _ k: Tensor, _ v: Tensor, lengths: Tensor?) -> Tensor {
    if dropoutRate == 0 || !scope.isTraining {
      return q.attention(keys: k, values: v, scale: scale, causal: false, window: window, lengths: lengths)
    }
    return q.attention(keys: k, values: v, scale: scale, causal: false, window: window, lengths: lengths) {
      scope.dropout($0, dropoutRate)
    }
  }
}
