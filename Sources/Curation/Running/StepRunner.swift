import Documents

/// Runs a list of steps over documents, one document after another, and keeps a report of each step.
///
/// A runner holds no state: any number of threads may share it, each with reports of its own, which merge.
public struct StepRunner: Sendable {
  /// The steps in the order in which they run.
  public let steps: [any DocumentStep]
  /// How many samples a report keeps for each reason.
  public let samplesPerReason: Int

  /// A runner of steps.
  public init(_ steps: [any DocumentStep], samplesPerReason: Int = 5) {
    self.steps = steps
    self.samplesPerReason = samplesPerReason
  }

  /// Reports of the steps before any document, one a step and in the order of the steps.
  public func emptyReports() -> [StepReport] {
    steps.map { StepReport(name: type(of: $0).name, samplesPerReason: samplesPerReason) }
  }

  /// Runs the steps over a document up to the first that drops it, and counts in `reports`, which `emptyReports` began.
  ///
  /// Returns: whether the document stays; if it does not, its text is as the step found it that dropped it.
  public func run(_ document: inout Document, _ reports: inout [StepReport]) -> Verdict {
    for (index, step) in steps.enumerated() {
      let before = document.text
      var counters: Counters = [:]
      let verdict = step.apply(&document, &counters)
      if verdict != .keep { document.text = before }
      reports[index].count(before: before, after: document, verdict: verdict, counters: counters)
      if verdict != .keep { return verdict }
    }
    return .keep
  }
}
