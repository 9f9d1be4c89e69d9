/// The cross-entropy of `softmax(hidden * weight^T + bias)` with target tokens, without ever holding all the logits.
///
/// Rows are taken in chunks. The logits of a chunk are made in stages of the vocabulary; while a block of them is in
/// cache it becomes `exp(logit - maximum of the block)`, and the maximum and the sum are kept. For gradients these
/// exponentials, scaled, are the gradient of the logits, which two more products turn into that of the hidden states
/// and of the weight. Partial sums are added in an order that depends on the sizes alone.
///
/// A target below 0 (such as -100) is ignored: its loss is 0 and it gives no gradient. A target beyond the vocabulary
/// gives NaN.
package struct LinearCrossEntropy: Sendable {
  /// The number of rows.
  package let tokens: Int
  /// The number of features.
  package let hidden: Int
  package let vocabulary: Int
  /// Whether the weight's gradient is added to what is there.
  package var accumulatesWeightGradient = false

  package init(tokens: Int, hidden: Int, vocabulary: Int) {
    self.tokens = tokens
    self.hidden = hidden
    self.vocabulary = vocabulary
  }

  /// The memory that the launches share, in floats; best aligned to 64 bytes.
  ///
  /// At most about 64 MiB for gradients, whatever the sizes (unless one row of logits takes more).
  package func workspaceFloats(gradients: Bool) -> Int {
    CrossEntropyPlan(self, gradients: gradients).workspaceFloats
  }

  /// The launches that compute the losses.
  ///
  /// - Parameters:
  ///   - hiddenStates: `[tokens, hidden]`.
  ///   - weight: `[vocabulary, hidden]`.
  ///   - bias: `[vocabulary]`; none if nil.
  ///   - targets: `[tokens]`.
  ///   - losses: `[tokens]`.
  ///   - logSumExps: `[tokens]`, the logarithms of the sums of the exponentials of the logits; none if nil.
  package func launches(
    hiddenStates: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil,
    targets: UnsafePointer<Int32>, losses: UnsafeMutablePointer<Float>,
    logSumExps: UnsafeMutablePointer<Float>? = nil, workspace: UnsafeMutablePointer<Float>
  ) -> [Launch] {
    let plan = CrossEntropyPlan(self, gradients: false)
    return plan.chunks.flatMap { rows in
      let chunk = CrossEntropyChunk(
        plan, rows: rows, hiddenStates: hiddenStates, weight: weight, bias: bias, targets: targets, losses: losses,
        logSumExps: logSumExps, lossGradients: nil, workspace: workspace)
      return plan.stages.indices.flatMap { chunk.logits(stage: $0) } + [chunk.finishing()]
    }
  }

  /// The launches that compute the losses and the gradients in one go.
  ///
  /// - Parameters:
  ///   - hiddenStates: `[tokens, hidden]`.
  ///   - weight: `[vocabulary, hidden]`.
  ///   - bias: `[vocabulary]`; none if nil.
  ///   - targets: `[tokens]`.
  ///   - lossGradients: `[tokens]`, the gradient of the result with respect to each loss.
  ///   - losses: `[tokens]`.
  ///   - logSumExps: `[tokens]`, as above.
  ///   - hiddenGradient: `[tokens, hidden]`.
  ///   - weightGradient: `[vocabulary, hidden]`; none if nil.
  ///   - biasGradient: `[vocabulary]`; none if nil.
  package func gradientLaunches(
    hiddenStates: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil,
    targets: UnsafePointer<Int32>, lossGradients: UnsafePointer<Float>, losses: UnsafeMutablePointer<Float>,
    logSumExps: UnsafeMutablePointer<Float>? = nil, hiddenGradient: UnsafeMutablePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>?, biasGradient: UnsafeMutablePointer<Float>? = nil,
    workspace: UnsafeMutablePointer<Float>
  ) -> [Launch] {
    let plan = CrossEntropyPlan(self, gradients: true)
    return plan.chunks.flatMap { rows in
      let chunk = CrossEntropyChunk(
        plan, rows: rows, hiddenStates: hiddenStates, weight: weight, bias: bias, targets: targets, losses: losses,
        logSumExps: logSumExps, lossGradients: lossGradients, workspace: workspace)
      return plan.stages.indices.flatMap { chunk.logits(stage: $0) } + [chunk.finishing()]
        + plan.stages.indices.flatMap { stage in
          chunk.gradients(
            stage: stage, hiddenGradient: hiddenGradient, weightGradient: weightGradient,
            biasGradient: biasGradient, accumulate: rows.lowerBound > 0 || accumulatesWeightGradient)
        }
    }
  }
}
