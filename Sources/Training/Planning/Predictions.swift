import Core
import ReportPages

extension TrainingPlan {
  /// What is foretold, in words: memory, time and disk.
  package var rows: [Report.Prediction] {
    let tokens = min(dataBytes, max(0, availableMemory - neededBytes))
    let known = stateBytes + workspaceBytes + tokens
    let parts = [
      (stateBytes, "weights, gradients and optimiser"), (workspaceBytes, "workspace"), (tokens, "tokens"),
      (memoryBytes - known, "the program itself"),
    ].filter { $0.0 > 0 }.map { "\($0.1) \(ByteCount($0.0))" }
    let step = stepSeconds < 1 ? "\(Quantity.short(stepSeconds * 1000)) ms" : Quantity.time(stepSeconds)
    return [
      Report.Prediction(
        "memory",
        "\(ByteCount(memoryBytes)) (\(parts.joined(separator: ", "))) of \(ByteCount(availableMemory)) available",
        ""),
      Report.Prediction("time", "\(Quantity.time(totalSeconds)) (\(step) a step)", ""),
      Report.Prediction(
        "disk",
        "\(ByteCount(diskBytes)) (\(checkpointCount) checkpoints of \(ByteCount(checkpointBytes))) of \(ByteCount(freeDisk)) free",
        ""),
    ]
  }
}

extension TrainingSummary {
  /// What was foretold beside what it took.
  package var comparison: [Report.Prediction] {
    [
      Report.Prediction("memory", "\(ByteCount(plan.memoryBytes))", "\(ByteCount(peakMemory)) at the peak"),
      Report.Prediction("time", Quantity.time(plan.totalSeconds), Quantity.time(secondsHere)),
      Report.Prediction("disk", "\(ByteCount(plan.diskBytes)) at most", "\(ByteCount(diskBytes)) at the end"),
    ]
  }
}
