import Datasets

/// What a run tells while it goes on, to a terminal, an app or a test.
public enum TrainingEvent: Sendable {
  /// The data is being prepared.
  case preparing(DataProgress)
  /// The data is ready.
  case prepared(DatasetManifest, wasUpToDate: Bool)
  /// The run goes on from a checkpoint, with other values of these keys of the recipe.
  case resumed(step: Int, changes: [Recipe.Change])
  /// What was foretold, before the first step.
  case planned(TrainingPlan)
  /// A step was done.
  case step(StepProgress)
  /// The validation loss was measured.
  case evaluated(step: Int, loss: Double, accuracy: Double?, isBest: Bool)
  /// A checkpoint is on the disk.
  case saved(step: Int, path: String)
  /// Where the time of the steps went, at the end of a run that was to be profiled; the trace is at `path`.
  case profiled(StepProfiles, path: String)
  /// Something that a person should know, and that did not stop the run.
  case warning(String)
}

/// Where a run stands after a step.
public struct StepProgress: Sendable {
  /// Steps done and all steps.
  public var step, totalSteps: Int
  /// The loss of this step, nats a token.
  public var loss: Double
  /// The last validation loss, if there was one.
  public var validationLoss: Double?
  /// The learning rate of this step.
  public var learningRate: Double
  /// The norm of the gradients before clipping.
  public var gradientNorm: Double
  /// Tokens a second over the last steps.
  public var tokensPerSecond: Double
  /// Floating-point operations a second that the model's arithmetic needs at this speed.
  public var flops: Double
  /// `flops` as a part of what the processor can do, where that was measured.
  public var utilization: Double?
  /// Seconds to the end of the run.
  public var secondsLeft: Double
}

/// What came of a run.
public struct TrainingSummary: Sendable {
  /// Why a run ended.
  public enum Ending: Sendable {
    /// All steps are done.
    case finished
    /// The validation loss stopped falling.
    case stoppedEarly
  }

  /// Why it ended.
  public var ending: Ending
  /// Steps done, and those left out because their numbers were not finite.
  public var steps, skippedSteps: Int
  /// The step whose weights are the model: the one with the lowest validation loss, or the last.
  public var modelStep: Int
  /// The loss of the model over the whole validation text, nats a token; nil without validation text.
  public var validationLoss: Double?
  /// The share of validation targets that it finds, where that is measured.
  public var validationAccuracy: Double?
  /// The loss as bits for each byte of text, which can be compared between tokenizers.
  public var bitsPerByte: Double?
  /// The loss of a model that knows only how frequent each token, or each label, is.
  public var unigramEntropy: Double?
  /// Texts that the model wrote.
  public var samples: [(prompt: String, text: String)]
  /// Seconds of training over all processes of the run, and those of this one's steps.
  public var seconds, secondsHere: Double
  /// The most memory that the process had.
  public var peakMemory: Int
  /// Bytes of the checkpoints on the disk.
  public var diskBytes: Int
  /// What was foretold.
  public var plan: TrainingPlan
  /// The folder with the model, in Hugging Face's layout.
  public var modelFolder: String
  /// The report.
  public var reportPath: String
  /// What the data is, as rows of name and value.
  package var data: [[String]] = []
}
