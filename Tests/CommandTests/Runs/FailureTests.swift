import CPUBackend
import Core
import Formats
import Foundation
import TestSupport
import Testing
import Training

@Suite("Runs on a system that fails", .serialized)
struct FailureTests {
  private let settings = ["max_steps: 12", "save_steps: 4", "eval_steps: 0", "save_total_limit: 1"]

  @Test(
    "A disk that fills up in the middle of a run is said, the last checkpoint stays, and the run goes on from it",
    .enabled(if: canMountSmallDisk))
  func fullDisk() throws {
    let whole = try TinyRun.with(settings) { run in
      #expect(try run.train().status == 0)
      return try run.hashes(step: 12)
    }
    try withSmallDisk(kilobytes: 2000) { folder in
      let run = TinyRun(folder: folder)
      try AtomicFile.write(TinyRun.text(words: 6000), to: folder + "/text.txt")
      try AtomicFile.write(TinyRun.yaml(train: settings), to: run.recipe)
      let ballast = folder + "/ballast"
      let trainer = Trainer(try Recipe(file: run.recipe), on: CPU(threads: 1))
      let error = #expect(throws: MartletError.self) {
        try trainer.train { event in
          // Everything but a few pages is taken as soon as the first checkpoint is there.
          if case .saved = event {
            let free = (try? FileSystem.freeBytes(at: folder)) ?? 0
            _ = FileManager.default.createFile(atPath: ballast, contents: Data(count: max(0, free - 16384)))
          }
        }
      }
      #expect(error?.code == .inputOutput)
      #expect(error?.message.contains("the checkpoint of step 8 was not saved") == true, "\(error as Any)")
      #expect(error?.message.contains("the disk is full") == true, "\(error as Any)")
      #expect(error?.remedy?.contains("The checkpoint of step 4 is intact") == true, "\(error as Any)")
      #expect(try CheckpointFolder(outputFolder: run.output).steps == [4])
      try FileSystem.remove(ballast)
      let resumed = try run.train("--resume")
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try run.hashes(step: 12) == whole)
      #expect(try run.steps() == Array(1...12))
    }
  }

  @Test("A run that cannot fit on the disk is refused before its first step", .enabled(if: canMountSmallDisk))
  func smallDisk() throws {
    try withSmallDisk(kilobytes: 400) { disk in
      try TinyRun.with(settings) { run in
        let result = try run.train(
          "--set", "train.output_dir=\(disk)/run", "--set", "data.output_dir=\(run.folder)/data", "--set",
          "model.n_embd=64")
        #expect(result.status == 1)
        #expect(result.errors.contains("of disk"), "\(result.errors)")
        #expect(result.errors.contains("are free"), "\(result.errors)")
        #expect(try CheckpointFolder(outputFolder: disk + "/run").steps == [])
      }
    }
  }

  @Test("A folder that cannot be written to is said", .enabled(if: canMountSmallDisk))
  func readOnly() throws {
    try withSmallDisk(kilobytes: 400) { disk in
      try runTool("mount", ["-o", "remount,ro", disk])
      try TinyRun.with(settings) { run in
        let result = try run.train("--set", "train.output_dir=\(disk)/run")
        #expect(result.status == 1)
        #expect(result.errors.contains("\(disk)/run"), "\(result.errors)")
        #expect(result.errors.contains("read-only"), "\(result.errors)")
      }
    }
  }

  @Test("A second trainer in the same folder is refused, and the first goes on")
  func secondTrainer() throws {
    try TinyRun.with(["max_steps: 3000", "eval_steps: 0", "save_steps: 0"]) { run in
      let first = Martlet.process(["train", run.recipe], in: run.folder)
      first.standardOutput = FileHandle.nullDevice
      first.standardError = FileHandle.nullDevice
      try first.run()
      defer { first.waitUntilExit() }
      while first.isRunning, run.lastStep < 2 { usleep(1000) }
      let second = try run.train("--resume")
      #expect(second.status == 1)
      #expect(second.errors.contains("is training in this folder"), "\(second.errors)")
      #expect(second.errors.contains("process \(first.processIdentifier)"), "\(second.errors)")
      #expect(first.isRunning)
      first.terminate()
    }
  }

  @Test("A damaged newest checkpoint is named, and the run goes on from the one before it, to the same bits")
  func damagedCheckpoint() throws {
    try TinyRun.with(["max_steps: 12", "save_steps: 4", "eval_steps: 0"]) { run in
      #expect(try run.train().status == 0)
      let hashes = try run.hashes(step: 12)
      let path = run.output + "/checkpoints/step-00000012/optimizer.safetensors"
      var bytes = try FileSystem.read(path, limit: 1 << 24)
      bytes[bytes.count / 2] ^= 4
      try AtomicFile.write(bytes, to: path)
      let result = try run.train("--resume")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("damaged checkpoint: \(path)"), "\(result.errors)")
      #expect(result.errors.contains("going back to step 8"), "\(result.errors)")
      #expect(try run.hashes(step: 12) == hashes)
    }
  }

  @Test("Steps whose loss is not finite are skipped and counted, and leave the weights as they were")
  func nonfiniteSteps() throws {
    try TinyRun.with(["max_steps: 3", "max_nonfinite_steps: 3", "eval_steps: 0"]) { run in
      let recipe = try Recipe(file: run.recipe, overrides: ["train.warmup_steps=0"])
      #expect(try run.train("--set", "train.max_steps=1", "--set", "train.warmup_steps=0").status == 0)
      // A weight that is infinite makes every later loss NaN.
      let folder = CheckpointFolder(outputFolder: run.output)
      let before = try run.hashes(step: 1)
      try poison(folder, outputFolder: run.output)
      var skipped = 0
      let trainer = Trainer(recipe, on: CPU(threads: 1))
      _ = try? trainer.train(resuming: true) { if case .warning = $0 { skipped += 1 } }
      #expect(skipped == 2)
      let lines = try MetricsFile.read(run.output + "/metrics.jsonl").filter { $0.values["skipped"] != nil }
      #expect(lines.map(\.step) == [2, 3])
      let checkpoint: LoadedCheckpoint<RunState> = try folder.load(step: 3)
      #expect(checkpoint.state.skippedSteps == 2)
      #expect(checkpoint.state.consecutiveSkips == 2)
      #expect(try run.hashes(step: 3)[1] == before[1], "the optimiser is as it was")
    }
  }

  /// Rewrites the checkpoint of step 1 with an infinite weight, hashes and all.
  private func poison(_ folder: CheckpointFolder, outputFolder: String) throws {
    let checkpoint: LoadedCheckpoint<RunState> = try folder.load(step: 1)
    func sources(_ file: SafetensorsFile, poisoned: String?) throws -> [TensorSource] {
      try file.tensors.map { tensor in
        var values = try tensor.floats()
        if tensor.name == poisoned { values[0] = .infinity }
        return TensorSource(name: tensor.name, shape: tensor.shape, floats: values)
      }
    }
    let store = try CheckpointStore(outputFolder: outputFolder)
    try store.save(
      step: 1, weights: try sources(checkpoint.weights, poisoned: "transformer.ln_f.weight"),
      optimizer: try sources(checkpoint.optimizer, poisoned: nil), state: checkpoint.state, isBest: true)
  }
}
