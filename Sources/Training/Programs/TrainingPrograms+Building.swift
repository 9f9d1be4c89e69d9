import Layers
import TensorGraph

extension TrainingPrograms {
  /// The gradients of the summed losses, what they are summed over, and the trained parameters, which they belong to.
  private struct Backward {
    var lossSum, count: Tensor
    var parameters: [ParameterSpecification]
    var gradients: [Tensor]

    init(_ trace: Trace, _ settings: Settings, _ losses: Losses) throws {
      let batch = BatchInputs(trace, settings)
      let scope = Scope(
        trace, dropoutKey: trace.input("dropout_key", TensorType([2], .i32)), adaptation: settings.adaptation)
      lossSum = try losses(scope, batch.tokens, batch.targets).sum()
      count = batch.targets.countedTargets()
      parameters = scope.parameters.filter(\.isTrained)
      // The sum is differentiated, not the mean: its gradients add up over batches, and cotangents that are known
      // beforehand let the cross-entropy and its gradient be one pass.
      gradients = TensorGraph.gradients(of: lossSum, by: parameters.map { trace.state($0.name, $0.type) })
    }
  }

  static func makeStep(_ settings: Settings, _ losses: Losses) throws -> Program {
    try Trace.program { trace in
      let backward = try Backward(trace, settings, losses)
      trace.phase = .update
      update(
        trace, settings, backward.parameters, backward.gradients, lossSum: backward.lossSum, count: backward.count)
    }.optimized(recompute: settings.recomputes)
  }

  static func makeAccumulate(_ settings: Settings, _ losses: Losses) throws -> Program {
    try Trace.program { trace in
      let backward = try Backward(trace, settings, losses)
      trace.phase = .update
      func add(_ tensor: Tensor, to name: String) { trace.update(name, to: trace.state(name, tensor.type) + tensor) }
      for (parameter, gradient) in zip(backward.parameters, backward.gradients) {
        add(gradient, to: gradientName(parameter.name))
      }
      add(backward.lossSum, to: lossSumName)
      add(backward.count, to: countName)
      trace.output("loss_sum", backward.lossSum)
      trace.output("token_count", backward.count)
    }.optimized(recompute: settings.recomputes)
  }

  static func makeApply(_ settings: Settings, _ parameters: [ParameterSpecification]) throws -> Program {
    try Trace.program { trace in
      trace.phase = .update
      let accumulators = parameters.map { trace.state(gradientName($0.name), $0.type) }
      let lossSum = trace.state(lossSumName, TensorType([]))
      let count = trace.state(countName, TensorType([]))
      update(trace, settings, parameters, accumulators, lossSum: lossSum, count: count)
      for (name, type) in parameters.map({ (gradientName($0.name), $0.type) })
        + [(lossSumName, lossSum.type), (countName, count.type)]
      {
        trace.update(name, to: trace.constant(0, shape: type.shape))
      }
    }.optimized()
  }

  /// Clips and applies the gradients of the summed losses, unless loss or gradients are not finite.
  private static func update(
    _ trace: Trace, _ settings: Settings, _ parameters: [ParameterSpecification], _ gradients: [Tensor],
    lossSum: Tensor, count: Tensor
  ) {
    let control = trace.input("control_in", TensorType([3]))
    let divisor = count.maximum(1)
    let loss = lossSum / divisor
    let norm = gradients.isEmpty ? trace.constant(0) : sumOfSquares(gradients).unary(.squareRoot) / divisor
    var scale = trace.constant(1) / divisor
    if let limit = settings.maximumGradientNorm {
      scale = scale * (limit / (norm + 1e-6)).minimum(1)
    }
    let applied = isFinite(loss) * isFinite(norm) * count.minimum(1)
    let new = settings.optimizer.update(
      parameters, gradients: gradients, control: control, scale: scale, enabled: applied)
    if let decay = settings.averageDecay {
      let isDisabled = applied.compare(.equal, 0)
      for (parameter, value) in zip(parameters, new) {
        let name = averageName(parameter.name)
        let average = trace.state(name, parameter.type)
        trace.update(name, to: isDisabled.select(average, average * decay + value * (1 - decay)))
      }
    }
    trace.output("loss", loss)
    trace.output("token_count", count)
    trace.output("gradient_norm", norm)
    trace.output("applied", applied)
  }

  /// 1 where the number is finite, else 0: comparisons with NaN do not hold.
  private static func isFinite(_ x: Tensor) -> Tensor {
    x.unary(.absolute).compare(.lessOrEqual, Double(Float.greatestFiniteMagnitude)).convert(to: .f32)
  }
}

/// The quotient of a number and every element.
private func / (a: Double, b: Tensor) -> Tensor { b.trace.constant(a, shape: b.shape) / b }
