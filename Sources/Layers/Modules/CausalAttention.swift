import TensorGraph

/// Self-attention in which a token sees itself and the tokens before it, in training or with a key-value cache.
public struct CausalAttention {
  /// What scores are multiplied by, usually 1 / sqrt(size of a head).
  public let scale: Double
  /// The probability with which attention weights are dropped in training.
  public let dropoutRate: Double
  private let scope: Scope

  /// Attention with this scale and dropout; it has no parameters.
  public init(scale: Double, dropoutRate: Double, _ scope: Scope) {
    self.scale = scale
    self.dropoutRate = dropoutRate
    self.scope = scope
  }

  /// The attention of queries `[B, T, H, D]` over keys and values `[B, T, K, D]`: `[B, T, H, D]`.
  ///
  /// With a cache, the keys and values are put into it, and those before them are seen too.
  public func callAsFunction(_ q: Tensor, _ k: Tensor, _ v: Tensor, cache: KeyValueCache.Layer? = nil) -> Tensor {
    if let cache {
      let (keys, values) = cache.append(k, v)
      return q.attention(keys: keys, values: values, scale: scale, causal: true, offset: cache.position)
    }
    if dropoutRate == 0 || !scope.isTraining { return q.attention(keys: k, values: v, scale: scale, causal: true) }
    return droppingWeights(q, k, v)
  }

  /// The same with the weights spelled out, because dropout acts on them.
  private func droppingWeights(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
    if k.size(2) != q.size(2) {
      scope.trace.fail("dropout of attention weights needs as many key heads as query heads: set the rate to 0")
      return q
    }
    let length = q.size(1)
    let heads = [0, 2, 1, 3]
    let scores = q.transpose(heads).matmul(k.transpose(heads), transposeOther: true) * scale
    let query = scope.trace.iota(axis: 0, shape: [length, length])
    let key = scope.trace.iota(axis: 1, shape: [length, length])
    let weights = key.compare(.lessOrEqual, query).select(scores, scope.trace.constant(-1e30, shape: scores.shape))
      .softmax()
    return scope.dropout(weights, dropoutRate).matmul(v.transpose(heads)).transpose(heads)
  }
}
