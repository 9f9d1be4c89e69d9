import CPUBackend
import Core
import TestSupport
import Testing
import Training

/// A wish to stop that comes while the validation loss is measured. Cancelling the task asks as Ctrl-C does.
@Suite("Runs stopped inside an evaluation")
struct InterruptionTests {
  private static let steps = 20
  private static let settings = ["max_steps: \(steps)", "eval_steps: 10", "save_steps: 0"]

  /// Trains in a task of its own, which is cancelled when `moment` comes.
  private func train(
    _ recipe: Recipe, resuming: Bool = false, stoppingAt moment: @escaping @Sendable (TrainingEvent) -> Bool
  ) async -> MartletError? {
    await Task {
      do {
        _ = try Trainer(recipe, on: CPU(threads: 1)).train(resuming: resuming) { event in
          if moment(event) { withUnsafeCurrentTask { $0?.cancel() } }
        }
        return nil
      } catch {
        return error as? MartletError
      }
    }.value
  }

  private func losses(_ run: TinyRun) throws -> [Double?] {
    try MetricsFile.read(run.output + "/metrics.jsonl").flatMap { line in
      ["loss", "validation_loss"].map { line.values[$0]?.doubleValue }
    }
  }

  @Test(
    "The evaluation is given up, stays due, and the run ends with the bits of one that was not stopped",
    arguments: [10, 20])
  func stopped(step: Int) async throws {
    let folder = try temporaryFolder()
    defer { try? FileSystem.remove(folder) }
    func make(_ name: String) throws -> (run: TinyRun, recipe: Recipe) {
      let run = TinyRun(folder: folder + "/" + name)
      try FileSystem.createFolder(run.folder)
      try AtomicFile.write(TinyRun.text(words: 6000), to: run.folder + "/text.txt")
      try AtomicFile.write(TinyRun.yaml(train: Self.settings), to: run.recipe)
      return (run, try Recipe(file: run.recipe))
    }
    let whole = try make("whole")
    #expect(await train(whole.recipe) { _ in false } == nil)
    let (run, recipe) = try make("stopped")
    let error = await train(recipe) { event in
      if case .step(let progress) = event { progress.step == step } else { false }
    }
    #expect(error?.code == .interrupted && error?.message.contains("stopped after step \(step) of 20") == true)
    let checkpoint: LoadedCheckpoint<RunState> = try CheckpointFolder(outputFolder: run.output).load(step: step)
    #expect(checkpoint.state.isEvaluationDue)
    #expect(try run.steps(with: "validation_loss") == Array([10, 20].prefix { $0 < step }))
    #expect(await train(recipe, resuming: true) { _ in false } == nil)
    #expect(try run.steps(with: "validation_loss") == [10, 20])
    #expect(try losses(run) == losses(whole.run))
    #expect(try run.hashes(step: 20) == whole.run.hashes(step: 20))
    #expect(
      try CheckpointFolder(outputFolder: run.output).bestStep
        == CheckpointFolder(outputFolder: whole.run.output).bestStep)
  }

  @Test("Stopped while the finished model is measured, a run is finished by going on")
  func stoppedAtTheEnd() async throws {
    let folder = try temporaryFolder()
    defer { try? FileSystem.remove(folder) }
    let run = TinyRun(folder: folder)
    try AtomicFile.write(TinyRun.text(words: 6000), to: folder + "/text.txt")
    try AtomicFile.write(TinyRun.yaml(train: Self.settings + ["eval_tokens: 64"]), to: run.recipe)
    let recipe = try Recipe(file: run.recipe)
    let error = await train(recipe) { event in
      if case .saved(let step, _) = event { step == Self.steps } else { false }
    }
    #expect(error?.code == .interrupted && error?.message.contains("before the report") == true, "\(error as Any)")
    #expect(FileSystem.kind(of: run.output + "/report.html") == nil)
    #expect(await train(recipe, resuming: true) { _ in false } == nil)
    #expect(FileSystem.kind(of: run.output + "/report.html") == .file)
  }
}
