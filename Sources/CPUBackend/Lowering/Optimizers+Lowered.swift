import TensorGraph

extension AdamW: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let kernel = AdamWKernel(
      count: results[0].count, beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon),
      weightDecay: Float(weightDecay))
    return Kernel(inPlace: [(0, 0), (1, 2), (2, 3)]) { p in
      kernel.launches(
        parameter: p.updated(0, result: 0), gradient: p.input(1), first: p.updated(2, result: 1),
        second: p.updated(3, result: 2), control: p.input(4))
    }
  }
}

extension Momentum: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let kernel = MomentumKernel(
      count: results[0].count, momentum: Float(momentum), nesterov: nesterov, weightDecay: Float(weightDecay))
    return Kernel(inPlace: [(0, 0), (1, 2)]) { p in
      kernel.launches(
        parameter: p.updated(0, result: 0), gradient: p.input(1), velocity: p.updated(2, result: 1),
        control: p.input(3))
    }
  }
}

extension Lion: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let kernel = LionKernel(
      count: results[0].count, beta1: Float(beta1), beta2: Float(beta2), weightDecay: Float(weightDecay))
    return Kernel(inPlace: [(0, 0), (1, 2)]) { p in
      kernel.launches(
        parameter: p.updated(0, result: 0), gradient: p.input(1), moment: p.updated(2, result: 1), control: p.input(3))
    }
  }
}

extension Pointers {
  /// A tensor that is read as an operand and written as a result.
  fileprivate func updated(_ operand: Int, result: Int) -> UpdatedTensor {
    UpdatedTensor(from: input(operand), to: output(result))
  }
}
