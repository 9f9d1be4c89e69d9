/// The cross-entropy of the next token straight from hidden states: operands `hidden[N, D]`, `weight[V, D]`,
/// `targets[N]` (i32); result: the loss of each row, 0 where its target is negative.
///
/// The logits `hidden * weight^T` are never stored as a whole.
public struct LinearCrossEntropy: Operation {
  /// The name in messages and profiles.
  public static let name = "linear_cross_entropy"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 3 && operands[0].rank == 2 && operands[1].rank == 2 && operands[0].scalar == .f32
        && operands[1].scalar == .f32 && operands[0].shape[1] == operands[1].shape[1] && operands[1].shape[0] > 0
        && operands[2] == TensorType([operands[0].shape[0]], .i32),
      "needs hidden[N, D], weight[V, D] and i32 targets[N]")
    return [TensorType([operands[0].shape[0]])]
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let logits = operands[0].matmul(operands[1], transposeOther: true)
    let losses = logits.logSumExp() - logits.takeAlongLast(operands[2])
    return [operands[2].compare(.less, 0).select(0, losses)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let dy = node.cotangents[0] else { return [nil, nil, nil] }
    let found = dy.trace.apply(LinearCrossEntropyGradient(), node.operands + [dy])
    return [found[0], found[1], nil]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(LinearCrossEntropy(), [.normal(5, 7), .normal(11, 7), .index(5, below: 11)]),
    Sample(LinearCrossEntropy(), [.normal(3, 16), .normal(65, 16), .exactly([2, -100, 64], [3], .i32)]),
    Sample(LinearCrossEntropy(), [.normal(70, 8), .normal(300, 8), .index(70, below: 300)]),
  ]
}

/// The cotangents of `LinearCrossEntropy` and its losses once more: operands `hidden`, `weight`, `targets` and the
/// cotangent of each row's loss; results `dhidden`, `dweight`, `losses`.
///
/// One pass over blocks of logits gives all three; where the cotangents do not depend on the losses, a rewrite takes
/// the losses from here, so that a training step computes the logits once.
public struct LinearCrossEntropyGradient: Operation {
  /// The name in messages and profiles.
  public static let name = "linear_cross_entropy_gradient"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 4, "needs hidden, weight, targets and dlosses")
    let losses = try LinearCrossEntropy().resultTypes(Array(operands.prefix(3)))
    try require(operands[3] == losses[0], "the cotangents \(operands[3]) are not \(losses[0])")
    return [operands[0], operands[1], losses[0]]
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let (hidden, weight, targets) = (operands[0], operands[1], operands[2])
    let logits = hidden.matmul(weight, transposeOther: true)
    let flowing = targets.compare(.less, 0).select(0, operands[3]).reshape([-1, 1])
    let dlogits = (logits.softmax() - targets.oneHot(weight.size(0))) * flowing
    let losses = LinearCrossEntropy().decomposition(Array(operands.prefix(3))) ?? []
    return [dlogits.matmul(weight), dlogits.matmul(hidden, transposeSelf: true)] + losses
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(LinearCrossEntropyGradient(), [.normal(5, 7), .normal(11, 7), .index(5, below: 11), .normal(5)]),
    Sample(
      LinearCrossEntropyGradient(), [.normal(3, 16), .normal(65, 16), .exactly([2, -100, 64], [3], .i32), .normal(3)]),
    Sample(LinearCrossEntropyGradient(), [.normal(70, 8), .normal(300, 8), .index(70, below: 300), .normal(70)]),
  ]
}

extension Tensor {
  /// The cross-entropy of each row of these hidden states `[N, D]`, 0 where the target is negative.
  public func linearCrossEntropy(weight: Tensor, targets: Tensor) -> Tensor {
    trace.apply(LinearCrossEntropy(), [self, weight, targets])[0]
  }

  /// The cross-entropy of each row of these logits `[N, V]`, 0 where the target is negative.
  public func crossEntropy(targets: Tensor) -> Tensor {
    targets.compare(.less, 0).select(0, logSumExp() - takeAlongLast(targets))
  }
}
