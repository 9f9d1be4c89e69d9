import TensorGraph

extension AttentionKernel {
  /// The kernel of a graph's operation on operands in memory.
  init(_ attention: Attention, _ operands: [TensorType], _ p: Pointers) {
    let (q, k) = (operands[0].shape, operands[1].shape)
    self.init(
      batch: q[0], queries: q[1], keys: k[1], heads: q[2], keyHeads: k[2], headSize: q[3],
      scale: Float(attention.scale), causal: attention.causal, window: attention.window,
      offset: attention.offsetIndex.map(p.integers), lengths: attention.lengthsIndex.map(p.integers),
      bias: attention.biasIndex.map { Bias(p.input($0), of: operands[$0]) })
  }

  /// The floating-point operations of one product of queries and keys, halved where the causal mask hides half.
  static func productFlops(_ attention: Attention, _ operands: [TensorType]) -> Double {
    let all = 2 * Double(operands[0].count) * Double(operands[1].shape[1])
    return attention.causal && operands[0].shape[1] == operands[1].shape[1] ? all / 2 : all
  }
}

extension AttentionKernel.View {
  /// A dense tensor `[B, T, H, D]`.
  init(_ pointer: UnsafeMutablePointer<Float>, of type: TensorType) {
    self.init(pointer, tokens: type.shape[1], heads: type.shape[2], size: type.shape[3])
  }
}

extension AttentionKernel.Bias {
  /// A dense tensor `[1 or B, 1 or H, T, S]`.
  init(_ pointer: UnsafeMutablePointer<Float>, of type: TensorType) {
    let (shape, strides) = (type.shape, type.strides)
    self.init(
      pointer, batchStride: shape[0] == 1 ? 0 : strides[0], headStride: shape[1] == 1 ? 0 : strides[1],
      queryStride: strides[2])
  }
}

extension Attention: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    Kernel(flops: 2 * AttentionKernel.productFlops(self, operands)) { p in
      AttentionKernel(self, operands, p).forward(
        q: .init(p.input(0), of: operands[0]), k: .init(p.input(1), of: operands[1]),
        v: .init(p.input(2), of: operands[2]), output: .init(p.output(0), of: results[0]), logSumExp: p.output(1))
    }
  }
}

extension AttentionGradient: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let count = attention.operandCount
    return Kernel(flops: 5 * AttentionKernel.productFlops(attention, operands)) { p in
      let kernel = AttentionKernel(attention, operands, p)
      func view(_ index: Int) -> AttentionKernel.View { .init(p.input(index), of: operands[index]) }
      func gradient(_ index: Int) -> AttentionKernel.View { .init(p.output(index), of: results[index]) }
      let logSumExp = UnsafePointer(p.input(count + 1))
      let launches = kernel.backward(
        q: view(0), k: view(1), v: view(2), output: view(count), logSumExp: logSumExp,
        outputGradient: view(count + 2), queryGradient: gradient(0), keyGradient: gradient(1),
        valueGradient: gradient(2))
      guard attention.hasBias else { return launches }
      return launches
        + kernel.biasBackward(
          q: view(0), k: view(1), v: view(2), output: view(count), logSumExp: logSumExp,
          outputGradient: view(count + 2), gradient: .init(p.output(3), of: results[3]))
    }
  }
}
