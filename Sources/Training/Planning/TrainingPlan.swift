import Core
import Datasets
import Models

/// What a run will take, foretold before its first step.
public struct TrainingPlan: Sendable {
  /// Weights of the model.
  public var parameterCount = 0
  /// Steps of the run, and those that are done already.
  public var totalSteps = 0, doneSteps = 0
  /// Tokens that a step trains on.
  public var tokensPerStep = 0
  /// Floating-point operations that a step needs by the usual count: (6 P + 12 L D T) a token.
  public var flopsPerStep = 0.0
  /// What the processor can do in a second, where it was measured.
  public var peakFLOPS: Double?

  /// Bytes of weights, gradients and optimiser, of the workspace of the step and of the evaluation, and of the tokens.
  public var stateBytes = 0, workspaceBytes = 0, dataBytes = 0
  /// Bytes that the process had before it made them, at that time and at its peak, and that the end of a run needs: to
  /// check and copy the best checkpoint and to write samples.
  public var processBytes = 0, processPeakBytes = 0, finishBytes = 0
  /// Bytes of memory that could be taken when the run began.
  public var availableMemory = 0
  /// The whole memory of the run.
  public var memoryBytes: Int {
    max(stateBytes + workspaceBytes + dataBytes + processBytes + finishBytes, processPeakBytes)
  }

  /// Seconds of a step, of one evaluation, and of a save.
  public var stepSeconds = 0.0, evaluationSeconds = 0.0, saveSeconds = 0.0
  /// How many evaluations and saves are to come.
  public var evaluations = 0, saves = 0
  /// Seconds to the end of the run.
  public var totalSeconds: Double {
    Double(totalSteps - doneSteps) * stepSeconds + Double(evaluations) * evaluationSeconds + Double(saves) * saveSeconds
  }

  /// Bytes of a checkpoint, how many there are at most at one time, and the bytes that they may still take.
  public var checkpointBytes = 0, checkpointCount = 0, diskBytes = 0
  /// Bytes free where the checkpoints go.
  public var freeDisk = 0
  /// The folder of the run.
  public var folder = ""

  /// Refuses a run that cannot fit.
  ///
  /// Throws: `MartletError(.resource)` with the two figures and what makes it smaller.
  package func check() throws {
    // What the process has already is no longer part of what is available.
    let needed = memoryBytes - processBytes
    if needed > availableMemory {
      throw MartletError(
        .resource,
        "this run needs about \(ByteCount(needed)) of memory, \(ByteCount(availableMemory)) are available",
        remedy: "Set a smaller train.per_device_train_batch_size (and a larger train.gradient_accumulation_steps), a "
          + "shorter context or a smaller model, or close other programs.")
    }
    if diskBytes > freeDisk {
      throw MartletError(
        .resource,
        "the checkpoints of this run need \(ByteCount(diskBytes)) of disk, \(ByteCount(freeDisk)) are free", at: folder,
        remedy: "Free some space there, set a smaller train.save_total_limit, or another train.output_dir.")
    }
  }

  package init() {}

  /// What is known of a run before it takes memory.
  init(
    _ recipe: Recipe, _ programs: TrainingPrograms, _ configuration: any LanguageModelConfiguration,
    _ dataset: PreparedDataset, samplesPerEpoch: Int
  ) {
    let train = recipe.train
    parameterCount = programs.parameters.elementCount
    totalSteps = recipe.totalSteps(samplesPerEpoch: samplesPerEpoch)
    tokensPerStep = train.perDeviceTrainBatchSize * train.gradientAccumulationSteps * train.contextLength
    flopsPerStep = configuration.trainingOperations(length: train.contextLength) * Double(tokensPerStep)
    stateBytes = programs.states.reduce(0) { $0 + $1.type.byteCount }
    let shards = dataset.manifest.train.shards + dataset.manifest.validation.shards
    dataBytes = shards.reduce(0) { $0 + $1.bytes }
    availableMemory = Machine.memory.available

    checkpointBytes = programs.states.filter { $0.kind != .accumulator }.reduce(0) { $0 + $1.type.byteCount }
    evaluations = train.evalSteps > 0 ? totalSteps / train.evalSteps : 1
    // Each evaluation may find the best weights so far, which are saved too.
    saves = (train.saveSteps > 0 ? totalSteps / train.saveSteps : 1) + evaluations
    // The kept ones, the best, and the one that is being written.
    checkpointCount = min(train.saveTotalLimit + 2, saves + 2)
    let modelBytes = programs.parameters.reduce(0) { $0 + $1.type.byteCount }
    finishBytes = checkpointBytes + 2 * modelBytes
    processBytes = Machine.residentBytes
    processPeakBytes = Machine.peakResidentBytes
    folder = recipe.outputFolder
    diskBytes = checkpointCount * checkpointBytes + modelBytes
    freeDisk = (try? FileSystem.freeBytes(at: folder)) ?? .max
    saveSeconds = Double(checkpointBytes) / Self.assumedWriteRate
  }

  /// Bytes a second that disks of today take at least, with the hashes.
  private static let assumedWriteRate = 4e8
}
