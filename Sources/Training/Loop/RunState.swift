/// Where a run stands, beside its tensors: what a checkpoint keeps so that the rest of the run is the same.
///
/// The step decides the data position, the dropout key and the learning rate, which are functions of it and the seed.
package struct RunState: Codable, Sendable, Equatable {
  /// Steps done, skipped ones too.
  package var step = 0
  /// Steps that changed the weights.
  package var appliedSteps = 0
  /// Steps left out one after another just now, because loss or gradients were not finite.
  package var consecutiveSkips = 0
  /// Tokens that were trained on.
  package var tokens = 0
  /// Seconds of training, over all processes that worked on the run.
  package var seconds = 0.0
  /// The best validation loss and the patience.
  package var earlyStopping: EarlyStopping
  /// What the best weights so far came to.
  package var best: ValidationResult?
  /// The last validation loss.
  package var validationLoss: Double?
  /// Whether the step is to be evaluated still, because the run was stopped before or during that.
  package var isEvaluationDue = false
  /// What goes into the next line of metrics.
  package var interval = Interval()
  /// What the run was begun with.
  package var origin = Origin()

  /// Sums since the last line of metrics.
  package struct Interval: Codable, Sendable, Equatable {
    package var lossSum = 0.0
    package var tokens = 0
  }

  /// What a run depends on beside its tensors; the rest of a run is another one where this differs.
  package struct Origin: Codable, Sendable, Equatable {
    /// The recipe with all its values, as YAML.
    package var recipe = ""
    /// The SHA-256 of `tokenizer.json`, and the size of its vocabulary.
    package var tokenizer = ""
    package var vocabularySize = 0
    /// The SHA-256 of the weights that adapters are for; nil without adapters.
    package var base: String?
    /// The SHA-256 of the hashes of the prepared tokens.
    package var data = ""
  }

  /// Steps left out because loss or gradients were not finite.
  package var skippedSteps: Int { step - appliedSteps }

  package init(earlyStopping: EarlyStopping) { self.earlyStopping = earlyStopping }
}
