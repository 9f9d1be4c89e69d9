import TensorGraph

extension Tensor {
  /// The losses of texts, `[B]`, each of which must find its partner among those of all: the cross-entropy of the
  /// products of vectors of length 1, times `scale`, with the partner of the same number.
  ///
  /// The receiver is `[B, D]`. Source: Henderson et al., "Efficient natural language response suggestion", 2017.
  /// - Parameter partners: `[P, D]` with P at least B; those from B on belong to no text and are harder to tell apart.
  public func contrastiveLosses(_ partners: Tensor, scale: Double = 20) -> Tensor {
    let scores = linear(partners, transposed: true) * scale
    return scores.crossEntropy(targets: trace.iota(axis: 0, shape: [size(0)]))
  }
}
