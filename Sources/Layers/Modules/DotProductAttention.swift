import TensorGraph

/// Attention of tokens over others: those before them, all of their text, or another text.
public struct DotProductAttention {
  /// What scores are multiplied by, usually 1 / sqrt(size of a head).
  public let scale: Double
  /// Whether a token sees none behind it.
  public let isCausal: Bool
  /// The distance from which on a token sees no others, or nil where there is none.
  public let window: Int?
  /// The probability with which attention weights are dropped in training.
  public let dropoutRate: Double
  private let scope: Scope

  /// Attention with this scale, window and dropout; it has no parameters.
  public init(scale: Double, isCausal: Bool, window: Int? = nil, dropoutRate: Double, _ scope: Scope) {
    self.scale = scale
    self.isCausal = isCausal
    self.window = window
    self.dropoutRate = dropoutRate
    self.scope = scope
  }

  /// The attention of queries `[B, T, H, D]` over keys and values `[B, S, K, D]`, H a multiple of K: `[B, T, H, D]`.
  ///
  /// - Parameters:
  ///   - lengths: the keys of each sequence (i32[B], 1 or more), behind which padding lies; nil without any.
  ///   - bias: what is added to the scores, `[1 or B, 1 or H, T, S]`; S is the cache's capacity where there is one.
  ///   - cache: the keys and values are put into it, and those before them are seen too.
  public func callAsFunction(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, lengths: Tensor? = nil, bias: Tensor? = nil,
    cache: KeyValueCache.Layer? = nil
  ) -> Tensor {
    let (keys, values) = cache?.append(k, v) ?? (k, v)
    if cache != nil || dropoutRate == 0 || !scope.isTraining {
      return q.attention(
        keys: keys, values: values, scale: scale, causal: isCausal, window: window, lengths: lengths, bias: bias,
        offset: cache?.position)
    }
    return q.attention(
      keys: keys, values: values, scale: scale, causal: isCausal, window: window, lengths: lengths, bias: bias
    ) { scope.dropout($0, dropoutRate) }
  }
}
