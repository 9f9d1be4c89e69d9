import Core
import Datasets
import Foundation
import Models
import TensorGraph

/// Proves on a recipe what Martlet promises: resumed runs, accumulation, thread counts and gradients.
///
/// The model and the batches are the recipe's own; only the number of steps is small.
public final class Verifier {
  /// What one proof came to.
  public struct Result: Sendable {
    /// What was proved, in a word.
    public var name: String
    /// Whether it holds.
    public var isPassed: Bool
    /// The figures that say so.
    public var finding: String
  }

  let recipe: Recipe
  let makeBackend: (_ threads: Int) -> any Backend
  private let trainCommand: [String]

  /// A verifier.
  ///
  /// - Parameters:
  ///   - makeBackend: a device that computes with so many threads; 0 is the usual number.
  ///   - trainCommand: the program and the arguments that train the recipe; more `--set` are put behind them.
  public init(_ recipe: Recipe, makeBackend: @escaping (_ threads: Int) -> any Backend, trainCommand: [String]) {
    self.recipe = recipe
    self.makeBackend = makeBackend
    self.trainCommand = trainCommand
  }

  /// Runs all proofs; `onResult` is told of each as it comes.
  ///
  /// Returns: whether all of them hold. Throws: `MartletError` when a proof can't be run at all.
  public func run(onStart: (String) -> Void = { _ in }, onResult: (Result) -> Void) throws -> Bool {
    try recipe.validate()
    // An extra folder of the run, so that nothing of the run itself is touched.
    let folder = joinPath(recipe.outputFolder, ".verify")
    try FileSystem.remove(folder)
    defer {
      try? FileSystem.remove(folder)
      rmdir(recipe.outputFolder)  // which succeeds only if verifying made it
    }
    let trainer = Trainer(recipe, on: makeBackend(recipe.train.threads))
    let dataset = try trainer.prepareData()
    let subject = try Subject(recipe, dataset)

    var isPassed = true
    func prove(_ name: String, _ body: () throws -> Result) throws {
      onStart(name)
      let result = try body()
      isPassed = isPassed && result.isPassed
      onResult(result)
    }
    var stepSeconds = 0.0
    try prove("threads") {
      let (result, seconds) = try verifyThreads(subject)
      stepSeconds = seconds
      return result
    }
    try prove("accumulation") { try verifyAccumulation(subject) }
    try prove("gradients") { try verifyGradients(subject) }
    try prove("resuming") { try verifyResuming(folder, stepSeconds: stepSeconds) }
    return isPassed
  }

  // MARK: Killed and resumed

  /// Trains once undisturbed and once with two SIGKILLs, each as a process of its own, and compares the weights.
  private func verifyResuming(_ folder: String, stepSeconds: Double) throws -> Result {
    let steps = min(max(Int(12 / max(stepSeconds, 1e-3)), 8), 60)
    let whole = joinPath(folder, "whole")
    let killed = joinPath(folder, "killed")
    try launch(whole, steps: steps, resuming: false, killAt: nil)
    var kills: [Int] = []
    // One kill in each half, where there was no checkpoint yet or a step or two behind one.
    for range in [1..<steps / 2, steps / 2..<steps - 1] {
      let target = Int.random(in: range)
      if try launch(killed, steps: steps, resuming: !kills.isEmpty, killAt: target) { kills.append(target) }
    }
    try launch(killed, steps: steps, resuming: true, killAt: nil)
    let hashes = try [whole, killed].map { run in
      let checkpoint = CheckpointFolder(outputFolder: run).folder(of: steps)
      let weights = recipe.lora.rank > 0 ? CheckpointFolder.Name.adapter : CheckpointFolder.Name.weights
      return try [weights, CheckpointFolder.Name.optimizer].map { name in
        SHA256.hash(try FileSystem.read(joinPath(checkpoint, name), limit: .max - 1)).hex
      }
    }
    let isEqual = hashes[0] == hashes[1]
    let places = kills.map { "\($0)" }.joined(separator: " and ")
    return Result(
      name: "resuming", isPassed: isEqual && !kills.isEmpty,
      finding: "\(steps) steps, killed at step \(places): the weights are \(hashes[1][0].prefix(12)), undisturbed "
        + "\(hashes[0][0].prefix(12))\(isEqual ? "" : "; weights or optimiser differ")")
  }

