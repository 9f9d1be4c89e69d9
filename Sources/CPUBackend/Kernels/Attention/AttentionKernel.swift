/// Attention of T queries over S keys for each of H heads, which share K key heads in equal groups.
///
/// The T x S probabilities are never stored: blocks of 64 queries meet blocks of 64 keys, and blocks that the masks
/// hide are skipped. Source: Dao et al., "FlashAttention", 2022.
package struct AttentionKernel: @unchecked Sendable {
  /// Where [batch, token, head, element] lies; elements are next to each other.
  package struct View {
    package let pointer: UnsafeMutablePointer<Float>
    package let batchStride: Int
    package let tokenStride: Int
    package let headStride: Int

    package init(_ pointer: UnsafeMutablePointer<Float>, batchStride: Int, tokenStride: Int, headStride: Int) {
      self.pointer = pointer
      self.batchStride = batchStride
      self.tokenStride = tokenStride
      self.headStride = headStride
    }

    /// A dense [batch, tokens, heads, size].
    package init(_ pointer: UnsafeMutablePointer<Float>, tokens: Int, heads: Int, size: Int) {
      self.init(pointer, batchStride: tokens * heads * size, tokenStride: heads * size, headStride: size)
    }

    @inline(__always)
    func at(_ batch: Int, _ token: Int, _ head: Int) -> UnsafeMutablePointer<Float> {
      pointer + batch * batchStride + token * tokenStride + head * headStride
    }
  }

  /// What is added to the scores: [batch, head, query, key], of which batch and head may be shared (stride 0).
  package struct Bias {
    package let pointer: UnsafeMutablePointer<Float>
    package let batchStride: Int
    package let headStride: Int
    package let queryStride: Int

    package init(_ pointer: UnsafeMutablePointer<Float>, batchStride: Int, headStride: Int, queryStride: Int) {
      self.pointer = pointer
      self.batchStride = batchStride
      self.headStride = headStride
      self.queryStride = queryStride
    }
  }

  package var batch: Int
  package var queries: Int
  package var keys: Int
  package var heads: Int
  package var keyHeads: Int
  package var headSize: Int
  package var scale: Float
  /// Whether query t sees only keys up to t + offset; the offset is `keys - queries` unless `offset` gives it.
  package var causal: Bool
  /// The distance from which on a query sees no keys.
  package var window: Int?
  /// One number read when the attention runs.
  package var offset: UnsafePointer<Int32>?
  /// The number of valid keys of each sequence, read when the attention runs.
  package var lengths: UnsafePointer<Int32>?
  package var bias: Bias?

  package init(
    batch: Int, queries: Int, keys: Int, heads: Int, keyHeads: Int, headSize: Int, scale: Float, causal: Bool,
    window: Int? = nil, offset: UnsafePointer<Int32>? = nil, lengths: UnsafePointer<Int32>? = nil, bias: Bias? = nil
  ) {
    self.batch = batch
    self.queries = queries
    self.keys = keys
    self.heads = heads
    self.keyHeads = keyHeads
    self.headSize = headSize
    self.scale = scale
    self.causal = causal
    self.window = window
    self.offset = offset
    self.lengths = lengths
    self.bias = bias
  }

  /// Queries and keys of a block.
  static let block = 64
  /// The logarithm of the sum of no exponentials, as a number that arithmetic survives.
  static let nothing: Float = -1e30

  /// The head size as it stands in scratch memory: whole panels of 16.
  var paddedSize: Int { (headSize + 15) & ~15 }
  var queryBlocks: Int { (queries + Self.block - 1) / Self.block }

  /// The masks of one sequence as they stand when a tile runs.
  struct Masks {
    /// Query t sees keys below `t + reach`; a number beyond all keys where nothing later is hidden.
    let reach: Int
    /// Query t sees keys from `t + reach - window` on.
    let window: Int
    /// Keys from here on are padding.
    let length: Int

    /// The keys that some query of [first, last] may see.
    @inline(__always)
    func keys(_ first: Int, _ last: Int) -> Range<Int> {
      let upper = min(length, last + reach)
      let lower = max(0, first + reach - window)
      return lower..<max(lower, upper)
    }

    /// Whether every query of [first, last] sees every key of the range.
    @inline(__always)
    func showAll(_ first: Int, _ last: Int, _ keys: Range<Int>) -> Bool {
      keys.upperBound <= first + reach && keys.lowerBound >= last + reach - window
    }
  }

  @inline(__always)
  func masks(_ sequence: Int) -> Masks {
    let length = lengths.map { max(0, min(keys, Int($0[sequence]))) } ?? keys
    let first = offset.map { Int($0.pointee) } ?? keys - queries
    guard let window else {
      // The first key that counts is far below 0, also where the reach is endless.
      return Masks(reach: causal ? first + 1 : Int.max / 4, window: Int.max / 2, length: length)
    }
    let near = min(window, Int.max / 8)
    return causal
      ? Masks(reach: first + 1, window: near, length: length)
      : Masks(reach: first + near, window: 2 * near - 1, length: length)
  }
}
