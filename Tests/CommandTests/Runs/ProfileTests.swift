import Core
import Foundation
import TestSupport
import Testing

@Suite("Profiles")
struct ProfileTests {
  /// An event of a trace that lasts.
  struct Event {
    let name: String
    let track: Int
    let start, end: Double
    let details: JSONObject

    init(_ object: JSONObject) throws {
      let fields = JSONFields(object, file: "profile.json")
      name = try fields.string("name")
      track = try fields.integer("tid", in: 0...1000)
      start = try fields.number("ts")
      end = start + (try fields.number("dur"))
      details = object["args"]?.objectValue ?? [:]
    }

    /// Whether the other event lies within this one; a nanosecond's rounding is allowed for.
    func contains(_ other: Event) -> Bool { other.start >= start - 1e-3 && other.end <= end + 1e-3 }
    var duration: Double { end - start }
  }

  /// The events of the trace that a run wrote, in order, and the names of its tracks.
  func trace(_ run: TinyRun) throws -> (events: [Event], tracks: [Int: String]) {
    let json = try JSONValue(file: run.output + "/profile.json")
    let objects = try #require(json.objectValue?["traceEvents"]?.arrayValue).compactMap(\.objectValue)
    var tracks: [Int: String] = [:]
    for object in objects where object["name"]?.stringValue == "thread_name" {
      let track = try #require(object["tid"]?.integerValue)
      tracks[track] = try #require(object["args"]?.objectValue?["name"]?.stringValue)
    }
    let events = try objects.filter { $0["ph"]?.stringValue == "X" }.map(Event.init)
    #expect(events.count + tracks.count + 1 == objects.count)
    return (events, tracks)
  }

  /// Checks that events of one track lie within each other or apart, as viewers need it.
  func expectNested(_ events: [Event]) {
    var open: [Event] = []
    for event in events.sorted(by: { ($0.start, -$0.duration) < ($1.start, -$1.duration) }) {
      while let last = open.last, last.end <= event.start + 1e-3, !last.contains(event) { open.removeLast() }
      if let last = open.last { #expect(last.contains(event), "\(event) begins in \(last) and ends behind it") }
      open.append(event)
    }
  }

  @Test("train --profile prints a table and writes a trace whose operations fill the steps")
  func profile() throws {
    try TinyRun.with(["max_steps: 13"]) { run in
      let result = try run.train("--profile", "--set", "train.threads=2")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("Where the time of 13 steps went:"))
      for word in ["attention_gradient", "linear_cross_entropy_gradient", "adamw", "GFLOP/s", "GB/s"] {
        #expect(result.errors.contains(word))
      }
      let (events, tracks) = try trace(run)
      #expect(tracks == [2: "steps", 3: "thread 0", 4: "thread 1"])
      #expect(events.allSatisfy { !$0.name.isEmpty && tracks[$0.track] != nil && $0.duration >= 0 })
      for track in tracks.keys { expectNested(events.filter { $0.track == track }) }

      // Ten steps are kept, and nothing of a step is left out: its operations last as long as it does.
      let main = events.filter { $0.track == 2 }
      let steps = main.filter { $0.name.hasPrefix("step ") }
      #expect(steps.map(\.name) == (1...10).map { "step \($0)" })
      let operations = main.filter { !$0.name.hasPrefix("step ") }
      for step in steps {
        let inside = operations.filter(step.contains)
        #expect(abs(inside.reduce(0) { $0 + $1.duration } - step.duration) < 1, "in microseconds")
        #expect(inside.contains { $0.name.hasPrefix("matmul") && ($0.details["flops"]?.integerValue ?? 0) > 0 })
        #expect(inside.allSatisfy { ($0.details["bytes"]?.integerValue ?? 0) > 0 })
      }
      // What a thread ran belongs to an operation of that name at that time.
      let threads = events.filter { $0.track > 2 }
      #expect(Set(threads.map(\.track)) == [3, 4])
      for part in threads {
        #expect(operations.contains { $0.name == part.name && $0.contains(part) })
        #expect((part.details["tiles"]?.integerValue ?? 0) > 0)
      }
    }
  }

  @Test("A profiled run has the same weights, and with accumulation its micro-batches lie within the steps")
  func accumulation() throws {
    try TinyRun.with(["max_steps: 5", "gradient_accumulation_steps: 2"]) { run in
      #expect(try run.train().status == 0)
      let plain = try run.hashes(step: 5)
      try FileSystem.remove(run.output)
      #expect(try run.train("--profile").status == 0)
      #expect(try run.hashes(step: 5) == plain)
      let (events, _) = try trace(run)
      let main = events.filter { $0.track == 2 }
      expectNested(main)
      for step in main.filter({ $0.name.hasPrefix("step ") }) {
        let inside = main.filter(step.contains).map(\.name)
        #expect(inside.filter { $0 == "accumulate" }.count == 2)
        #expect(inside.filter { $0 == "apply" }.count == 1)
      }
    }
  }

  @Test("bench generate prints one line of JSON, for sizes and for a model's folder")
  func generation() throws {
    func figures(_ arguments: [String]) throws -> JSONFields {
      let result = try Martlet.run(arguments + ["--threads", "1", "--new-tokens", "5"])
      #expect(result.status == 0, "\(result.errors)")
      let line = result.output.split(separator: "\n").last ?? ""
      let object = try #require(try JSONValue(parsing: Array(line.utf8), name: "bench").objectValue)
      return JSONFields(object, file: "bench")
    }
    let keys = [
      "prompt_tokens_per_second", "decode_tokens_per_second", "milliseconds_per_token", "weight_gigabytes_per_second",
      "read_gigabytes_per_second", "copy_gigabytes_per_second", "peak_memory_megabytes",
    ]
    let bySizes = try figures(["bench", "generate", "1", "16", "2", "32", "3", "50"])
    for key in keys { #expect(try bySizes.number(key) > 0) }
    try TinyRun.with(["max_steps: 5"]) { run in
      #expect(try run.train().status == 0)
      let ofModel = try figures(["bench", "generate", "--model", run.output, "--profile"])
      for key in keys { #expect(try ofModel.number(key) > 0) }
    }
  }
}
