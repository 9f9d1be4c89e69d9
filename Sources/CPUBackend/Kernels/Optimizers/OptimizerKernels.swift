/// One step of AdamW with decoupled weight decay, in one pass over memory.
///
/// Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
package struct AdamWKernel: Sendable {
  package var count: Int
  package var beta1: Float
  package var beta2: Float
  package var epsilon: Float
  package var weightDecay: Float

  package init(count: Int, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float) {
    self.count = count
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Updates a parameter and its two moments; see `OptimizerControl` for `control`.
  package func launches(
    parameter: UpdatedTensor, gradient: UnsafePointer<Float>, first: UpdatedTensor, second: UpdatedTensor,
    control: UnsafePointer<Float>
  ) -> [Launch] {
    updateLaunches(count, control, tensors: [parameter, first, second]) { c, start, end in
      let scale = Vector(repeating: c.gradientScale)
      let rate = Vector(repeating: c.learningRate)
      let decay = Vector(repeating: 1 - c.learningRate * weightDecay)
      let (b1, b2) = (Vector(repeating: beta1), Vector(repeating: beta2))
      let (a1, a2) = (Vector(repeating: 1 - beta1), Vector(repeating: 1 - beta2))
      let (r1, r2) = (Vector(repeating: 1 / c.correction1), Vector(repeating: 1 / c.correction2))
      let e = Vector(repeating: epsilon)
      forEachVector(start, end) { index, count in
        let raw = count == 8 ? Vector(at: gradient + index) : Vector(at: gradient + index, count: count)
        let g = raw * scale
        let m = multiplyAdd(first.load(index, count), b1, g * a1)
        let v = multiplyAdd(second.load(index, count), b2, g * g * a2)
        let direction = m * r1 / (squareRoot(v * r2) + e)
        first.store(m, index, count)
        second.store(v, index, count)
        parameter.store(parameter.load(index, count) * decay - rate * direction, index, count)
      }
    }
  }
}

/// One step of stochastic gradient descent with momentum; weight decay is added to the gradient.
package struct MomentumKernel: Sendable {
  package var count: Int
  package var momentum: Float
  package var nesterov: Bool
  package var weightDecay: Float

  package init(count: Int, momentum: Float, nesterov: Bool, weightDecay: Float) {
    self.count = count
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }

  /// Updates a parameter and its velocity; see `OptimizerControl` for `control`.
  package func launches(
    parameter: UpdatedTensor, gradient: UnsafePointer<Float>, velocity: UpdatedTensor, control: UnsafePointer<Float>
  ) -> [Launch] {
    oneMomentLaunches(count, parameter, velocity, gradient, control) { c, raw, p, velocity in
      let mu = Vector(repeating: momentum)
      let g = multiplyAdd(raw, Vector(repeating: c.gradientScale), p * Vector(repeating: weightDecay))
      let v = multiplyAdd(velocity, mu, g)
      let direction = nesterov ? multiplyAdd(v, mu, g) : v
      return (p - Vector(repeating: c.learningRate) * direction, v)
    }
  }
}

/// One step of Lion.
///
/// Source: Chen et al., "Symbolic discovery of optimization algorithms", 2023.
package struct LionKernel: Sendable {
  package var count: Int
  package var beta1: Float
  package var beta2: Float
  package var weightDecay: Float

  package init(count: Int, beta1: Float, beta2: Float, weightDecay: Float) {
    self.count = count
    self.beta1 = beta1
    self.beta2 = beta2
    self.weightDecay = weightDecay
  }

  /// Updates a parameter and its moment; see `OptimizerControl` for `control`.
  package func launches(
    parameter: UpdatedTensor, gradient: UnsafePointer<Float>, moment: UpdatedTensor, control: UnsafePointer<Float>
  ) -> [Launch] {
    oneMomentLaunches(count, parameter, moment, gradient, control) { c, raw, p, m in
      let g = raw * Vector(repeating: c.gradientScale)
      let mixed = multiplyAdd(m, Vector(repeating: beta1), g * Vector(repeating: 1 - beta1))
      let sign = Vector(repeating: 1).withSign(of: mixed)
        .replacing(with: mixed, where: .!(mixed.magnitude .> Vector(repeating: 0)))
      let decay = Vector(repeating: 1 - c.learningRate * weightDecay)
      return (
        p * decay - Vector(repeating: c.learningRate) * sign,
        multiplyAdd(m, Vector(repeating: beta2), g * Vector(repeating: 1 - beta2))
      )
    }
  }
}

/// The launches of a rule that keeps one moment: `rule` gives the new parameter and moment of each vector.
@inline(__always)
private func oneMomentLaunches(
  _ count: Int, _ parameter: UpdatedTensor, _ moment: UpdatedTensor, _ gradient: UnsafePointer<Float>,
  _ control: UnsafePointer<Float>,
  _ rule:
    @escaping (
      _ control: OptimizerControl, _ gradient: Vector, _ parameter: Vector, _ moment: Vector
    ) -> (parameter: Vector, moment: Vector)
) -> [Launch] {
  updateLaunches(count, control, tensors: [parameter, moment]) { control, start, end in
    forEachVector(start, end) { index, count in
      let raw = count == 8 ? Vector(at: gradient + index) : Vector(at: gradient + index, count: count)
      let new = rule(control, raw, parameter.load(index, count), moment.load(index, count))
      moment.store(new.moment, index, count)
      parameter.store(new.parameter, index, count)
    }
  }
}
