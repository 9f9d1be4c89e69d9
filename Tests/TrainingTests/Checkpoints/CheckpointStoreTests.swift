import Core
import Formats
import Foundation
import TestSupport
import Testing
import Training
import checkpoint_hammer

@Suite struct CheckpointStoreTests {
  private func save(_ steps: some Sequence<Int>, to store: CheckpointStore) throws {
    for step in steps { try HammerPattern(step: step).save(to: store) }
  }

  @Test func savesAndLoadsEveryByteAndKeepsTheNewestAndTheBest() throws {
    try withTemporaryFolder { folder in
      let store = try CheckpointStore(outputFolder: folder, saveTotalLimit: 2)
      let empty = try store.loadLatest(state: HammerState.self)
      #expect(empty.checkpoint == nil && empty.warnings.isEmpty)
      try save(1...5, to: store)
      #expect(try store.folder.steps == [3, 4, 5])
      #expect(try store.folder.bestStep == 3)
      #expect(store.folder.latestStep == 5)
      let found = try store.loadLatest(state: HammerState.self)
      #expect(found.warnings.isEmpty)
      try HammerPattern(step: 5).check(try #require(found.checkpoint))
      let best = try store.folder.loadBest(state: HammerState.self)
      try HammerPattern(step: 3).check(try #require(best.checkpoint))
      #expect(
        try FileSystem.list(store.folder.folder(of: 5)) == [
          "config.json", "manifest.json", "model.safetensors", "optimizer.safetensors", "state.json",
        ])
      #expect(
        try FileSystem.list(store.folder.path) == ["best", "latest", "step-00000003", "step-00000004", "step-00000005"])
      #expect(store.folder.folder(of: 100) == folder + "/checkpoints/step-00000100")
      try save([6], to: store)
      #expect(try store.folder.steps == [5, 6])
      try store.removeAll()
      #expect(try FileSystem.list(store.folder.path) == [])
    }
  }

  @Test func whatAKilledRunLeftBesideItsCheckpointsIsRemoved() throws {
    try withTemporaryFolder { folder in
      for name in [".metrics.jsonl.tmp-99-1", ".report.html.tmp-99-2", "checkpoints/.best.tmp-99-3"] {
        try FileSystem.createFolder(folder + "/checkpoints")
        try AtomicFile.write("half", to: joinPath(folder, name))
      }
      let store = try CheckpointStore(outputFolder: folder)
      #expect(try FileSystem.list(folder) == [".lock", "checkpoints"])
      #expect(try FileSystem.list(store.folder.path) == [])
    }
  }

