import Core

/// All of a run's state besides tensors: with the weights and the optimiser it makes the rest of the run the same bits.
public struct TrainingState: Codable, Sendable, Hashable {
  /// The number of updates done.
  public var step = 0
  /// The number of samples drawn from the training text: the whole data position.
  public var samplesConsumed: UInt64 = 0
  /// The tokens trained on.
  public var tokensSeen: UInt64 = 0
  /// The seed that all random keys come from; keys are numbered by step, so that there is no other random state.
  public var seed: UInt64 = 0
  /// The updates that the learning-rate schedule was laid out for.
  public var scheduledSteps = 0
  /// Updates skipped in a row because of NaN or infinite gradients, and in all.
  public var nonfiniteSteps = 0
  /// Updates skipped in all.
  public var skippedSteps = 0
  /// The lowest validation loss so far, and the step it was measured at.
  public var bestLoss: Double?
  /// The step of `bestLoss`.
  public var bestStep = 0
  /// The loss that early stopping compares with.
  public var stoppingReference: Double?
  /// Evaluations without improvement.
  public var evaluationsWithoutImprovement = 0
  /// Seconds of training in all sessions.
  public var seconds = 0.0
  /// Hashes of what the run was started with.
  public var fingerprints = Fingerprints()

  /// The state at the start of a run.
  public init() {}

  /// Hashes of what a run depends on; one that differs on resuming means that the rest would be another run.
  public struct Fingerprints: Codable, Sendable, Hashable {
    /// Of `tokenizer.json`.
    public var tokenizer = ""
    /// Of the model's configuration.
    public var model = ""
    /// Of the prepared data.
    public var data = ""
    /// Of the recipe's keys that change the weights.
    public var recipe = ""

    /// No fingerprints yet.
    public init() {}

    /// The parts whose fingerprints differ, in words.
    public func differences(from other: Fingerprints) -> [String] {
      [
        ("tokenizer", tokenizer, other.tokenizer), ("model", model, other.model), ("data", data, other.data),
        ("recipe", recipe, other.recipe),
      ].filter { $0.1 != $0.2 }.map(\.0)
    }
  }
}

extension Recipe {
  /// A hash of all keys that change the weights.
  public var fingerprint: String {
    var text = ""
    for key in RecipeKey.all where key.changesWeights { text += "\(key.name)=\(key.value(in: self).text())\n" }
    text += JSONValue.object(model.configuration.sorted).text()
    return SHA256.hash(Array(text.utf8)).hex
  }
}
