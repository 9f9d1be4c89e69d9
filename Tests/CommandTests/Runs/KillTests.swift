import Core
import Foundation
import TestSupport
import Testing
import Training

/// SIGKILL at random moments. `MARTLET_KILLS=200` makes as many kills as that, a quarter of them inside a save.
@Suite("Killed and resumed runs", .serialized)
struct KillTests {
  static let kills = ProcessInfo.processInfo.environment["MARTLET_KILLS"].flatMap { Int($0) } ?? 8
  private static let steps = 40
  private static let settings = [
    "max_steps: \(steps)", "save_steps: 5", "eval_steps: 10", "save_total_limit: 2", "average_weights: 0.9",
    "gradient_accumulation_steps: 2",
  ]

  @Test("A run killed again and again ends with the bits of one that was not, and its metrics have each step once")
  func kills() throws {
    let whole = try TinyRun.with(Self.settings) { run in
      let result = try run.train()
      #expect(result.status == 0, "\(result.errors)")
      return (hashes: try run.hashes(step: Self.steps), losses: try Self.losses(run))
    }
    // At least two kills in one run, so that two fall into one epoch: the text has some hundred steps.
    var left = Self.kills
    var inSave = 0
    while left > 0 {
      try TinyRun.with(Self.settings) { run in
        for number in 0..<min(left, 5) {
          let wantsSave = number % 2 == 1
          let done = run.lastStep
          let target = Int.random(in: min(done + 1, Self.steps - 2)...min(done + 12, Self.steps - 1))
          let wasKilled = try run.trainAndKill(["--resume"]) {
            run.lastStep >= target && (!wantsSave || run.isSaving)
          }
          if wasKilled, wantsSave { inSave += 1 }
          left -= 1
          if !wasKilled { break }
          // Whatever moment it was, what is left is whole.
          let search = try CheckpointFolder(outputFolder: run.output).loadLatest(state: RunState.self)
          #expect(search.warnings == [])
        }
        let result = try run.train("--resume")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try run.hashes(step: Self.steps) == whole.hashes)
        #expect(try run.steps() == Array(1...Self.steps))
        #expect(try run.steps(with: "validation_loss") == [10, 20, 30, 40])
        #expect(try Self.losses(run) == whole.losses)
        let left = try FileSystem.list(run.output + "/checkpoints").filter {
          $0.hasPrefix(".tmp") || $0.hasPrefix(".trash")
        }
        #expect(left == [])
      }
    }
    print("\(Self.kills) kills, \(inSave) of them inside a save")
    if Self.kills >= 100 { #expect(inSave * 4 >= Self.kills) }
  }

  private static func losses(_ run: TinyRun) throws -> [Double?] {
    try MetricsFile.read(run.output + "/metrics.jsonl").flatMap { line in
      ["loss", "validation_loss", "learning_rate", "gradient_norm"].map { line.values[$0]?.doubleValue }
    }
  }

  @Test(
    "Ctrl-C saves a checkpoint and prints the command that goes on, which ends with the same bits",
    arguments: [SIGINT, SIGTERM])
  func interruption(signal: Int32) throws {
    let settings = ["max_steps: 400", "save_steps: 0", "eval_steps: 0"]
    try TinyRun.with(settings) { run in
      let process = Martlet.process(["train", run.recipe, "--set", "train.seed=3", "--threads", "1"], in: run.folder)
      let errors = Pipe()
      process.standardOutput = FileHandle.nullDevice
      process.standardError = errors
      let text = Reader(errors)
      try process.run()
      while process.isRunning, run.lastStep < 3 { usleep(500) }
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      let said = text.end()
      #expect(process.terminationStatus == 130, "\(said)")
      let step = try #require(try CheckpointFolder(outputFolder: run.output).steps.last)
      #expect(step >= 3 && step < 400)
      #expect(said.contains("stopped after step \(step) of 400; the checkpoint is saved"))
      let command = "\(Martlet.path) train \(run.recipe) --set train.seed=3 --threads 1 --resume"
      #expect(said.contains("Go on with: \(command)"), "\(said)")

      let short = ["--set", "train.seed=3", "--set", "train.max_steps=400"]
      let resumed = try Martlet.run(["train", run.recipe, "--resume"] + short, in: run.folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(resumed.errors.contains("Going on from the checkpoint of step \(step)"))
      let hashes = try run.hashes(step: 400)
      try TinyRun.with(settings) { (whole: TinyRun) throws in
        #expect(try whole.train("--set", "train.seed=3").status == 0)
        #expect(try whole.hashes(step: 400) == hashes)
      }
    }
  }
}

extension TinyRun {
  /// The last step in the metrics, 0 before there is one.
  var lastStep: Int { (try? steps())?.last ?? 0 }

  /// Whether a checkpoint is being written, or an old one removed, at this moment.
  fileprivate var isSaving: Bool {
    let names = (try? FileSystem.list(output + "/checkpoints")) ?? []
    return names.contains { $0.hasPrefix(".tmp") || $0.hasPrefix(".trash") || $0.hasPrefix(".replaced") }
  }
}

/// Reads a pipe on a thread of its own, so that it never fills up.
private final class Reader: @unchecked Sendable {
  private var data = Data()
  private let done = DispatchSemaphore(value: 0)

  init(_ pipe: Pipe) {
    Thread { [self] in
      data = pipe.fileHandleForReading.readDataToEndOfFile()
      done.signal()
    }.start()
  }

  func end() -> String {
    done.wait()
    return String(decoding: data, as: UTF8.self)
  }
}