  @Test func oneFlippedByteInAnyFileIsFoundNamedAndPassedOver() throws {
    try withTemporaryFolder { folder in
      var store: CheckpointStore? = try CheckpointStore(outputFolder: folder)
      try save(1...2, to: try #require(store))
      store = nil
      let checkpoints = CheckpointFolder(outputFolder: folder)
      var random = RandomStream(RandomKey(seed: 9))
      for name in try FileSystem.list(checkpoints.folder(of: 2)) {
        let path = joinPath(checkpoints.folder(of: 2), name)
        let bytes = try FileSystem.read(path, limit: 1 << 22)
        // Every byte of small files, the first and last and some others of large ones.
        let places =
          bytes.count < 2000
          ? Array(bytes.indices)
          : [0, 7, 8, 20, bytes.count - 1] + (0..<30).map { _ in Int.random(in: 0..<bytes.count, using: &random) }
        var missed: [Int] = []
        for place in places {
          var damaged = bytes
          damaged[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
          if place % 3 == 0 { damaged[place] = bytes[place] == 0x20 ? 0x0A : 0x20 }
          if damaged == bytes { damaged[place] ^= 0x80 }
          // In place, as a failing disk does it.
          let handle = open(path, O_WRONLY)
          _ = damaged.withUnsafeBytes { pwrite(handle, $0.baseAddress, $0.count, 0) }
          close(handle)
          let found = try checkpoints.loadLatest(state: HammerState.self)
          if found.checkpoint?.step != 1 || found.warnings.count != 1
            || found.warnings.first?.hasPrefix("damaged checkpoint: \(path): ") != true
            || found.warnings.first?.hasSuffix("; going back to step 1") != true
          {
            missed.append(place)
          }
        }
        #expect(missed == [], "\(name)")
        try AtomicFile.write(bytes, to: path)
      }
      let whole = try checkpoints.loadLatest(state: HammerState.self)
      #expect(whole.checkpoint?.step == 2)
    }
  }

  @Test func missingShortenedAndForeignFilesAreFound() throws {
    try withTemporaryFolder { folder in
      let store = try CheckpointStore(outputFolder: folder)
      try save(1...2, to: store)
      let damaged = store.folder.folder(of: 2)
      func message() -> String? {
        let error = #expect(throws: MartletError.self) { try store.folder.load(step: 2, state: HammerState.self) }
        #expect(error?.code == .corrupted)
        return error?.description
      }
      let weights = try FileSystem.read(damaged + "/model.safetensors", limit: 1 << 22)
      try AtomicFile.write(Array(weights.dropLast()), to: damaged + "/model.safetensors")
      #expect(message()?.hasPrefix("\(damaged)/model.safetensors: the file has \(weights.count - 1) bytes") == true)
      try FileSystem.remove(damaged + "/model.safetensors")
      #expect(message() == "\(damaged)/model.safetensors: the file is missing")
      try AtomicFile.write(weights, to: damaged + "/model.safetensors")
      // A whole checkpoint under another step's name.
      try FileSystem.move(store.folder.folder(of: 1), to: store.folder.folder(of: 7))
      let renamed = #expect(throws: MartletError.self) { try store.folder.load(step: 7, state: HammerState.self) }
      #expect(renamed?.message == "the manifest is of step 1")
      try FileSystem.remove(damaged + "/manifest.json")
      #expect(message() == "\(damaged)/manifest.json: the checkpoint has no manifest.json")
      // None is intact; both are set aside, so that they never count as kept.
      let found = try store.loadLatest(state: HammerState.self)
      #expect(found.checkpoint == nil)
      #expect(found.warnings.count == 2)
      #expect(found.warnings.allSatisfy { $0.hasSuffix("no intact checkpoint is left") })
      #expect(try store.folder.steps == [])
      #expect(try FileSystem.list(store.folder.path).filter { $0.hasPrefix("damaged-") }.count == 2)
    }
  }

  @Test func damagedNewestDoesNotPushOutTheIntactOne() throws {
    try withTemporaryFolder { folder in
      let store = try CheckpointStore(outputFolder: folder, saveTotalLimit: 1)
      try save([3, 4], to: store)
      try AtomicFile.write("x", to: store.folder.folder(of: 4) + "/state.json")
      let found = try store.loadLatest(state: HammerState.self)
      #expect(found.checkpoint?.step == 3)
      #expect(found.warnings.count == 1)
      try save([4], to: store)
      #expect(try store.folder.steps == [3, 4])
      let again = try store.loadLatest(state: HammerState.self)
      try HammerPattern(step: 4).check(try #require(again.checkpoint))
      // The same step once more takes the old one's place.
      try save([4], to: store)
      #expect(try FileSystem.list(store.folder.path).filter { $0.hasPrefix(".") } == [])
    }
  }

  @Test func damagedBestFallsBackToTheNewest() throws {
    try withTemporaryFolder { folder in
      let store = try CheckpointStore(outputFolder: folder)
      try save(3...4, to: store)
      try AtomicFile.write("{}", to: store.folder.folder(of: 3) + "/manifest.json")
      let found = try store.folder.loadBest(state: HammerState.self)
      #expect(found.checkpoint?.step == 4)
      #expect(found.warnings.first?.contains("step-00000003/manifest.json: the manifest is damaged") == true)
      for pointer in ["../../etc\n", "step-00000009\n", ""] {
        try AtomicFile.write(pointer, to: store.folder.path + "/best")
        let best = try store.folder.bestStep
        #expect(best == nil)
      }
    }
  }

  @Test func bestIsKnownAlsoWhereItsPointerWasNotWritten() throws {
    try withTemporaryFolder { folder in
      let store = try CheckpointStore(outputFolder: folder, saveTotalLimit: 1)
      try save(3...6, to: store)
      // As if killed between the rename and the pointers.
      try AtomicFile.write("step-00000003\n", to: store.folder.path + "/best")
      try AtomicFile.write("step-00000005\n", to: store.folder.path + "/latest")
      try FileSystem.createFolder(store.folder.folder(of: 2))
      let found = try store.loadLatest(state: HammerState.self)
      #expect(found.checkpoint?.step == 6)
      #expect(try FileSystem.readText(store.folder.path + "/best", limit: 100) == "step-00000006\n")
      #expect(try FileSystem.readText(store.folder.path + "/latest", limit: 100) == "step-00000006\n")
      #expect(try store.folder.steps == [6])
      try save([7], to: store)
      #expect(try store.folder.steps == [6, 7])
    }
  }

  @Test func leftoversOfKilledProcessesAreCleanedUp() throws {
    try withTemporaryFolder { folder in
      var store: CheckpointStore? = try CheckpointStore(outputFolder: folder)
      try save([1], to: try #require(store))
      store = nil
      let checkpoints = folder + "/checkpoints"
      try FileSystem.createFolder(checkpoints + "/.tmp-step-00000002-77-1/x")
      try FileSystem.createFolder(checkpoints + "/.trash-step-00000000")
      try AtomicFile.write("x", to: checkpoints + "/.latest.tmp-77-1")
      // Killed between the two renames of a replacement.
      try FileSystem.move(checkpoints + "/step-00000001", to: checkpoints + "/.replaced-step-00000001")
      store = try CheckpointStore(outputFolder: folder)
      #expect(try FileSystem.list(checkpoints) == ["latest", "step-00000001"])
      let found = try store?.loadLatest(state: HammerState.self)
      #expect(found?.checkpoint?.step == 1)
    }
  }

  @Test func secondTrainerInTheSameFolderIsRefused() throws {
    try withTemporaryFolder { folder in
      let holder = try ChildProcess("checkpoint-hammer", ["hold", folder])
      #expect(holder.wait { $0.contains("held") })
      let error = #expect(throws: MartletError.self) { try CheckpointStore(outputFolder: folder) }
      #expect(error?.code == .resource)
      #expect(error?.place == folder)
      #expect(error?.message.hasSuffix("is training in this folder") == true)
      holder.send(SIGKILL)
      #expect(holder.end() == -SIGKILL)
      #expect(throws: Never.self) { try CheckpointStore(outputFolder: folder) }
    }
  }

  @Test func stateOfAnotherVersionIsSaid() throws {
    struct Other: Decodable { var unknown: Int }
    try withTemporaryFolder { folder in
      let store = try CheckpointStore(outputFolder: folder)
      try save([1], to: store)
      let error = #expect(throws: MartletError.self) { try store.loadLatest(state: Other.self) }
      #expect(error?.code == .mismatch)
    }
  }

  @Test func stateOfARunSurvives() throws {
    var state = RunState(earlyStopping: EarlyStopping(patience: 3, threshold: 0.01))
    state.step = 17
    state.appliedSteps = 15
    state.seconds = 0.1 + 0.2
    state.interval.lossSum = 1.0 / 3
    state.validationLoss = .infinity
    state.origin.recipe = "name: x\n"
    _ = state.earlyStopping.record(1e-7 / 3, step: 12)
    _ = state.earlyStopping.record(2, step: 16)
    try withTemporaryFolder { folder in
      let store = try CheckpointStore(outputFolder: folder)
      try store.save(step: 17, weights: [], optimizer: [], state: state, isBest: false)
      #expect(try store.loadLatest(state: RunState.self).checkpoint?.state == state)
    }
  }
}
