/// The cotangents of attention: operands are attention's, its two results, and `do`; results `dq`, `dk`, `dv`, and
/// `dbias` where there is a bias. Probabilities are computed anew from the saved logarithms.
public struct AttentionGradient: Operation {
  /// The name in messages and profiles.
  public static let name = "attention_gradient"
  /// The attention whose gradient this is.
  public let attention: Attention

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    let count = attention.operandCount
    try require(operands.count == count + 3, "needs \(count + 3) operands, found \(operands.count)")
    let results = try attention.resultTypes(Array(operands.prefix(count)))
    try require(
      Array(operands[count..<count + 2]) == results && operands[count + 2] == results[0], "results do not fit")
    return Array(operands.prefix(3)) + (attention.biasIndex.map { [operands[$0]] } ?? [])
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let count = attention.operandCount
    let q = operands[0]
    let (b, t, h, d) = (q.size(0), q.size(1), q.size(2), q.size(3))
    let (s, groups) = (operands[1].size(1), operands[1].size(2))
    let (scores, visible, k, v) = attention.scores(Array(operands.prefix(count)))
    let all = (scores - operands[count + 1].reshape([b, h, t, 1])).unary(.exponential)
    let p = visible.map { $0.select(all, 0) } ?? all
    let o = operands[count].transpose([0, 2, 1, 3])
    let dy = operands[count + 2].transpose([0, 2, 1, 3])
    let dp = dy.matmul(v, transposeOther: true)
    let ds = p * (dp - (dy * o).reduce(.sum, [3]).reshape([b, h, t, 1]))
    func ungroup(_ x: Tensor) -> Tensor {
      x.transpose([0, 2, 1, 3]).reshape([b, s, groups, h / groups, d]).reduce(.sum, [3])
    }
    let queries = q.transpose([0, 2, 1, 3])
    var results = [
      (ds.matmul(k) * attention.scale).transpose([0, 2, 1, 3]),
      ungroup(ds.matmul(queries, transposeSelf: true) * attention.scale), ungroup(p.matmul(dy, transposeSelf: true)),
    ]
    if let i = attention.biasIndex { results.append(ds.sumBroadcastAxes(to: operands[i].shape)) }
    return results
  }

  /// Uses that cover every variant.
  ///
  /// Operands that are consistent come only from attention itself: the suite reaches this operation through the
  /// gradients of attention's samples.
  public static let samples: [Sample] = []
}
