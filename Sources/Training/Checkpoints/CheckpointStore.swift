import Core
import Formats
import Foundation

/// Saves the checkpoints of a run. While it lives, no other process can train in the same folder.
///
/// A checkpoint is built under a temporary name, synced, and renamed: it is complete or absent, whenever the process is
/// killed. `latest` and `best` are moved after that, and old checkpoints are removed last, by renaming them first.
public final class CheckpointStore {
  /// The checkpoints, for reading.
  public let folder: CheckpointFolder
  /// How many checkpoints are kept besides the best one.
  public let saveTotalLimit: Int

  private let lock: FolderLock
  private var counter = 0

  private enum Prefix {
    /// A checkpoint that is being built.
    static let temporary = ".tmp-"
    /// A checkpoint that is being removed.
    static let trash = ".trash-"
    /// A checkpoint whose place a newer one of the same step is about to take.
    static let replaced = ".replaced-"
    /// A checkpoint that failed its hashes, kept for people to look at.
    static let damaged = "damaged-"
  }

  static let nonFinite:
    (encoding: JSONEncoder.NonConformingFloatEncodingStrategy, decoding: JSONDecoder.NonConformingFloatDecodingStrategy) =
      (
        .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan"),
        .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      )

  /// Takes hold of a run's output folder, and cleans up what a killed process left there.
  ///
  /// Throws: `MartletError` with code `resource` if another process trains in it, or `inputOutput`.
  public init(outputFolder: String, saveTotalLimit: Int = 2) throws {
    lock = try FolderLock(outputFolder, purpose: "training")
    folder = CheckpointFolder(outputFolder: outputFolder)
    self.saveTotalLimit = max(saveTotalLimit, 1)
    try FileSystem.createFolder(folder.path)
    try cleanUp()
  }

  /// With the lock held, whatever has a temporary name belongs to a process that is gone.
  private func cleanUp() throws {
    for name in try FileSystem.list(folder.path) {
      let path = joinPath(folder.path, name)
      if name.hasPrefix(Prefix.replaced) {
        // Killed between the two renames of a replacement: the old checkpoint goes back to its place.
        let place = joinPath(folder.path, String(name.dropFirst(Prefix.replaced.count)))
        if FileSystem.kind(of: place) == nil {
          try FileSystem.move(path, to: place)
        } else {
          try FileSystem.remove(path)
        }
      } else if name.hasPrefix(Prefix.temporary) || name.hasPrefix(Prefix.trash) {
        try FileSystem.remove(path)
      }
    }
    // Files beside the checkpoints, metrics and reports.
    for folder in [folder.path, parentFolder(of: folder.path)] { try AtomicFile.removeLeftovers(in: folder) }
  }

  /// Saves a checkpoint; when this returns, it survives a power cut.
  ///
  /// - Parameters:
  ///   - step: the number of updates behind it.
  ///   - state: all that is neither a weight nor the optimiser's tensor.
  ///   - files: other files that go along, such as `config.json`.
  ///   - isAdapter: whether the weights are those of adapters, which have a file name of their own.
  ///   - isBest: whether `best` is to point to it.
  ///
  /// Returns: the checkpoint's folder.
  ///
  /// Throws: `MartletError` with code `inputOutput`; all earlier checkpoints are as they were then.
  @discardableResult
  public func save(
    step: Int, weights: [TensorSource], optimizer: [TensorSource], state: some Encodable,
    files: [(name: String, bytes: [UInt8])] = [], isAdapter: Bool = false, isBest: Bool
  ) throws -> String {
    counter += 1
    let temporary = joinPath(
      folder.path, "\(Prefix.temporary)\(CheckpointFolder.name(of: step))-\(getpid())-\(counter)")
    let final = folder.folder(of: step)
    do {
      try requireSpace(for: try Self.size(weights: weights, optimizer: optimizer, files: files))
      try FileSystem.createFolder(temporary)
      let name = isAdapter ? CheckpointFolder.Name.adapter : CheckpointFolder.Name.weights
      try build(in: temporary, step, isBest, (name, weights), optimizer, state, files)
      try put(temporary, at: final, step)
    } catch {
      // The disk may be full: what was begun must not stay.
      try? FileSystem.remove(temporary)
      throw unsaved(error, step)
    }
    do {
      if isBest { try point(CheckpointFolder.Name.best, to: step) }
      try point(CheckpointFolder.Name.latest, to: step)
      try prune()
    } catch {
      guard var failure = error as? MartletError else { throw error }
      failure.message = "the checkpoint of step \(step) is saved, but: \(failure.message)"
      throw failure
    }
    return final
  }

  private func unsaved(_ error: any Error, _ step: Int) -> any Error {
    guard var failure = error as? MartletError else { return error }
    failure.message = "the checkpoint of step \(step) was not saved: \(failure.message)"
    let newest = ((try? folder.steps) ?? []).last
    failure.remedy =
      (failure.remedy.map { $0 + " " } ?? "")
      + (newest.map { "The checkpoint of step \($0) is intact: go on from it with --resume." } ?? "")
    return failure
  }

