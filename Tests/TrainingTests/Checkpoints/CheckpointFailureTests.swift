import Core
import Formats
import Foundation
import TestSupport
import Testing
import Training
import checkpoint_hammer

/// Kills and full disks; one after another, because each child takes a processor.
@Suite(.serialized) struct CheckpointFailureTests {
  /// A few kills in CI; MARTLET_KILLS sets another number.
  @Test func killedAtAnyMomentTheLastAnnouncedCheckpointOrANewerOneIsWhole() throws {
    let kills = ProcessInfo.processInfo.environment["MARTLET_KILLS"].flatMap { Int($0) } ?? 8
    var random = RandomStream(RandomKey(seed: UInt64(kills)))
    try withTemporaryFolder { folder in
      let checkpoints = CheckpointFolder(outputFolder: folder)
      var announced = 0
      var leftovers = 0
      var newer = 0
      for kill in 0..<kills {
        let child = try ChildProcess("checkpoint-hammer", ["save", folder])
        #expect(child.wait { !$0.isEmpty })
        #expect(child.lines.first?.hasPrefix("from ") == true, "\(child.lines)")
        usleep(UInt32.random(in: 0..<400_000, using: &random))
        child.send(SIGKILL)
        #expect(child.end() == -SIGKILL, "\(child.lines)")
        for line in child.lines where line.hasPrefix("saved ") { announced = Int(line.dropFirst(6)) ?? announced }
        leftovers += try FileSystem.list(checkpoints.path).contains { $0.hasPrefix(".") } ? 1 : 0

        let found = try checkpoints.loadLatest(state: HammerState.self)
        #expect(found.warnings == [], "kill \(kill)")
        if announced > 0 {
          let checkpoint = try #require(found.checkpoint)
          #expect(checkpoint.step >= announced, "kill \(kill)")
          newer += checkpoint.step > announced ? 1 : 0
          try HammerPattern(step: checkpoint.step).check(checkpoint)
        }
        if announced >= 3 {
          let best = try #require(try checkpoints.loadBest(state: HammerState.self).checkpoint)
          #expect(best.step >= announced / 3 * 3)
          try HammerPattern(step: best.step).check(best)
        }
        // The newest two, the best, and one that was about to be removed.
        #expect(try checkpoints.steps.count <= 4)
      }
      let last = try ChildProcess("checkpoint-hammer", ["save", folder, "1"])
      #expect(last.end() == 0, "\(last.lines)")
      #expect(try FileSystem.list(checkpoints.path).filter { $0.hasPrefix(".") } == [])
      print("\(kills) kills, \(announced) saves, \(leftovers) inside a save or a removal, \(newer) after the rename")
    }
  }

  @Test(.enabled(if: canMountSmallDisk, "needs root to mount a small file system"))
  func fullDiskKeepsTheOldCheckpointAndSaysSo() throws {
    try withSmallDisk(kilobytes: 1200) { folder in
      let store = try CheckpointStore(outputFolder: folder, saveTotalLimit: 10)
      var saved = 0
      var failure: MartletError?
      while failure == nil, saved < 50 {
        do {
          try HammerPattern(step: saved + 1).save(to: store)
          saved += 1
        } catch { failure = error as? MartletError }
      }
      #expect(saved > 1 && saved < 10)
      #expect(failure?.code == .inputOutput)
      #expect(
        failure?.message.hasPrefix("the checkpoint of step \(saved + 1) was not saved: the disk is full (") == true)
      #expect(failure?.message.contains("free, ") == true && failure?.message.hasSuffix("needed)") == true)
      #expect(
        failure?.remedy?.hasSuffix("The checkpoint of step \(saved) is intact: go on from it with --resume.") == true)
      #expect(try FileSystem.list(store.folder.path).allSatisfy { !$0.hasPrefix(".") })
      let found = try store.loadLatest(state: HammerState.self)
      #expect(found.warnings.isEmpty)
      try HammerPattern(step: saved).check(try #require(found.checkpoint))
    }
  }

  /// The space was there when the save began, and others took it before its end.
  @Test(.enabled(if: canMountSmallDisk, "needs root to mount a small file system"))
  func diskThatFillsUpInTheMiddleOfASaveKeepsTheOldCheckpoint() throws {
    try withSmallDisk(kilobytes: 1000) { folder in
      let store = try CheckpointStore(outputFolder: folder)
      try HammerPattern(step: 1).save(to: store)
      let floats = [Float](repeating: 1, count: 50_000)
      let greedy = TensorSource(name: "a", type: .f32, shape: [50_000]) { writer in
        try AtomicFile.write([UInt8](repeating: 1, count: 600_000), to: folder + "/other")
        try floats.withUnsafeBytes { try writer.append($0) }
      }
      let error = #expect(throws: MartletError.self) {
        try store.save(
          step: 2, weights: [greedy], optimizer: [], state: HammerPattern(step: 2).step, isBest: true)
      }
      #expect(
        error?.message.hasPrefix("the checkpoint of step 2 was not saved: cannot write: the disk is full") == true)
      #expect(try store.folder.steps == [1])
      #expect(try store.folder.bestStep == nil)
      #expect(try FileSystem.list(store.folder.path) == ["latest", "step-00000001"])
      let found = try store.loadLatest(state: HammerState.self)
      try HammerPattern(step: 1).check(try #require(found.checkpoint))
    }
  }

  /// A limit on file sizes, which needs no root: the system would kill the process for it if nobody took care.
  @Test func fileSizeLimitIsAnErrorInWords() throws {
    try withTemporaryFolder { folder in
      let first = try ChildProcess("checkpoint-hammer", ["save", folder, "2"])
      #expect(first.end() == 0)
      let child = try ChildProcess("checkpoint-hammer", ["limited", folder, "1"])
      #expect(child.end() == 1)
      let text = child.lines.joined(separator: "\n")
      #expect(text.contains("the checkpoint of step 3 was not saved: cannot write: the file would be larger than"))
      #expect(text.contains("The checkpoint of step 2 is intact: go on from it with --resume."))
      let checkpoints = CheckpointFolder(outputFolder: folder)
      #expect(try checkpoints.steps == [1, 2])
      #expect(try FileSystem.list(checkpoints.path) == ["latest", "step-00000001", "step-00000002"])
      let found = try checkpoints.loadLatest(state: HammerState.self)
      try HammerPattern(step: 2).check(try #require(found.checkpoint))
    }
  }

  @Test func firstInterruptAsksAndTheSecondEndsTheProcess() throws {
    for signal in [SIGINT, SIGTERM] {
      let child = try ChildProcess("checkpoint-hammer", ["interrupt", "-"])
      #expect(child.wait { $0.contains("ready") })
      child.send(signal)
      #expect(child.wait { $0.contains("interrupted") })
      child.send(signal)
      #expect(child.end() == -signal)
    }
  }
}
