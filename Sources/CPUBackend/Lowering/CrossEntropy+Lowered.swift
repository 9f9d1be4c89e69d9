import TensorGraph

extension LinearCrossEntropy {
  /// The kernel for `hidden[N, D]` and `weight[V, D]`.
  fileprivate init(_ operands: [TensorType]) {
    self.init(tokens: operands[0].shape[0], hidden: operands[0].shape[1], vocabulary: operands[1].shape[0])
  }

  /// The floating-point operations of one product with the weight.
  fileprivate var productFlops: Double { 2 * Double(tokens) * Double(hidden) * Double(vocabulary) }
}

extension TensorGraph.LinearCrossEntropy: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let kernel = LinearCrossEntropy(operands)
    return Kernel(workspaceByteCount: kernel.workspaceFloats(gradients: false) * 4, flops: kernel.productFlops) { p in
      kernel.launches(
        hiddenStates: p.input(0), weight: p.input(1), bias: hasBias ? UnsafePointer(p.input(3)) : nil,
        targets: p.integers(2), losses: p.output(0), workspace: p.floats)
    }
  }
}

extension LinearCrossEntropyGradient: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let kernel = LinearCrossEntropy(operands)
    let losses = hasWeightGradient ? 2 : 1
    return Kernel(
      workspaceByteCount: kernel.workspaceFloats(gradients: true) * 4, flops: Double(losses + 1) * kernel.productFlops
    ) { p in
      kernel.gradientLaunches(
        hiddenStates: p.input(0), weight: p.input(1), bias: hasBias ? UnsafePointer(p.input(3)) : nil,
        targets: p.integers(2), lossGradients: p.input(hasBias ? 4 : 3), losses: p.output(losses),
        hiddenGradient: p.output(0), weightGradient: hasWeightGradient ? p.output(1) : nil,
        biasGradient: hasBias ? p.output(losses + 1) : nil,
        workspace: p.floats)
    }
  }
}