  private func build(
    in temporary: String, _ step: Int, _ isBest: Bool, _ weights: (name: String, tensors: [TensorSource]),
    _ optimizer: [TensorSource], _ state: some Encodable, _ files: [(name: String, bytes: [UInt8])]
  ) throws {
    var entries: [CheckpointManifest.Entry] = []
    func note(_ name: String, _ receipt: AtomicFile.Receipt) {
      entries.append(.init(name: name, bytes: receipt.bytes, sha256: receipt.sha256 ?? ""))
    }
    for (name, tensors) in [weights, (CheckpointFolder.Name.optimizer, optimizer)] {
      note(name, try SafetensorsWriter.write(tensors, to: joinPath(temporary, name), hashing: true))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = Self.nonFinite.encoding
    let all = [(name: CheckpointFolder.Name.state, bytes: [UInt8](try encoder.encode(state)))] + files
    for (name, bytes) in all {
      note(name, try AtomicFile.write(to: joinPath(temporary, name), hashing: true) { try $0.append(bytes) })
    }
    let manifest = CheckpointManifest(step: step, isBest: isBest, files: entries)
    try AtomicFile.write(manifest.text, to: joinPath(temporary, CheckpointManifest.fileName))
  }

  private func put(_ temporary: String, at final: String, _ step: Int) throws {
    guard FileSystem.kind(of: final) != nil else { return try FileSystem.move(temporary, to: final) }
    // A run that went back to an earlier checkpoint comes to this step again.
    let old = joinPath(folder.path, Prefix.replaced + CheckpointFolder.name(of: step))
    try FileSystem.remove(old)
    try FileSystem.move(final, to: old)
    do {
      try FileSystem.move(temporary, to: final)
    } catch {
      try? FileSystem.move(old, to: final)
      throw error
    }
    try FileSystem.remove(old)
  }

  private func point(_ name: String, to step: Int) throws {
    try AtomicFile.write(CheckpointFolder.name(of: step) + "\n", to: joinPath(folder.path, name))
  }

  private func prune() throws {
    let steps = try folder.steps
    let best = try folder.bestStep
    for step in steps.dropLast(saveTotalLimit) where step != best {
      let trash = joinPath(folder.path, Prefix.trash + CheckpointFolder.name(of: step))
      try FileSystem.remove(trash)
      try FileSystem.move(folder.folder(of: step), to: trash)
      try FileSystem.remove(trash)
    }
  }

  /// Reads the newest intact checkpoint. Damaged ones that are newer are renamed to `damaged-...`, so that they are never
  /// counted as kept, and a warning says so. What a killed process had no time for is done: `latest`, `best`, pruning.
  ///
  /// Throws: as `CheckpointFolder.loadLatest`.
  public func loadLatest<State: Decodable>(state: State.Type = State.self) throws -> CheckpointSearch<State> {
    let search = try folder.loadLatest(state: state)
    for step in try folder.steps where step > search.checkpoint?.step ?? -1 {
      let aside = joinPath(folder.path, Prefix.damaged + CheckpointFolder.name(of: step))
      try FileSystem.remove(aside)
      try FileSystem.move(folder.folder(of: step), to: aside)
    }
    if let newest = search.checkpoint?.step {
      if let best = try folder.bestStep { try point(CheckpointFolder.Name.best, to: best) }
      try point(CheckpointFolder.Name.latest, to: newest)
      try prune()
    }
    return search
  }

  /// Removes all checkpoints, for a run that starts anew in the same folder.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func removeAll() throws {
    for pointer in [CheckpointFolder.Name.latest, CheckpointFolder.Name.best] {
      try FileSystem.remove(joinPath(folder.path, pointer))
    }
    // The newest goes last: a process killed here leaves the older state of the run, not an older step as the newest.
    for step in try folder.steps { try FileSystem.remove(folder.folder(of: step)) }
  }

  /// The bytes that a checkpoint of these tensors takes.
  ///
  /// Throws: `MartletError` with code `invalidArgument`.
  public static func size(
    weights: [TensorSource], optimizer: [TensorSource], files: [(name: String, bytes: [UInt8])] = []
  ) throws -> Int {
    // The state, the manifest and the file system's own records are small beside the tensors.
    try SafetensorsWriter.fileSize(of: weights) + SafetensorsWriter.fileSize(of: optimizer)
      + files.reduce(0) { $0 + $1.bytes.count } + 64 << 10
  }

  private func requireSpace(for size: Int) throws {
    let free = try FileSystem.freeBytes(at: folder.path)
    guard size > free else { return }
    throw MartletError(
      .inputOutput, "the disk is full (\(ByteCount(free)) free, \(ByteCount(size)) needed)", at: folder.path,
      remedy: "Free some space there, or choose a folder on another disk.")
  }
}
