import TensorGraph

/// The keys and values of the tokens that a model has seen, kept on the device as states between runs: `cache.k.N` and
/// `cache.v.N`, `[B, S, K, D]`, for each layer N.
///
/// Attention hides what lies behind the tokens of a run, so that a cache is reused for another text without clearing.
public struct KeyValueCache {
  /// What the names of all its states begin with.
  public static let namePrefix = "cache."
  /// The number of sequences.
  public let batchSize: Int
  /// The number of tokens that it holds for each sequence.
  public let capacity: Int
  /// The position of the run's first token, i32[].
  public let position: Tensor

  /// A cache of `capacity` tokens, of which the run's first is at `position`.
  public init(batchSize: Int, capacity: Int, position: Tensor) {
    self.batchSize = batchSize
    self.capacity = capacity
    self.position = position
  }

  /// The cache of layer `index`.
  public func layer(_ index: Int) -> Layer { Layer(cache: self, index: index) }

  /// The keys and values of one layer.
  public struct Layer {
    let cache: KeyValueCache
    let index: Int

    /// The position of the run's first token, i32[].
    public var position: Tensor { cache.position }

    /// Puts the keys and values of the run's tokens, `[B, T, K, D]`, into the cache and gives the whole of it.
    public func append(_ k: Tensor, _ v: Tensor) -> (keys: Tensor, values: Tensor) {
      (append(KeyValueCache.namePrefix + "k.\(index)", k), append(KeyValueCache.namePrefix + "v.\(index)", v))
    }

    private func append(_ name: String, _ part: Tensor) -> Tensor {
      let trace = part.trace
      let state = trace.state(name, TensorType([cache.batchSize, cache.capacity, part.size(2), part.size(3)]))
      let whole = state.updateSlice(axis: 1, start: cache.position, part)
      trace.update(name, to: whole)
      return whole
    }
  }
}
