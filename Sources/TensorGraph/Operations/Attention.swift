/// Scaled dot-product attention over heads that share keys in groups.
///
/// Operands: `q[B, T, H, D]`, `k[B, S, K, D]`, `v[B, S, K, D]` with H a multiple of K; then those that are switched
/// on: `lengths[B]` (i32, keys from there on are hidden), `bias[1 or B, 1 or H, T, S]`, `offset[]` (i32).
/// Results: `o[B, T, H, D]` and the logarithm of each row's sum of exponentials `[B, H, T]`.
///
/// With `causal`, query `t` sees the keys up to `t + offset`; the offset is S - T where no operand gives it. With a
/// `window`, it sees only keys less than `window` away from `t + offset`: before it, and without `causal` behind it
/// too. A query that sees nothing gives zeros.
/// Source: Vaswani et al. 2017; grouped heads: Ainslie et al. 2023; the blocked form that backends use: Dao et al. 2022.
public struct Attention: Operation {
  /// The name in messages and profiles.
  public static let name = "attention"
  /// What scores are multiplied by, usually 1 / sqrt(D).
  public let scale: Double
  /// Whether a query sees no later keys.
  public let causal: Bool
  /// The distance from which on a query sees no keys, or nil where it sees all.
  public let window: Int?
  /// Whether an operand gives the number of valid keys of each sequence.
  public let hasLengths: Bool
  /// Whether an operand is added to the scores.
  public let hasBias: Bool
  /// Whether an operand gives the position of the first query among the keys.
  public let hasOffset: Bool

  /// Attention with the given masks and optional operands.
  public init(
    scale: Double, causal: Bool, window: Int? = nil, hasLengths: Bool = false, hasBias: Bool = false,
    hasOffset: Bool = false
  ) {
    self.scale = scale
    self.causal = causal
    self.window = window
    self.hasLengths = hasLengths
    self.hasBias = hasBias
    self.hasOffset = hasOffset
  }

