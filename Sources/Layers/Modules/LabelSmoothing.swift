import TensorGraph

// With label smoothing, a part of each target is spread over all classes: the loss becomes (1 - s) times the cross-entropy
// plus s times the mean of the negative log-probabilities, which is the cross-entropy plus s times the distance of the
// target's logit from the mean logit. Source: Szegedy et al., "Rethinking the Inception architecture", 2016, section 7.
extension Tensor {
  /// The cross-entropy of each row of these logits `[N, C]` with smoothed targets, 0 where the target is negative.
  ///
  /// - Parameter smoothing: the part of the target that is spread over all classes, from 0 to 1.
  public func crossEntropy(targets: Tensor, smoothing: Double) -> Tensor {
    let losses = crossEntropy(targets: targets)
    guard smoothing > 0 else { return losses }
    let mean = reduce(.sum, [1]) * (1 / Double(size(1)))
    return losses + targets.smoothed(logit: takeAlongLast(targets), mean: mean, smoothing)
  }

  /// The cross-entropy of each row of these hidden states `[N, D]` with smoothed targets, 0 where the target is negative.
  ///
  /// - Parameter smoothing: the part of the target that is spread over all tokens, from 0 to 1.
  public func linearCrossEntropy(weight: Tensor, bias: Tensor? = nil, targets: Tensor, smoothing: Double) -> Tensor {
    let losses = linearCrossEntropy(weight: weight, bias: bias, targets: targets)
    guard smoothing > 0 else { return losses }
    // The logits themselves are never made: the mean logit is the product with the mean row.
    let part = 1 / Double(weight.size(0))
    let row = (weight.reduce(.sum, [0]) * part).reshape([1, size(1)])
    var logit = (self * weight.gather(targets)).reduce(.sum, [1])
    var mean = (self * row).reduce(.sum, [1])
    if let bias {
      logit = logit + bias.reshape([-1, 1]).gather(targets).reshape([-1])
      mean = mean + bias.sum() * part
    }
    return losses + targets.smoothed(logit: logit, mean: mean, smoothing)
  }

  /// What smoothing adds to the losses of these targets (i32[N]).
  private func smoothed(logit: Tensor, mean: Tensor, _ smoothing: Double) -> Tensor {
    compare(.less, 0).select(0, (logit - mean) * smoothing)
  }
}
