import Core
import Datasets
import Models

/// What a run will take, foretold before its first step.
public struct TrainingPlan: Sendable {
  /// Weights of the model.
  public var parameterCount = 0
  /// Those of them that are trained.
  public var trainedCount = 0
  /// Steps of the run, and those that are done already.
  public var totalSteps = 0, doneSteps = 0
  /// Tokens that a step trains on.
  public var tokensPerStep = 0
  /// Floating-point operations that a step needs by the usual count: (6 P + 12 L D T) a token.
  public var flopsPerStep = 0.0
  /// What the processor can do in a second, where it was measured.
  public var peakFLOPS: Double?

  /// Bytes of weights, gradients and optimiser, of the workspace of the step and of the evaluation, and of the tokens,
  /// which stay on the disk and are in memory only as far as there is room.
  public var stateBytes = 0, workspaceBytes = 0, dataBytes = 0
  /// Bytes that the process had before it made them, at that time and at its peak, and that the end of a run needs: to
  /// check and copy the best checkpoint and to write samples.
  public var processBytes = 0, processPeakBytes = 0, finishBytes = 0
  /// Bytes of memory that could be taken when the run began.
  public var availableMemory = 0
  /// The memory that the run cannot do without.
  public var neededBytes: Int { stateBytes + workspaceBytes + finishBytes }
  /// The whole memory that the process will have: with what it has already, and with the tokens that there is room for.
  public var memoryBytes: Int {
    let room = max(0, availableMemory - neededBytes)
    return max(neededBytes + processBytes + min(dataBytes, room), processPeakBytes)
  }

  /// Seconds of a step, of one evaluation, and of a save.
  public var stepSeconds = 0.0, evaluationSeconds = 0.0, saveSeconds = 0.0
  /// How many evaluations and saves the whole run has at most, and of these what the steps already done had.
  public var evaluations = 0, saves = 0, doneEvaluations = 0, doneSaves = 0
  /// Seconds to the end of the run.
  public var totalSeconds: Double {
    Double(totalSteps - doneSteps) * stepSeconds + Double(evaluations - doneEvaluations) * evaluationSeconds
      + Double(saves - doneSaves) * saveSeconds
  }

  /// Bytes of a checkpoint, how many there are at most at one time, and the bytes of all of them with the model.
  public var checkpointBytes = 0, checkpointCount = 0, diskBytes = 0
  /// Bytes of the checkpoints that are there already.
  public var existingBytes = 0
  /// The bytes that the run may still take: one checkpoint is always written before another goes.
  public var newDiskBytes: Int { max(diskBytes - existingBytes, totalSteps > doneSteps ? checkpointBytes : 0) }
  /// Bytes free where the checkpoints go.
  public var freeDisk = 0
  /// The folder of the run.
  public var folder = ""

  /// Refuses a run that cannot fit.
  ///
  /// Throws: `MartletError(.resource)` with the two figures and what makes it smaller.
  package func check() throws {
    // What the process has already is no longer part of what is available.
    if neededBytes > availableMemory {
      throw MartletError(
        .resource,
        "this run needs about \(ByteCount(neededBytes)) of memory, \(ByteCount(availableMemory)) are available",
        remedy: "Set a smaller train.per_device_train_batch_size (and a larger train.gradient_accumulation_steps), a "
          + "shorter context or a smaller model, or close other programs.")
    }
    if newDiskBytes > freeDisk {
      throw MartletError(
        .resource,
        "the checkpoints of this run need \(ByteCount(newDiskBytes)) of disk, \(ByteCount(freeDisk)) are free",
        at: folder,
        remedy: "Free some space there, set a smaller train.save_total_limit, or another train.output_dir.")
    }
  }

  package init() {}

  /// What is known of a run before it takes memory.
  ///
  /// - Parameters:
  ///   - step: the steps that are done already.
  ///   - existingBytes: what its checkpoints have on the disk.
  init(
    _ recipe: Recipe, _ programs: TrainingPrograms, _ configuration: any PretrainedConfiguration,
    _ dataset: PreparedDataset, samplesPerEpoch: Int, step: Int, existingBytes: Int
  ) {
    let train = recipe.train
    parameterCount = programs.parameters.elementCount
    trainedCount = programs.trainedParameters.elementCount
    totalSteps = recipe.totalSteps(samplesPerEpoch: samplesPerEpoch)
    doneSteps = min(step, totalSteps)
    tokensPerStep = train.perDeviceTrainBatchSize * train.gradientAccumulationSteps * train.contextLength
    flopsPerStep = configuration.trainingOperations(length: train.contextLength) * Double(tokensPerStep)
    stateBytes = programs.states.reduce(0) { $0 + $1.type.byteCount }
    dataBytes = dataset.manifest.shards.reduce(0) { $0 + $1.bytes }
    availableMemory = Machine.memory.available

    checkpointBytes = programs.checkpointStates.reduce(0) { $0 + $1.type.byteCount }
    // The last step is evaluated and saved in any case.
    func count(every interval: Int, by step: Int) -> Int {
      (interval > 0 ? step / interval : 0) + (step == totalSteps && (interval == 0 || step % interval > 0) ? 1 : 0)
    }
    evaluations = count(every: train.evalSteps, by: totalSteps)
    doneEvaluations = count(every: train.evalSteps, by: doneSteps)
    // Each evaluation may find the best weights so far, which are saved too.
    saves = count(every: train.saveSteps, by: totalSteps) + evaluations
    doneSaves = count(every: train.saveSteps, by: doneSteps) + doneEvaluations
    // The kept ones, the best, and the one that is being written.
    checkpointCount = min(train.saveTotalLimit + 2, saves + 2)
    let modelBytes = programs.parameters.reduce(0) { $0 + $1.type.byteCount }
    finishBytes = checkpointBytes + 2 * modelBytes
    processBytes = Machine.residentBytes
    processPeakBytes = Machine.peakResidentBytes
    folder = recipe.outputFolder
    diskBytes = checkpointCount * checkpointBytes + modelBytes
    self.existingBytes = existingBytes
    freeDisk = (try? FileSystem.freeBytes(at: folder)) ?? .max
    saveSeconds = Double(checkpointBytes) / Self.assumedWriteRate
  }

  /// Bytes a second that disks of today take at least, with the hashes.
  private static let assumedWriteRate = 4e8
}
