import Core
import Foundation
import Formats
import Training

// A program for tests to kill: it saves checkpoints as fast as it can, each with content that follows from its step.

func say(_ line: String) {
  // Straight to the system, so that a line that was said is never lost in a buffer.
  let bytes = Array((line + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  say("usage: checkpoint-hammer save|limited|hold|interrupt FOLDER [COUNT]")
  exit(2)
}
let folder = arguments[2]
do {
  switch arguments[1] {
  case "save", "limited":
    let store = try CheckpointStore(outputFolder: folder, saveTotalLimit: 2)
    let found = try store.loadLatest(state: HammerState.self)
    var step = found.checkpoint?.step ?? 0
    say("from \(step)")
    if let checkpoint = found.checkpoint { try HammerPattern(step: step).check(checkpoint) }
    if arguments[1] == "limited" {
      // Files of more than 100 kB can't be written from here on.
      var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
      setrlimit(1, &limit)  // RLIMIT_FSIZE, whose type differs between systems
    }
    let last = arguments.count > 3 ? step + (Int(arguments[3]) ?? 0) : Int.max
    while step < last {
      step += 1
      try HammerPattern(step: step).save(to: store)
      say("saved \(step)")
    }
  case "hold":
    let store = try CheckpointStore(outputFolder: folder)
    say("held")
    withExtendedLifetime(store) { _ = readLine() }
  case "interrupt":
    Interruption.install()
    say("ready")
    while !Interruption.isRequested { usleep(1000) }
    say("interrupted")
    while true { usleep(1000) }
  default: exit(2)
  }
} catch {
  say("\(error)")
  exit(1)
}
