/// The cross-entropy of a token straight from hidden states: operands `hidden[N, D]`, `weight[V, D]`,
/// `targets[N]` (i32) and, where it is switched on, `bias[V]`; result: the loss of each row, 0 where its target is
/// negative.
///
/// The logits `hidden * weight^T + bias` are never stored as a whole.
public struct LinearCrossEntropy: Operation {
  /// The name in messages and profiles.
  public static let name = "linear_cross_entropy"
  /// Whether the last operand is added to each row of logits.
  public let hasBias: Bool

  /// The cross-entropy with or without a bias.
  public init(hasBias: Bool = false) { self.hasBias = hasBias }

  /// The number of operands.
  public var operandCount: Int { hasBias ? 4 : 3 }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == operandCount, "needs \(operandCount) operands, found \(operands.count)")
    try require(
      operands[0].rank == 2 && operands[1].rank == 2 && operands[0].scalar == .f32
        && operands[1].scalar == .f32 && operands[0].shape[1] == operands[1].shape[1] && operands[1].shape[0] > 0
        && operands[2] == TensorType([operands[0].shape[0]], .i32),
      "needs hidden[N, D], weight[V, D] and i32 targets[N]")
    try require(!hasBias || operands[3] == TensorType([operands[1].shape[0]]), "the bias is [\(operands[1].shape[0])]")
    return [TensorType([operands[0].shape[0]])]
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let logits = logits(operands)
    let losses = logits.logSumExp() - logits.takeAlongLast(operands[2])
    return [operands[2].compare(.less, 0).select(0, losses)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let dy = node.cotangents[0] else { return node.operands.map { _ in nil } }
    let found = dy.trace.apply(LinearCrossEntropyGradient(hasBias: hasBias), node.operands + [dy])
    return [found[0], found[1], nil] + found.dropFirst(3).map(Optional.some)
  }

  /// The logits `[N, V]`.
  func logits(_ operands: [Tensor]) -> Tensor {
    let products = operands[0].matmul(operands[1], transposeOther: true)
    return hasBias ? products + operands[3] : products
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(LinearCrossEntropy(), [.normal(5, 7), .normal(11, 7), .index(5, below: 11)]),
    Sample(LinearCrossEntropy(), [.normal(3, 16), .normal(65, 16), .exactly([2, -100, 64], [3], .i32)]),
    Sample(LinearCrossEntropy(), [.normal(70, 8), .normal(300, 8), .index(70, below: 300)]),
    Sample(
      LinearCrossEntropy(hasBias: true),
      [.normal(3, 16), .normal(65, 16), .exactly([2, -100, 64], [3], .i32), .normal(65)]),
    Sample(
      LinearCrossEntropy(hasBias: true), [.normal(70, 8), .normal(300, 8), .index(70, below: 300), .normal(300)]),
  ]
}

/// The cotangents of `LinearCrossEntropy` and its losses once more: operands as there, and the cotangent of each row's
/// loss; results `dhidden`, `dweight` unless it is left out, `losses`, and `dbias` where there is a bias.
///
/// One pass over blocks of logits gives all three; where the cotangents do not depend on the losses, a rewrite takes
/// the losses from here, so that a training step computes the logits once.
public struct LinearCrossEntropyGradient: Operation {
  /// The name in messages and profiles.
  public static let name = "linear_cross_entropy_gradient"
  /// Whether the operand before the last is added to each row of logits.
  public let hasBias: Bool
  /// Whether `dweight` is among the results; a frozen weight has no need of it.
  public let hasWeightGradient: Bool

  /// The gradient with or without a bias.
  public init(hasBias: Bool = false, hasWeightGradient: Bool = true) {
    self.hasBias = hasBias
    self.hasWeightGradient = hasWeightGradient
  }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    let loss = LinearCrossEntropy(hasBias: hasBias)
    let count = loss.operandCount
    try require(operands.count == count + 1, "needs the operands of the cross-entropy and dlosses")
    let losses = try loss.resultTypes(Array(operands.dropLast()))
    try require(operands[count] == losses[0], "the cotangents \(operands[count]) are not \(losses[0])")
    return [operands[0]] + (hasWeightGradient ? [operands[1]] : []) + losses + (hasBias ? [operands[3]] : [])
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let (hidden, weight, targets) = (operands[0], operands[1], operands[2])
    let loss = LinearCrossEntropy(hasBias: hasBias)
    let logits = loss.logits(operands)
    let flowing = targets.compare(.less, 0).select(0, operands[loss.operandCount]).reshape([-1, 1])
    let dlogits = (logits.softmax() - targets.oneHot(weight.size(0))) * flowing
    let losses = loss.decomposition(Array(operands.dropLast())) ?? []
    return [dlogits.matmul(weight)] + (hasWeightGradient ? [dlogits.matmul(hidden, transposeSelf: true)] : []) + losses
      + (hasBias ? [dlogits.reduce(.sum, [0])] : [])
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(LinearCrossEntropyGradient(), [.normal(5, 7), .normal(11, 7), .index(5, below: 11), .normal(5)]),
    Sample(
      LinearCrossEntropyGradient(), [.normal(3, 16), .normal(65, 16), .exactly([2, -100, 64], [3], .i32), .normal(3)]),
    Sample(LinearCrossEntropyGradient(), [.normal(70, 8), .normal(300, 8), .index(70, below: 300), .normal(70)]),
    Sample(
      LinearCrossEntropyGradient(hasBias: true),
      [.normal(70, 8), .normal(300, 8), .index(70, below: 300), .normal(300), .normal(70)]),
    Sample(
      LinearCrossEntropyGradient(hasWeightGradient: false),
      [.normal(70, 8), .normal(300, 8), .index(70, below: 300), .normal(70)]),
    Sample(
      LinearCrossEntropyGradient(hasBias: true, hasWeightGradient: false),
      [.normal(5, 7), .normal(11, 7), .index(5, below: 11), .normal(11), .normal(5)]),
  ]
}

extension Tensor {
  /// The cross-entropy of each row of these hidden states `[N, D]`, 0 where the target is negative.
  public func linearCrossEntropy(weight: Tensor, bias: Tensor? = nil, targets: Tensor) -> Tensor {
    trace.apply(LinearCrossEntropy(hasBias: bias != nil), [self, weight, targets] + [bias].compactMap { $0 })[0]
  }

  /// The cross-entropy of each row of these hidden states `[N, D]` with targets that leave a part of the probability to
  /// all tokens alike, 0 where the target is negative.
  ///
  /// Source: Szegedy et al., "Rethinking the inception architecture for computer vision", 2016.
  /// - Parameter labelSmoothing: that part, from 0 up to and without 1.
  public func linearCrossEntropy(weight: Tensor, targets: Tensor, labelSmoothing: Double) -> Tensor {
    let losses = linearCrossEntropy(weight: weight, targets: targets)
    guard labelSmoothing != 0 else { return losses }
    // What the target's logit loses, all share: the mean of a row of logits is one product with the mean of the matrix.
    let logits = (self * weight.gather(targets)).reduce(.sum, [1])
    let mean = weight.reduce(.sum, [0]) * (1 / Double(max(weight.size(0), 1)))
    let means = matmul(mean.reshape([mean.size(0), 1])).reshape(logits.shape)
    return losses + targets.compare(.less, 0).select(0, (logits - means) * labelSmoothing)
  }

  /// The cross-entropy of each row of these logits `[N, V]`, 0 where the target is negative.
  public func crossEntropy(targets: Tensor) -> Tensor {
    targets.compare(.less, 0).select(0, logSumExp() - takeAlongLast(targets))
  }
}
