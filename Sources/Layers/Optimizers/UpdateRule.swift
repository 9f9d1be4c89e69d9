import TensorGraph

/// How one parameter is updated from its gradient, as nodes of a graph.
public protocol UpdateRule: Sendable {
  /// Short names of what the rule keeps for a parameter between steps, each of the parameter's type: `m`, `v`.
  var moments: [String] { get }
  /// The constants whose powers correct the bias of the moments, or 0 where a rule corrects nothing.
  var biasDecays: (first: Double, second: Double) { get }

  /// The new value of a parameter, followed by its new moments.
  ///
  /// - Parameters:
  ///   - control: f32[5], as of the operation `AdamW`: learning rate, gradient scale, two bias corrections, enabled.
  ///   - weightDecay: the decay of this parameter, 0 where it does not decay.
  func update(
    _ parameter: ParameterSpecification, _ value: Tensor, gradient: Tensor, moments: [Tensor], control: Tensor,
    weightDecay: Double
  ) -> [Tensor]
}

/// Adam with decoupled weight decay; see the operation `AdamW`.
public struct AdamWRule: UpdateRule, Hashable {
  /// The decay of the first moment.
  public var beta1: Double
  /// The decay of the second moment.
  public var beta2: Double
  /// What is added to the root of the second moment.
  public var epsilon: Double

  /// A rule with the given constants.
  public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  /// What it keeps between steps.
  public var moments: [String] { ["m", "v"] }
  /// The constants of the bias corrections.
  public var biasDecays: (first: Double, second: Double) { (beta1, beta2) }

  /// The new value and moments.
  public func update(
    _ parameter: ParameterSpecification, _ value: Tensor, gradient: Tensor, moments: [Tensor], control: Tensor,
    weightDecay: Double
  ) -> [Tensor] {
    let operation = AdamW(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
    return value.trace.apply(operation, [value, gradient] + moments + [control])
  }
}

/// Stochastic gradient descent with momentum; see the operation `Momentum`.
public struct MomentumRule: UpdateRule, Hashable {
  /// What stays of the velocity from step to step; 0 is plain gradient descent.
  public var momentum: Double
  /// Whether to step along the gradient plus the new velocity.
  public var nesterov: Bool

  /// A rule with the given constants.
  public init(momentum: Double = 0.9, nesterov: Bool = false) {
    self.momentum = momentum
    self.nesterov = nesterov
  }

  /// What it keeps between steps.
  public var moments: [String] { ["m"] }
  /// The constants of the bias corrections.
  public var biasDecays: (first: Double, second: Double) { (0, 0) }

  /// The new value and moments.
  public func update(
    _ parameter: ParameterSpecification, _ value: Tensor, gradient: Tensor, moments: [Tensor], control: Tensor,
    weightDecay: Double
  ) -> [Tensor] {
    let operation = Momentum(momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
    return value.trace.apply(operation, [value, gradient] + moments + [control])
  }
}

/// Steps along the sign of a moving average; see the operation `Lion`.
public struct LionRule: UpdateRule, Hashable {
  /// The share of the moment in the direction of the step.
  public var beta1: Double
  /// The decay of the moment.
  public var beta2: Double

  /// A rule with the given constants.
  public init(beta1: Double = 0.9, beta2: Double = 0.99) {
    self.beta1 = beta1
    self.beta2 = beta2
  }

  /// What it keeps between steps.
  public var moments: [String] { ["m"] }
  /// The constants of the bias corrections.
  public var biasDecays: (first: Double, second: Double) { (0, 0) }

  /// The new value and moments.
  public func update(
    _ parameter: ParameterSpecification, _ value: Tensor, gradient: Tensor, moments: [Tensor], control: Tensor,
    weightDecay: Double
  ) -> [Tensor] {
    let operation = Lion(beta1: beta1, beta2: beta2, weightDecay: weightDecay)
    return value.trace.apply(operation, [value, gradient] + moments + [control])
  }
}
