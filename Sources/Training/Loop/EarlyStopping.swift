/// Keeps the best validation loss, and tells when it has stopped falling.
struct EarlyStopping: Sendable, Equatable {
  /// After how many evaluations without improvement to stop, or nil for never.
  let patience: Int?
  /// By how much a loss must be below the best to count as an improvement for `patience`.
  let threshold: Double
  /// The lowest loss so far, and the step it was measured at.
  private(set) var bestLoss: Double?
  private(set) var bestStep = 0
  /// How many evaluations there were since the loss fell by `threshold`.
  private(set) var evaluationsWithoutImprovement = 0
  /// The loss that the next one must undercut by `threshold`.
  private(set) var reference: Double?

  init(patience: Int?, threshold: Double) {
    self.patience = patience
    self.threshold = threshold
  }

  /// Takes a validation loss in; returns whether it is the lowest so far. A NaN never is.
  mutating func record(_ loss: Double, step: Int) -> Bool {
    if let reference, !(loss < reference - threshold) {
      evaluationsWithoutImprovement += 1
    } else if loss.isFinite {
      reference = loss
      evaluationsWithoutImprovement = 0
    } else {
      evaluationsWithoutImprovement += 1
    }
    guard loss.isFinite, loss < bestLoss ?? .infinity else { return false }
    bestLoss = loss
    bestStep = step
    return true
  }

  /// Whether the patience is used up.
  var shouldStop: Bool { patience.map { evaluationsWithoutImprovement >= $0 } ?? false }

  /// Takes over what a checkpoint had counted.
  mutating func restore(bestLoss: Double?, bestStep: Int, reference: Double?, evaluationsWithoutImprovement: Int) {
    self.bestLoss = bestLoss
    self.bestStep = bestStep
    self.reference = reference
    self.evaluationsWithoutImprovement = evaluationsWithoutImprovement
  }
}
