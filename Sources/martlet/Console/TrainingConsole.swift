import Core
import Datasets
import Training
import ReportPages

/// Shows on standard error what a run tells: one line that changes while it goes on, and lines that stay.
final class TrainingConsole {
  private let line: ProgressLine
  private let isLive: Bool
  private let loggingSteps: Int

  init(loggingSteps: Int) {
    isLive = Terminal.isLive
    self.loggingSteps = loggingSteps
    // Where lines stay, the logging interval decides how many there are, not the clock.
    line = ProgressLine(isLive: isLive, quietInterval: .zero)
  }

  /// Shows an event.
  func show(_ event: TrainingEvent) {
    switch event {
    case .preparing(let progress): if isLive { line.update(DataConsole.text(progress)) }
    case .prepared(let manifest, let wasUpToDate): showData(manifest, wasUpToDate)
    case .resumed(let step, let changes):
      line.message("Going on from the checkpoint of step \(step).")
      for change in changes {
        line.message("  \(change.key) was \(change.before) and is \(change.after) from here on.")
      }
    case .planned(let plan): showPlan(plan)
    case .step(let progress):
      if isLive {
        line.update(Self.text(progress, columns: Terminal.columns))
      } else if progress.step % loggingSteps == 0 || progress.step == progress.totalSteps {
        line.update(Self.text(progress, columns: 200))
      }
    case .evaluated(let step, let loss, let accuracy, let isBest):
      let share = accuracy.map { ", accuracy \(Quantity.percent($0))" } ?? ""
      line.message("step \(step): validation loss \(Quantity.loss(loss))\(share)\(isBest ? " (best so far)" : "")")
    case .profiled(let profiles, let path): showProfile(profiles, path)
    case .saved: break
    case .warning(let text): line.message("warning: \(text)")
    }
  }

  private func showData(_ manifest: DatasetManifest, _ wasUpToDate: Bool) {
    line.finish()
    for row in DataConsole.summary(manifest, wasUpToDate: wasUpToDate) { line.message(row) }
  }

  private func showPlan(_ plan: TrainingPlan) {
    let left = plan.totalSteps - plan.doneSteps
    line.message(
      "Model: \(Quantity.scaled(Double(plan.parameterCount))) parameters"
        + (plan.trainedCount < plan.parameterCount
          ? ", \(Quantity.scaled(Double(plan.trainedCount))) of them trained" : "")
        + ". Training: \(Quantity.count(left)) steps of "
        + "\(Quantity.count(plan.tokensPerStep)) tokens.")
    for row in plan.rows { line.message("  " + row.what.padded(8) + row.predicted) }
  }

  private func showProfile(_ profiles: StepProfiles, _ path: String) {
    line.message("Where the time of \(Quantity.count(profiles.stepCount)) steps went:")
    for row in profiles.lines() { line.message(row) }
    line.message("The first steps as a trace, for ui.perfetto.dev or chrome://tracing: \(path)")
  }

  /// The progress line, shortened where the terminal is narrow.
  static func text(_ progress: StepProgress, columns: Int) -> String {
    var parts = ["step \(progress.step)/\(progress.totalSteps)", "loss \(Quantity.loss(progress.loss))"]
    if let loss = progress.validationLoss { parts.append("val \(Quantity.loss(loss))") }
    var more = ["lr \(Quantity.short(progress.learningRate))", "\(Quantity.scaled(progress.tokensPerSecond)) tok/s"]
    let speed = "\(Quantity.scaled(progress.flops))FLOP/s"
    more.append(progress.utilization.map { "\(Quantity.percent($0)) of peak" } ?? speed)
    let left = "\(Quantity.time(progress.secondsLeft)) left"
    while !more.isEmpty, (parts + more + [left]).joined(separator: "  ").count >= columns { more.removeLast() }
    return (parts + more + [left]).joined(separator: "  ")
  }

  /// Removes the line that changes.
  func end() { line.finish() }
}

extension String {
  /// The text with spaces behind it up to a width.
  func padded(_ width: Int) -> String {
    count < width ? self + String(repeating: " ", count: width - count) : self + " "
  }
}
