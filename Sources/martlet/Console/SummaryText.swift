import Core
import Foundation
import Training
import ReportPages

/// What `martlet train` prints at the end.
enum SummaryText {
  /// The lines for a summary.
  static func text(_ summary: TrainingSummary) -> String {
    var text = ""
    let steps = Quantity.count(summary.steps)
    text +=
      summary.ending == .finished
      ? "Trained for \(steps) steps in \(Quantity.time(summary.seconds)).\n"
      : "Stopped early after \(steps) steps: the validation set no longer gains.\n"
    if summary.skippedSteps > 0 {
      text += "\(summary.skippedSteps) steps were skipped because their numbers were not finite.\n"
    }
    if let loss = summary.validationLoss {
      let accuracy = summary.validationAccuracy
      text += "Validation loss \(Quantity.loss(loss)) nats a \(accuracy == nil ? "token" : "label")"
      if let bits = summary.bitsPerByte { text += " (\(Quantity.loss(bits)) bits a byte)" }
      if let accuracy { text += ", accuracy \(Quantity.percent(accuracy))" }
      if let entropy = summary.unigramEntropy {
        text += "; \(accuracy == nil ? "unigram entropy" : "counting labels gives") \(Quantity.loss(entropy))"
      }
      text += summary.modelStep == summary.steps ? ".\n" : "; these are the weights of step \(summary.modelStep).\n"
    }
    for (index, sample) in summary.samples.enumerated() {
      text += "\nSample \(index + 1):\n\(indented(sample.prompt + sample.text))\n"
    }
    text += "\nForetold and taken:\n"
    for row in summary.comparison {
      text += "  \(row.what.padded(8))\(row.predicted), then \(row.actual)\n"
    }
    text += "Model   \(shown(summary.modelFolder))\nReport  \(shown(summary.reportPath))\n"
    return text
  }

  /// A path without detours, from the folder that the command runs in where it lies below.
  private static func shown(_ path: String) -> String {
    let whole = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let here = URL(fileURLWithPath: FileSystem.currentFolder).resolvingSymlinksInPath().path + "/"
    return whole.hasPrefix(here) ? String(whole.dropFirst(here.count)) : whole
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n")
  }
}
