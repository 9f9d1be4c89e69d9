/// Keeps the best validation loss, and tells when it has stopped falling.
package struct EarlyStopping: Codable, Sendable, Equatable {
  /// After how many evaluations without improvement to stop, or nil for never.
  package var patience: Int?
  /// By how much a loss must be below the best to count as an improvement for `patience`.
  package var threshold: Double
  /// The lowest loss so far, and the step it was measured at.
  package private(set) var bestLoss: Double?
  package private(set) var bestStep = 0
  /// How many evaluations there were since the loss fell by `threshold`.
  package private(set) var evaluationsWithoutImprovement = 0
  /// The loss that the next one must undercut by `threshold`.
  package private(set) var reference: Double?

  package init(patience: Int?, threshold: Double) {
    self.patience = patience
    self.threshold = threshold
  }

  /// Takes a validation loss in; returns whether it is the lowest so far. A NaN never is.
  package mutating func record(_ loss: Double, step: Int) -> Bool {
    if loss.isFinite, loss < (reference ?? .infinity) - threshold {
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
  package var shouldStop: Bool { patience.map { evaluationsWithoutImprovement >= $0 } ?? false }
}
