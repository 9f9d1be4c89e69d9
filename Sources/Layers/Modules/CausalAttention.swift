import TensorGraph

/// Self-attention in which a token sees itself and the tokens before it, in training or with a key-value cache.
public struct CausalAttention {
  /// What scores are multiplied by, usually 1 / sqrt(size of a head).
  public let scale: Double
  /// How many tokens one sees, itself included, or nil for all before it.
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
  /// With a cache, the keys and values are put into it, and those before them are seen too.
  public func callAsFunction(_ q: Tensor, _ k: Tensor, _ v: Tensor, cache: KeyValueCache.Layer? = nil) -> Tensor {
    if let cache {
      let (keys, values) = cache.append(k, v)
      return q.attention(
        keys: keys, values: values, scale: scale, causal: true, window: window, offset: cache.position)
    }
    if dropoutRate == 0 || !scope.isTraining {
      return q.attention(keys: k, values: v, scale: scale, causal: true, window: window)
    }
    return q.attention(keys: k, values: v, scale: scale, causal: true, window: window) {
      scope.dropout($0, dropoutRate)
    }
  }
}
