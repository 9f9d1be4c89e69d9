import Core
import Formats
import Foundation

/// A checkpoint that was read and whose every byte was checked.
public struct LoadedCheckpoint<State: Decodable> {
  /// The number of updates behind it.
  public let step: Int
  /// Its folder.
  public let path: String
  /// The model's weights, mapped.
  public let weights: SafetensorsFile
  /// The optimiser's tensors, mapped.
  public let optimizer: SafetensorsFile
  /// All other state of the run.
  public let state: State
}

/// What `loadLatest` found: the newest intact checkpoint, if any, and a warning for each damaged one before it.
public struct CheckpointSearch<State: Decodable> {
  /// The checkpoint, or nil if there is none.
  public let checkpoint: LoadedCheckpoint<State>?
  /// What a person must be told: which checkpoints were damaged, where, and what was taken instead.
  public let warnings: [String]
}

/// The checkpoints of a run, for reading; another process may be training meanwhile.
///
/// Each is a folder `checkpoints/step-00000100` with weights, optimiser, state and a manifest. It gets its name when it
/// is complete, so that a folder of this name is whole or was damaged later.
public struct CheckpointFolder: Sendable {
  /// The names of a checkpoint's files.
  enum Name {
    static let weights = "model.safetensors"
    static let adapter = AdapterFolder.weightsName
    static let optimizer = "optimizer.safetensors"
    static let state = "state.json"
    static let latest = "latest"
    static let best = "best"
    static let prefix = "step-"
  }

  /// The folder of the checkpoints.
  public let path: String

  /// The checkpoints of the run whose output folder is given.
  public init(outputFolder: String) { path = joinPath(outputFolder, "checkpoints") }

  static func name(of step: Int) -> String {
    let digits = String(step)
    return Name.prefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  static func step(of name: String) -> Int? {
    guard name.hasPrefix(Name.prefix), let step = Int(name.dropFirst(Name.prefix.count)), self.name(of: step) == name
    else { return nil }
    return step
  }

  /// The folder of a step's checkpoint, whether it is there or not.
  public func folder(of step: Int) -> String { joinPath(path, Self.name(of: step)) }

  /// The steps that have a checkpoint, ascending.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public var steps: [Int] {
    get throws {
      guard FileSystem.kind(of: path) == .folder else { return [] }
      return try FileSystem.list(path).compactMap(Self.step).sorted()
    }
  }

  /// The step that had the lowest validation loss when it was saved, or nil if there is none.
  ///
  /// The manifests say so; the file `best` counts where it is ahead of them, because then a manifest is damaged.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public var bestStep: Int? {
    get throws {
      let steps = try steps
      let pointed = pointer(Name.best).flatMap { steps.contains($0) ? $0 : nil }
      let best = steps.last { (try? CheckpointManifest(folder: folder(of: $0)).isBest) ?? false }
      return [pointed, best].compactMap { $0 }.max()
    }
  }

  /// The step that was saved last and announced as such, or nil if there is none.
  public var latestStep: Int? { pointer(Name.latest) }

  private func pointer(_ name: String) -> Int? {
    guard let text = try? FileSystem.readText(joinPath(path, name), limit: 100) else { return nil }
    return Self.step(of: text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// Reads the checkpoint of a step and checks all its hashes.
  ///
  /// Throws: `MartletError` with code `notFound`, `corrupted` or `inputOutput`, naming the file.
  public func load<State: Decodable>(step: Int, state _: State.Type = State.self) throws -> LoadedCheckpoint<State> {
    let folder = folder(of: step)
    guard FileSystem.kind(of: folder) == .folder else {
      throw MartletError(.notFound, "there is no checkpoint of step \(step)", at: path, remedy: "Choose another step.")
    }
    let manifest = try CheckpointManifest(folder: folder)
    guard manifest.step == step else {
      throw MartletError(.corrupted, "the manifest is of step \(manifest.step)", at: folder)
    }
    // Files that only go along are checked as well.
    let weights = manifest.files.contains { $0.name == Name.adapter } ? Name.adapter : Name.weights
    let known = [weights, Name.optimizer, Name.state]
    for file in manifest.files where !known.contains(file.name) { _ = try manifest.verified(file.name, in: folder) }
    let stateFile = try manifest.verified(Name.state, in: folder)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = CheckpointStore.nonFinite.decoding
    let state: State
    do {
      state = try decoder.decode(State.self, from: try stateFile.withBytes(0..<stateFile.count) { Data($0) })
    } catch {
      throw MartletError(
        .mismatch, "the state was written by another version of the program: \(error)", at: stateFile.path,
        remedy: "Go on with the version that wrote it, or start anew.")
    }
    return LoadedCheckpoint(
      step: step, path: folder,
      weights: try SafetensorsFile(manifest.verified(weights, in: folder)),
      optimizer: try SafetensorsFile(manifest.verified(Name.optimizer, in: folder)), state: state)
  }

  /// Reads the newest intact checkpoint; damaged ones are passed over with a warning each.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or `mismatch` if another version of the program wrote the state.
  public func loadLatest<State: Decodable>(state: State.Type = State.self) throws -> CheckpointSearch<State> {
    var damaged: [MartletError] = []
    for step in try steps.reversed() {
      do {
        let checkpoint = try load(step: step, state: state)
        return CheckpointSearch(checkpoint: checkpoint, warnings: damaged.map { Self.warning($0, instead: step) })
      } catch let error as MartletError where [.corrupted, .malformedFile, .notFound].contains(error.code) {
        damaged.append(error)
      }
    }
    return CheckpointSearch(checkpoint: nil, warnings: damaged.map { Self.warning($0, instead: nil) })
  }

  private static func warning(_ error: MartletError, instead: Int?) -> String {
    "damaged checkpoint: \(error.place ?? ""): \(error.message); "
      + (instead.map { "going back to step \($0)" } ?? "no intact checkpoint is left")
  }

  /// Reads the checkpoint that had the best validation loss; if it is damaged or missing, the newest intact one.
  ///
  /// Throws: as `loadLatest`.
  public func loadBest<State: Decodable>(state: State.Type = State.self) throws -> CheckpointSearch<State> {
    guard let step = try bestStep else { return try loadLatest(state: state) }
    do {
      return CheckpointSearch(checkpoint: try load(step: step, state: state), warnings: [])
    } catch let error as MartletError where [.corrupted, .malformedFile, .notFound].contains(error.code) {
      let search = try loadLatest(state: state)
      let warning = Self.warning(error, instead: search.checkpoint?.step)
      return CheckpointSearch(checkpoint: search.checkpoint, warnings: [warning] + search.warnings)
    }
  }
}
