import Core
import TensorGraph
import ReportPages

/// Where the time of a run's steps went: sums by operation over all of them, and the first ones in detail.
public struct StepProfiles: Sendable {
  /// One run of a compiled program within a step.
  struct Part: Sendable {
    /// The step's number, from 1.
    var step: Int
    /// `step`, or with accumulation `accumulate` and `apply`.
    var program: String
    var profile: Profile
  }

  /// How many steps are kept in detail, for the trace.
  static let detailedSteps = 10

  /// How many steps were profiled.
  public private(set) var stepCount = 0
  /// The seconds that their programs took.
  public private(set) var seconds = 0.0
  private(set) var parts: [Part] = []
  private var table: [String: InstructionTime] = [:]

  /// The operations, those that took longest first.
  public var operations: [InstructionTime] { table.values.sorted { ($0.seconds, $1.label) > ($1.seconds, $0.label) } }

  /// Nothing so far.
  public init() {}

  /// Counts a step that begins; what is added next belongs to it.
  mutating func beginStep() { stepCount += 1 }

  /// Takes in what a program of the current step did.
  mutating func add(_ profile: Profile, of program: String) {
    seconds += Double(profile.end - profile.start) * 1e-9
    profile.add(to: &table)
    if stepCount <= Self.detailedSteps { parts.append(Part(step: stepCount, program: program, profile: profile)) }
  }

  /// The first steps in Chrome's trace-event format, as JSON.
  public var trace: String { ChromeTrace(parts).text }

  /// The table as lines of text: time, share, count, speed and bytes by operation.
  public func lines(limit: Int = 24) -> [String] {
    let steps = Double(max(stepCount, 1))
    var lines = ["  ms/step  share  calls  GFLOP/s     GB/s  operation"]
    func line(_ entry: InstructionTime) -> String {
      let time = max(entry.seconds, 1e-12)
      return [
        Quantity.fixed(entry.seconds / steps * 1e3, 9, decimals: 3), Quantity.fixed(entry.seconds / seconds * 100, 6),
        Quantity.fixed(Double(entry.count) / steps, 7, decimals: 0),
        entry.flops > 0 ? Quantity.fixed(entry.flops / time / 1e9, 9) : "        -",
        Quantity.fixed(entry.bytes / time / 1e9, 9), "  \(entry.label)",
      ].joined()
    }
    lines += operations.prefix(limit).map(line)
    let rest = operations.dropFirst(limit)
    if !rest.isEmpty {
      var sum = InstructionTime(label: "\(rest.count) more")
      for entry in rest {
        sum.count += entry.count
        sum.seconds += entry.seconds
        sum.flops += entry.flops
        sum.bytes += entry.bytes
      }
      lines.append(line(sum))
    }
    lines.append(Quantity.fixed(seconds / steps * 1e3, 9, decimals: 3) + "  whole step")
    return lines
  }
}