  /// The number of operands with all that is switched on.
  public var operandCount: Int { 3 + (hasLengths ? 1 : 0) + (hasBias ? 1 : 0) + (hasOffset ? 1 : 0) }
  /// Where the optional operands stand among all.
  public var lengthsIndex: Int? { hasLengths ? 3 : nil }
  /// The index of the bias among the operands.
  public var biasIndex: Int? { hasBias ? 3 + (hasLengths ? 1 : 0) : nil }
  /// The index of the offset among the operands.
  public var offsetIndex: Int? { hasOffset ? operandCount - 1 : nil }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == operandCount, "needs \(operandCount) operands, found \(operands.count)")
    try require(
      operands.prefix(3).allSatisfy { $0.rank == 4 && $0.scalar == .f32 },
      "needs q[B, T, H, D], k[B, S, K, D] and v[B, S, K, D]")
    let (q, k) = (operands[0].shape, operands[1].shape)
    try require(operands[1] == operands[2], "keys \(operands[1]) and values \(operands[2]) differ")
    try require(q[0] == k[0] && q[3] == k[3], "queries \(operands[0]) and keys \(operands[1]) do not fit")
    try require(k[2] > 0 && q[2] % k[2] == 0, "\(q[2]) query heads are not a multiple of \(k[2]) key heads")
    try require(window.map { $0 > 0 } ?? true, "a window has a positive size")
    if let i = lengthsIndex {
      try require(operands[i] == TensorType([q[0]], .i32), "lengths are i32[\(q[0])]")
    }
    if let i = biasIndex {
      let b = operands[i].shape
      try require(
        b.count == 4 && (b[0] == 1 || b[0] == q[0]) && (b[1] == 1 || b[1] == q[2]) && b[2] == q[1] && b[3] == k[1]
          && operands[i].scalar == .f32,
        "the bias \(operands[i]) is not [1 or \(q[0]), 1 or \(q[2]), \(q[1]), \(k[1])]")
    }
    if let i = offsetIndex { try require(operands[i] == TensorType([], .i32), "the offset is one i32") }
    return [operands[0], TensorType([q[0], q[2], q[1]])]
  }

  /// The scores `[B, H, T, S]` with the bias, and which of them count.
  func scores(_ operands: [Tensor]) -> (scores: Tensor, visible: Tensor?, k: Tensor, v: Tensor) {
    let q = operands[0]
    let trace = q.trace
    let (b, t, h, d) = (q.size(0), q.size(1), q.size(2), q.size(3))
    let s = operands[1].size(1)
    let groups = operands[1].size(2)
    func heads(_ x: Tensor) -> Tensor {
      x.reshape([b, s, groups, 1, d]).broadcast(to: [b, s, groups, h / groups, d]).reshape([b, s, h, d])
        .transpose([0, 2, 1, 3])
    }
    let (k, v) = (heads(operands[1]), heads(operands[2]))
    var scores = q.transpose([0, 2, 1, 3]).matmul(k, transposeOther: true) * scale
    if let i = biasIndex { scores = scores + operands[i] }
    let key = trace.iota(axis: 3, shape: [1, 1, t, s])
    var visible: Tensor?
    func also(_ condition: Tensor) {
      let whole = condition.broadcast(to: [b, h, t, s])
      visible = visible.map { ($0.convert(to: .i32) * whole.convert(to: .i32)).compare(.equal, 1) } ?? whole
    }
    if causal || window != nil {
      let first = offsetIndex.map { operands[$0] } ?? trace.constant(Double(s - t), shape: [], .i32)
      let query = trace.iota(axis: 2, shape: [1, 1, t, s]) + first
      if causal { also(key.compare(.lessOrEqual, query)) }
      if let window {
        also(query.compare(.less, key + Double(window)))
        if !causal { also(key.compare(.less, query + Double(window))) }
      }
    }
    if let i = lengthsIndex { also(key.compare(.less, operands[i].reshape([b, 1, 1, 1]))) }
    return (scores, visible, k, v)
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let (raw, visible, _, v) = scores(operands)
    let scores = visible.map { $0.select(raw, -1e30) } ?? raw
    let row = scores.keptShape
    let largest = scores.reduce(.maximum, [3]).reshape(row)
    let exponentials = (scores - largest).unary(.exponential)
    let e = visible.map { $0.select(exponentials, 0) } ?? exponentials
    let sum = e.reduce(.sum, [3]).reshape(row)
    let o = (e / sum.maximum(1e-30)).matmul(v)
    return [
      o.transpose([0, 2, 1, 3]), (largest + sum.maximum(1e-30).unary(.logarithm)).reshape(Array(row.dropLast())),
    ]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let dy = node.cotangents[0] else { return node.operands.map { _ in nil } }
    let found = dy.trace.apply(AttentionGradient(attention: self), node.operands + node.results + [dy])
    var cotangents: [Tensor?] = Array(found.prefix(3)) + Array(repeating: nil, count: operandCount - 3)
    if let i = biasIndex { cotangents[i] = found[3] }
    return cotangents
  }

  /// Operands for queries of T tokens over S keys.
  static func operands(b: Int, t: Int, s: Int, h: Int, k: Int, d: Int) -> [SampleOperand] {
    [.normal(b, t, h, d), .normal(b, s, k, d), .normal(b, s, k, d)]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Attention(scale: 0.5, causal: false), operands(b: 1, t: 1, s: 1, h: 1, k: 1, d: 4)),
    Sample(Attention(scale: 0.3, causal: true), operands(b: 2, t: 7, s: 7, h: 2, k: 2, d: 8)),
    Sample(Attention(scale: 0.2, causal: true), operands(b: 1, t: 70, s: 70, h: 1, k: 1, d: 16)),
    Sample(Attention(scale: 0.3, causal: false), operands(b: 2, t: 3, s: 9, h: 4, k: 2, d: 5)),
    Sample(Attention(scale: 0.3, causal: true), operands(b: 1, t: 3, s: 9, h: 2, k: 1, d: 8)),
    Sample(Attention(scale: 0.3, causal: true, window: 3), operands(b: 1, t: 9, s: 9, h: 2, k: 2, d: 8)),
    Sample(Attention(scale: 0.3, causal: false, window: 3), operands(b: 1, t: 9, s: 9, h: 2, k: 2, d: 8)),
    Sample(
      Attention(scale: 0.3, causal: false, window: 4, hasLengths: true),
      operands(b: 2, t: 70, s: 70, h: 2, k: 1, d: 4) + [.exactly([70, 9], [2], .i32)]),
    Sample(
      Attention(scale: 0.3, causal: false, hasLengths: true),
      operands(b: 2, t: 4, s: 6, h: 2, k: 2, d: 8) + [.exactly([6, 2], [2], .i32)]),
    Sample(
      Attention(scale: 1, causal: true, hasLengths: true, hasBias: true),
      operands(b: 2, t: 5, s: 5, h: 2, k: 1, d: 4) + [.exactly([5, 3], [2], .i32), .normal(1, 2, 5, 5)]),
    Sample(
      Attention(scale: 1, causal: false, hasBias: true),
      operands(b: 2, t: 3, s: 6, h: 2, k: 2, d: 4) + [.normal(2, 1, 3, 6)]),
    Sample(
      Attention(scale: 0.3, causal: true, hasOffset: true),
      operands(b: 2, t: 2, s: 12, h: 4, k: 2, d: 8) + [.exactly([5], [], .i32)]),
    Sample(
      Attention(scale: 0.3, causal: true, hasOffset: true),
      operands(b: 2, t: 1, s: 40, h: 4, k: 2, d: 16) + [.exactly([30], [], .i32)]),
  ]
}

extension Tensor {
  /// Attention of these queries `[B, T, H, D]`; see `Attention` for the shapes.
  public func attention(
    keys: Tensor, values: Tensor, scale: Double, causal: Bool, window: Int? = nil, lengths: Tensor? = nil,
    bias: Tensor? = nil, offset: Tensor? = nil
  ) -> Tensor {
    let operation = Attention(
      scale: scale, causal: causal, window: window, hasLengths: lengths != nil, hasBias: bias != nil,
      hasOffset: offset != nil)
    return trace.apply(operation, [self, keys, values] + [lengths, bias, offset].compactMap { $0 })[0]
  }

  /// Attention of these queries `[B, T, H, D]` with the weights `[B, H, T, S]` spelled out, because `change` acts on them;
  /// see `Attention` for the shapes.
  public func attention(
    keys: Tensor, values: Tensor, scale: Double, causal: Bool, window: Int? = nil, lengths: Tensor? = nil,
    bias: Tensor? = nil, changingWeights change: (Tensor) -> Tensor
  ) -> Tensor {
    let attention = Attention(
      scale: scale, causal: causal, window: window, hasLengths: lengths != nil, hasBias: bias != nil)
    let operands = [self, keys, values] + [lengths, bias].compactMap { $0 }
    do { _ = try attention.resultTypes(operands.map(\.type)) } catch {
      let types = operands.map { "\($0.type)" }.joined(separator: ", ")
      trace.fail("\(Attention.name)(\(types)): \(error.message)")
      return self
    }
    let (scores, visible, _, v) = attention.scores(operands)
    let weights = (visible.map { $0.select(scores, -1e30) } ?? scores).softmax()
    return change(weights).matmul(v).transpose([0, 2, 1, 3])
  }
}