  /// Runs a training process; with `killAt` it is killed once its metrics show that step. Returns whether it was killed.
  @discardableResult
  private func launch(_ output: String, steps: Int, resuming: Bool, killAt: Int?) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: trainCommand[0])
    let path = output.hasPrefix("/") ? output : joinPath(FileSystem.currentFolder, output)
    let batchTokens = recipe.train.perDeviceTrainBatchSize * recipe.train.contextLength
    var settings = [
      "train.output_dir=\(path)", "train.max_steps=\(steps)", "train.decay_steps=null",
      "train.warmup_steps=\(min(recipe.train.warmupSteps, steps / 4))", "train.save_steps=\(max(steps / 6, 2))",
      "train.eval_steps=\(max(steps / 3, 2))", "train.eval_tokens=\(batchTokens)", "train.logging_steps=1",
      "train.early_stopping_patience=0", "generate.max_new_tokens=1",
    ]
    let data = recipe.dataFolder
    settings.append("data.output_dir=\(data.hasPrefix("/") ? data : joinPath(FileSystem.currentFolder, data))")
    process.arguments = trainCommand.dropFirst() + settings.flatMap { ["--set", $0] } + (resuming ? ["--resume"] : [])
    process.standardOutput = FileHandle.nullDevice
    let errors = joinPath(recipe.outputFolder, ".verify/errors.txt")
    try FileSystem.createFolder(parentFolder(of: errors))
    try AtomicFile.write("", to: errors)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    var isKilled = false
    while process.isRunning {
      if let killAt, !isKilled, let last = try? MetricsFile.read(joinPath(path, "metrics.jsonl")).last,
        last.step >= killAt
      {
        kill(process.processIdentifier, SIGKILL)
        isKilled = true
      }
      if Interruption.isRequested {
        process.terminate()
        process.waitUntilExit()
        try Interruption.check()
      }
      usleep(2000)
    }
    process.waitUntilExit()
    guard isKilled || process.terminationStatus == 0 else {
      let text = (try? FileSystem.readText(errors, limit: 1 << 24)) ?? ""
      throw MartletError(
        .inputOutput,
        "the training of the proof failed: \(text.split(separator: "\n").suffix(3).joined(separator: "; "))",
        at: output)
    }
    return isKilled && process.terminationReason == .uncaughtSignal
  }

  // MARK: Threads

  /// Trains a few steps with 1, 2 and 5 threads and compares all states.
  private func verifyThreads(_ subject: Subject) throws -> (Result, stepSeconds: Double) {
    let steps = 3
    var hashes: [(threads: Int, hash: String)] = []
    var seconds = 0.0
    for threads in [1, 2, 5] {
      let executor = try subject.executor(on: makeBackend(threads))
      let clock = ContinuousClock()
      let schedule = try recipe.schedule(totalSteps: max(1000, recipe.train.maxSteps ?? 1000))
      seconds =
        try clock.measure {
          for step in 0..<steps {
            // Behind the warm-up, where the learning rate is large and differences would grow.
            _ = try executor.step(
              try subject.batches(of: step), learningRate: schedule.learningRate(at: recipe.train.warmupSteps),
              appliedSteps: step, key: subject.dropoutKey.numbered(UInt64(step)))
          }
        } / .seconds(1) / Double(steps)
      hashes.append((threads, subject.hash(executor)))
    }
    let isEqual = Set(hashes.map(\.hash)).count == 1
    let list = hashes.map { "\($0.threads): \($0.hash.prefix(12))" }.joined(separator: ", ")
    return (
      Result(name: "threads", isPassed: isEqual, finding: "\(steps) steps; weights and optimiser by threads \(list)"),
      seconds
    )
  }
}
