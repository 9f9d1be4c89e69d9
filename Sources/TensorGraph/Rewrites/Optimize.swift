extension Program {
  /// The program as backends want it: simplified, each value computed once, nothing computed in vain.
  ///
  /// - Parameter recompute: whether the backward pass recomputes activations of marked regions instead of keeping them.
  public func optimized(recompute: Bool = false) -> Program {
    var program = removingDeadCode().simplified().mergingCommonSubexpressions().mergingCrossEntropy()
      .removingDeadCode().leavingOutUnusedWeightGradients()
    if recompute { program = program.recomputingActivations().removingDeadCode() }
    return program
  }
}
