import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The learning rate as a function of the step, with the values of `get_scheduler` of Hugging Face's `transformers`.
public struct Schedule: Sendable, Hashable {
  /// The shapes of schedules, by the names of `lr_scheduler_type`.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The full rate after warm-up.
    case constant
    /// A straight line to the minimum.
    case linear
    /// Half a cosine wave to the minimum.
    case cosine
    /// The full rate, and a decay to the minimum over the last `decaySteps` steps.
    case warmupStableDecay = "warmup_stable_decay"
  }

  /// The way down of a schedule of the kind `warmupStableDecay`.
  public enum Decay: String, Sendable, Hashable, CaseIterable {
    case linear, cosine
  }

  /// The shape.
  public var kind: Kind
  /// The largest rate.
  public var learningRate: Double
  /// The smallest rate on the way down.
  public var minimumLearningRate: Double
  /// Steps over which the rate rises from 0.
  public var warmupSteps: Int
  /// All steps of the training.
  public var totalSteps: Int
  /// The last steps, over which the kind `warmupStableDecay` goes down.
  public var decaySteps: Int
  /// How the kind `warmupStableDecay` goes down.
  public var decay: Decay

  /// A schedule.
  ///
  /// Throws: `MartletError(.invalidArgument)` when numbers are negative, the minimum is above the rate, or warm-up and
  /// decay take more than all steps.
  public init(
    _ kind: Kind, learningRate: Double, minimumLearningRate: Double = 0, warmupSteps: Int = 0, totalSteps: Int,
    decaySteps: Int = 0, decay: Decay = .linear
  ) throws {
    func check(_ holds: Bool, _ message: String, _ remedy: String) throws {
      if !holds { throw MartletError(.invalidArgument, message, remedy: remedy) }
    }
    try check(
      learningRate.isFinite && learningRate >= 0, "learning_rate is \(learningRate)", "Give a number of 0 or more.")
    try check(
      (0...learningRate).contains(minimumLearningRate),
      "the minimum learning rate \(minimumLearningRate) is not between 0 and learning_rate (\(learningRate))",
      "Give a smaller minimum.")
    try check(totalSteps > 0, "the number of steps is \(totalSteps)", "Train for one step or more.")
    try check(
      warmupSteps >= 0 && warmupSteps <= totalSteps,
      "warmup_steps is \(warmupSteps), the training has \(totalSteps) steps", "Give fewer warm-up steps.")
    try check(
      kind != .warmupStableDecay || (decaySteps >= 0 && decaySteps <= totalSteps - warmupSteps),
      "\(decaySteps) steps of decay do not fit behind \(warmupSteps) of warm-up into \(totalSteps) steps",
      "Give fewer steps of decay.")
    self.kind = kind
    self.learningRate = learningRate
    self.minimumLearningRate = minimumLearningRate
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
    self.decaySteps = decaySteps
    self.decay = decay
  }

  /// The learning rate of the step that comes after `step` others.
  public func learningRate(at step: Int) -> Double {
    let minimum = learningRate > 0 ? minimumLearningRate / learningRate : 0
    if step < warmupSteps {
      let rise = Double(step) / Double(max(warmupSteps, 1))
      // transformers lets this kind alone rise from the minimum.
      return learningRate * (kind == .warmupStableDecay ? minimum + (1 - minimum) * rise : rise)
    }
    return learningRate * (minimum + (1 - minimum) * height(step))
  }

  /// The height above the minimum after warm-up, from 1 to 0.
  private func height(_ step: Int) -> Double {
    func progress(from start: Int) -> Double {
      min(max(Double(step - start) / Double(max(totalSteps - start, 1)), 0), 1)
    }
    func wave(_ x: Double) -> Double { 0.5 * (1 + cos(Double.pi * x)) }
    switch kind {
    case .constant: return 1
    case .linear: return 1 - progress(from: warmupSteps)
    case .cosine: return wave(progress(from: warmupSteps))
    case .warmupStableDecay:
      let x = progress(from: totalSteps - decaySteps)
      return decay == .linear ? 1 - x : wave(x)
    }
  }
}
