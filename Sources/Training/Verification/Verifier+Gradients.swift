import Core
import Layers
import TensorGraph
import ReportPages

extension Verifier {
  /// A step of plain gradient descent with this rate moves weights by gradients that float32 resolves well.
  private static let probeRate = 1000.0

  /// Settings under which the change of the weights is the gradient.
  private func probeSettings(rows: Int, accumulates: Bool) -> TrainingPrograms.Settings {
    TrainingPrograms.Settings(
      batchSize: rows, sequenceLength: recipe.train.contextLength, optimizer: .sgd(momentum: 0),
      maximumGradientNorm: nil, recomputes: recipe.train.gradientCheckpointing, accumulates: accumulates)
  }

  /// The gradient of each parameter by the mean loss of the batches, and the loss; the weights are as before afterwards.
  private func gradients(
    _ executor: TrainingExecutor, _ batches: [TrainingExecutor.Batch], key: RandomKey
  ) throws -> (loss: Double, byName: [String: [Float]]) {
    let parameters = executor.programs.trainedParameters
    let before = parameters.map { executor.states[$0.name]?.read(as: Float.self) ?? [] }
    let result = try executor.step(batches, learningRate: Self.probeRate, appliedSteps: 0, key: key)
    var gradients: [String: [Float]] = [:]
    for (parameter, old) in zip(parameters, before) {
      guard let buffer = executor.states[parameter.name] else { continue }
      gradients[parameter.name] = zip(old, buffer.read(as: Float.self)).map { ($0 - $1) / Float(Self.probeRate) }
      buffer.write(old)
    }
    return (Double(result.loss), gradients)
  }

  /// Compares the gradients of two micro-batches, one of them with most of its targets left out, with those of one batch
  /// twice as large.
  func verifyAccumulation(_ subject: Subject) throws -> Result {
    let rows = recipe.train.perDeviceTrainBatchSize
    let backend = makeBackend(0)
    var parts = [try subject.batch(0, rows: rows), try subject.batch(1, rows: rows)]
    // Weighting by micro-batch instead of by token would show.
    for i in parts[1].targets.indices where i % 4 != 0 { parts[1].targets[i] = -100 }
    let whole = TrainingExecutor.Batch(
      tokens: parts[0].tokens + parts[1].tokens, targets: parts[0].targets + parts[1].targets)
    let apart = try gradients(
      try subject.executorWithoutDropout(probeSettings(rows: rows, accumulates: true), on: backend), parts,
      key: subject.dropoutKey)
    let together = try gradients(
      try subject.executorWithoutDropout(probeSettings(rows: 2 * rows, accumulates: false), on: backend), [whole],
      key: subject.dropoutKey)
    var difference = 0.0
    var size = 0.0
    for (name, gradient) in together.byName {
      for (a, b) in zip(gradient, apart.byName[name] ?? []) {
        difference += Double(a - b) * Double(a - b)
        size += Double(a) * Double(a)
      }
    }
    let relative = (difference / size).squareRoot()
    let tolerance = 1e-4
    return Result(
      name: "accumulation", isPassed: relative < tolerance && abs(apart.loss - together.loss) < 1e-4 * together.loss,
      finding:
        "2 micro-batches of \(rows), a part of the targets masked, against one of \(2 * rows): gradients differ by "
        + "\(Quantity.short(relative)) (at most \(Quantity.short(tolerance))), losses \(apart.loss) and \(together.loss)"
    )
  }

  /// Compares gradients with central differences of the loss: along the gradient of each of some parameters, and by
  /// single weights drawn at random.
  ///
  /// In float32 the loss has about six digits, so that a difference is only as good as the loss changes in it. Along the
  /// gradient of a whole parameter it changes most: the step is chosen to change it by a thousandth. Single weights
  /// change it little, so that they are judged together: by the relative root mean square of their errors.
  func verifyGradients(_ subject: Subject) throws -> Result {
    let rows = recipe.train.perDeviceTrainBatchSize
    let executor = try subject.executorWithoutDropout(
      probeSettings(rows: rows, accumulates: false), on: makeBackend(0))
    let batch = try subject.batch(0, rows: rows)
    // A few steps from the start, where all gradients are alive.
    for step in 0..<3 {
      _ = try executor.step(
        [try subject.batch(step + 1, rows: rows)], learningRate: 0.05, appliedSteps: step, key: subject.dropoutKey)
    }
    let (loss, gradients) = try gradients(executor, [batch], key: subject.dropoutKey)
    var stream = RandomStream(RandomKey(seed: UInt64(recipe.train.seed)).named("verify"))
    let chosen = executor.programs.trainedParameters.shuffled(using: &stream).prefix(8)

    func probe(_ parameter: ParameterSpecification, _ weights: [Float]) throws -> Double {
      executor.states[parameter.name]?.write(weights)
      let sum = try executor.evaluate(batch)
      return sum.lossSum / Double(sum.tokenCount)
    }
    var worst = 0.0
    var (squares, errors, count) = (0.0, 0.0, 0)
    for parameter in chosen {
      guard let weights = executor.states[parameter.name]?.read(as: Float.self),
        let gradient = gradients[parameter.name]
      else { continue }
      let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      if norm > 1e-7 {
        let length = 5e-4 * loss / norm
        let scale = Float(length / norm)
        let ahead = try probe(parameter, zip(weights, gradient).map { $0 + scale * $1 })
        let behind = try probe(parameter, zip(weights, gradient).map { $0 - scale * $1 })
        worst = max(worst, abs((ahead - behind) / (2 * length) - norm) / norm)
      }
      for _ in 0..<8 {
        // Among the larger ones of a few, so that there is something to see.
        let candidates = (0..<16).map { _ in Int.random(in: weights.indices, using: &stream) }
        guard let index = candidates.max(by: { abs(gradient[$0]) < abs(gradient[$1]) }) else { continue }
        var changed = weights
        let step = Float(0.02)
        changed[index] = weights[index] + step
        let ahead = try probe(parameter, changed)
        changed[index] = weights[index] - step
        let behind = try probe(parameter, changed)
        let slope = (ahead - behind) / Double((weights[index] + step) - (weights[index] - step))
        errors += (slope - Double(gradient[index])) * (slope - Double(gradient[index]))
        squares += Double(gradient[index]) * Double(gradient[index])
        count += 1
      }
      executor.states[parameter.name]?.write(weights)
    }
    let relative = squares > 0 ? (errors / squares).squareRoot() : .infinity
    let (along, single) = (0.02, 0.1)
    return Result(
      name: "gradients", isPassed: worst < along && relative < single,
      finding: "\(chosen.count) parameters: differences along the gradient within \(Quantity.percent(worst)) (at most "
        + "\(Quantity.percent(along))); \(count) single weights within \(Quantity.percent(relative)) (at most "
        + "\(Quantity.percent(single)))")
  }
}
