import Core
import Training

/// What `martlet train` prints at the end.
enum SummaryText {
  /// The lines for a summary.
  static func text(_ summary: TrainingSummary) -> String {
    var text = ""
    let steps = Quantity.count(summary.steps)
    text +=
      summary.ending == .finished
      ? "Trained for \(steps) steps in \(Quantity.time(summary.seconds)).\n"
      : "Stopped early after \(steps) steps: the validation loss no longer falls.\n"
    if summary.skippedSteps > 0 {
      text += "\(summary.skippedSteps) steps were skipped because their numbers were not finite.\n"
    }
    if let loss = summary.validationLoss {
      text += "Validation loss \(Quantity.loss(loss)) nats a token"
      if let bits = summary.bitsPerByte { text += " (\(Quantity.loss(bits)) bits a byte)" }
      if let entropy = summary.unigramEntropy { text += "; unigram entropy \(Quantity.loss(entropy))" }
      text += summary.modelStep == summary.steps ? ".\n" : "; these are the weights of step \(summary.modelStep).\n"
    }
    for (index, sample) in summary.samples.enumerated() {
      text += "\nSample \(index + 1):\n\(indented(sample.prompt + sample.text))\n"
    }
    text += "\nForetold and taken:\n"
    for row in summary.comparison {
      text += "  \(row.what.padded(8))\(row.predicted), then \(row.actual)\n"
    }
    text += "Model   \(summary.modelFolder)\nReport  \(summary.reportPath)\n"
    return text
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n")
  }
}
