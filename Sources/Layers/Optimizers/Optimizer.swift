import TensorGraph

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An optimiser: which rule updates which parameters, and how strongly they decay.
///
/// Its state for the parameter `x` is kept under the names `optimizer.m.x`, `optimizer.v.x`.
public struct Optimizer: Sendable {
  /// What parameters are updated by that the main rule is not for.
  public struct Fallback: Sendable {
    /// The rule.
    public var rule: any UpdateRule
    /// Its learning rate as a multiple of the main one.
    public var learningRateRatio: Double
  }

  /// The rule of most parameters.
  public var rule: any UpdateRule
  /// The rule of embeddings and vectors, where the main one is for matrices only.
  public var fallback: Fallback?
  /// The decay of the parameters that decay: matrices and embeddings.
  public var weightDecay: Double
  /// The learning rates of parameters by name, as multiples of the main one; 1 where there is none.
  public var scales: [String: Double] = [:]

  /// Adam with decoupled weight decay.
  public static func adamW(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0
  ) -> Optimizer {
    Optimizer(rule: AdamWRule(beta1: beta1, beta2: beta2, epsilon: epsilon), weightDecay: weightDecay)
  }

  /// Gradient descent with momentum; weight decay is added to the gradient, as in PyTorch.
  public static func sgd(momentum: Double = 0.9, nesterov: Bool = false, weightDecay: Double = 0) -> Optimizer {
    Optimizer(rule: MomentumRule(momentum: momentum, nesterov: nesterov), weightDecay: weightDecay)
  }

  /// Lion; learning rates are 3 to 10 times smaller than AdamW's, weight decay as much larger.
  public static func lion(beta1: Double = 0.9, beta2: Double = 0.99, weightDecay: Double = 0) -> Optimizer {
    Optimizer(rule: LionRule(beta1: beta1, beta2: beta2), weightDecay: weightDecay)
  }

  /// Muon for hidden matrices, AdamW for embeddings, output heads, biases and norms.
  ///
  /// - Parameter adamWLearningRateRatio: AdamW's learning rate as a multiple of Muon's.
  public static func muon(
    momentum: Double = 0.95, iterations: Int = 5, adamW: AdamWRule = AdamWRule(beta2: 0.95),
    adamWLearningRateRatio: Double = 0.1, weightDecay: Double = 0
  ) -> Optimizer {
    Optimizer(
      rule: MuonRule(momentum: momentum, iterations: iterations),
      fallback: Fallback(rule: adamW, learningRateRatio: adamWLearningRateRatio), weightDecay: weightDecay)
  }

  /// The rule that updates a parameter, and its learning rate as a multiple of the main one.
  func rule(for parameter: ParameterSpecification) -> (rule: any UpdateRule, ratio: Double) {
    let scale = scales[parameter.name] ?? 1
    if let fallback, rule is MuonRule, !MuonRule.suits(parameter) {
      return (fallback.rule, fallback.learningRateRatio * scale)
    }
    return (rule, scale)
  }

  /// The names and types of what the optimiser keeps between steps, all zero at the beginning.
  public func states(for parameters: [ParameterSpecification]) -> [(name: String, type: TensorType)] {
    parameters.flatMap { parameter in
      rule(for: parameter).rule.moments.map { (Self.stateName($0, parameter), parameter.type) }
    }
  }

  /// What a step is told from outside: f32[3], the learning rate and the bias corrections of step `step`.
  ///
  /// - Parameter step: the number of this step among those that were applied, counted from 1.
  public func control(learningRate: Double, step: Int) -> [Float] {
    let decays = (rule as? AdamWRule ?? fallback?.rule as? AdamWRule)?.biasDecays ?? (0, 0)
    return [Float(learningRate), Float(1 - pow(decays.0, Double(step))), Float(1 - pow(decays.1, Double(step)))]
  }

  /// Traces a step of all parameters: declares the optimiser's states and sets the updates of these and of the
  /// parameters, which are states under their names.
  ///
  /// - Parameters:
  ///   - control: f32[3], see `control(learningRate:step:)`.
  ///   - scale: what gradients are multiplied by, f32[].
  ///   - enabled: 1, or 0 to leave everything as it was, f32[].
  ///
  /// Returns: the new values of the parameters.
  @discardableResult
  public func update(
    _ parameters: [ParameterSpecification], gradients: [Tensor], control: Tensor, scale: Tensor, enabled: Tensor
  ) -> [Tensor] {
    let trace = control.trace
    let parts = control.split(axis: 0, [1, 1, 1])
    // One vector for each learning rate; equal ones are merged when the program is optimised.
    func controlVector(ratio: Double) -> Tensor {
      concatenate(
        [ratio == 1 ? parts[0] : parts[0] * ratio, scale.reshape([1]), parts[1], parts[2], enabled.reshape([1])],
        axis: 0)
    }
    return zip(parameters, gradients).map { parameter, gradient in
      let (rule, ratio) = self.rule(for: parameter)
      let names = rule.moments.map { Self.stateName($0, parameter) }
      let results = rule.update(
        parameter, trace.state(parameter.name, parameter.type), gradient: gradient,
        moments: names.map { trace.state($0, parameter.type) }, control: controlVector(ratio: ratio),
        weightDecay: parameter.decays ? weightDecay : 0)
      for (name, result) in zip([parameter.name] + names, results) { trace.update(name, to: result) }
      return results[0]
    }
  }

  private static func stateName(_ moment: String, _ parameter: ParameterSpecification) -> String {
    "optimizer.\(moment).\(parameter.name)"
  }
}
