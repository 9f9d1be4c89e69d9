import Core
import TensorGraph

/// Profiles as trace events, which Perfetto and chrome://tracing show: a track for the steps with their operations, and
/// one for what each thread ran.
///
/// Source: "Trace Event Format", the JSON object form with complete events ("ph": "X") and metadata ("ph": "M").
struct ChromeTrace {
  private var events: [JSONValue] = []
  private let origin: UInt64

  private static let process = 1
  /// The track of the steps; threads follow. Perfetto shows a track 0, and one with the process's number, as something else.
  private static let steps = 2

  /// The trace of profiled steps.
  init(_ parts: [StepProfiles.Part]) {
    origin = parts.first?.profile.start ?? 0
    let threads = (parts.flatMap { $0.profile.spans.map(\.thread) }.max() ?? -1) + 1
    name("process_name", Self.process, "martlet train")
    name("thread_name", Self.steps, "steps")
    for thread in 0..<threads { name("thread_name", Self.steps + 1 + thread, "thread \(thread)") }
    var first = parts.startIndex
    while first < parts.endIndex {
      let step = parts[first].step
      let end = parts[first...].firstIndex { $0.step != step } ?? parts.endIndex
      add("step \(step)", track: Self.steps, parts[first].profile.start, parts[end - 1].profile.end)
      for part in parts[first..<end] {
        // A step of one program needs no event for the program.
        if end - first > 1 { add(part.program, track: Self.steps, part.profile.start, part.profile.end) }
        add(part.profile)
      }
      first = end
    }
  }

  /// The JSON text.
  var text: String {
    JSONValue.object(["displayTimeUnit": .string("ms"), "traceEvents": .array(events)]).text() + "\n"
  }

  private mutating func add(_ profile: Profile) {
    for (index, instruction) in profile.instructions.enumerated() {
      let start = profile.start(of: index)
      let seconds = Double(profile.ends[index] - start) * 1e-9
      var details: JSONObject = ["bytes": .integer(instruction.byteCount)]
      if instruction.flops > 0 {
        details["flops"] = .integer(Int(instruction.flops))
        details["gigaflops"] = .double((instruction.flops / max(seconds, 1e-9) / 1e6).rounded() / 1e3)
      }
      add(instruction.label, track: Self.steps, start, profile.ends[index], details)
    }
    for span in profile.spans {
      add(
        profile.instructions[span.instruction].label, track: Self.steps + 1 + span.thread, span.start, span.end,
        ["tiles": .integer(span.tiles)])
    }
  }

  private mutating func add(
    _ name: String, track: Int, _ start: UInt64, _ end: UInt64, _ details: JSONObject = [:]
  ) {
    var event: JSONObject = [
      "name": .string(name), "ph": .string("X"), "pid": .integer(Self.process), "tid": .integer(track),
      "ts": microseconds(start - origin), "dur": microseconds(end - start),
    ]
    if !details.keys.isEmpty { event["args"] = .object(details) }
    events.append(.object(event))
  }

  private mutating func name(_ kind: String, _ track: Int, _ name: String) {
    events.append(
      .object([
        "name": .string(kind), "ph": .string("M"), "pid": .integer(Self.process), "tid": .integer(track),
        "args": .object(["name": .string(name)]),
      ]))
  }

  /// Nanoseconds as microseconds with three decimals, exactly.
  private func microseconds(_ nanoseconds: UInt64) -> JSONValue {
    let thousandths = String(nanoseconds % 1000)
    return .number("\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - thousandths.count) + thousandths)
  }
}
