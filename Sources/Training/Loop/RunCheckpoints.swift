import Core
import Datasets
import Formats
import Models
import TensorGraph

/// The checkpoints of one run: what goes into them, and whether one fits the recipe that is to go on from it.
///
/// A checkpoint is a model folder in Hugging Face's layout as well, so that frozen weights are in it like the others:
/// a run goes on, and its model is used, without the folder that it started from. Where a moving average of the weights is kept, its
/// `model.safetensors` holds the average, which is the model, and the weights that training goes on from are beside the
/// optimiser's tensors.
///
/// Of a training of adapters it is a folder of adapters in the layout of `peft`: the weights of their model stay where
/// they are, and their hash tells whether they are the same when the run goes on.
final class RunCheckpoints {
  private let recipe: Recipe
  private let store: CheckpointStore
  var origin = RunState.Origin()
  var files: [(name: String, bytes: [UInt8])] = []

  /// Takes hold of the run's folder: no other process can train in it while this lives.
  ///
  /// Throws: `MartletError(.resource)` if another process trains in it, or `(.inputOutput)`.
  init(_ recipe: Recipe) throws {
    self.recipe = recipe
    store = try CheckpointStore(
      outputFolder: recipe.outputFolder, saveTotalLimit: recipe.train.saveTotalLimit)
  }

  /// Tells what the run is made of, as soon as that is known.
  func describe(_ configuration: any PretrainedConfiguration, _ dataset: PreparedDataset) {
    files = ModelFolder.configurationFiles(configuration) + dataset.tokenizer.files()
    origin = origin(of: dataset.manifest)
  }

  private func origin(of manifest: DatasetManifest) -> RunState.Origin {
    var origin = RunState.Origin()
    origin.recipe = recipe.yaml
    origin.tokenizer = manifest.tokenizerFingerprint
    origin.vocabularySize = manifest.vocabularySize
    // The tokens themselves, wherever the files lie.
    origin.data = SHA256.hash(manifest.shards.flatMap { Array($0.sha256.utf8) }).hex
    return origin
  }

  // MARK: Going on

  /// The checkpoint to go on from, or nil for a new run; `warn` is told of damaged ones.
  ///
  /// It needs no data: a run that cannot go on is refused before its tokens are touched.
  ///
  /// Throws: `MartletError(.invalidArgument)` if there are checkpoints and the run is to begin anew, or `(.mismatch)` if
  /// one does not fit the recipe.
  func find(resuming: Bool, warn: (String) -> Void) throws -> (LoadedCheckpoint<RunState>, [Recipe.Change])? {
    let steps = try store.folder.steps
    guard resuming else {
      guard let last = steps.last else { return nil }
      throw MartletError(
        .invalidArgument, "this folder has a run with checkpoints up to step \(last)", at: recipe.outputFolder,
        remedy: "Go on with it by --resume, choose another train.output_dir, or remove the folder.")
    }
    let search = try store.loadLatest(state: RunState.self)
    for warning in search.warnings { warn(warning) }
    guard let found = search.checkpoint else {
      guard steps.isEmpty else {
        throw MartletError(
          .corrupted, "no checkpoint of this run is intact; they were set aside: \(search.warnings.first ?? "")",
          at: store.folder.path,
          remedy: "Begin anew, or restore a checkpoint from a copy.")
      }
      return nil
    }
    return (found, try changes(since: found.state.origin, at: found.path))
  }

  func refusal(
    _ what: String, _ before: some CustomStringConvertible, _ now: some CustomStringConvertible, at path: String
  ) -> MartletError {
    MartletError(
      .mismatch, "\(what) of the checkpoint is \(before), the recipe's now \(now): this would be another run",
      at: path,
      remedy: "Put it back as it was, or begin a new run with another train.output_dir"
        + " (model.from: \(path) starts from these weights).")
  }

  /// Checks that prepared data is what a checkpoint was trained on.
  ///
  /// Throws: `MartletError(.mismatch)` that names what differs.
  func requireSameData(_ manifest: DatasetManifest, as checkpoint: LoadedCheckpoint<RunState>) throws {
    let (before, now, path) = (checkpoint.state.origin, origin(of: manifest), checkpoint.path)
    if before.vocabularySize != now.vocabularySize {
      throw refusal("the vocabulary", "\(before.vocabularySize) tokens", "\(now.vocabularySize)", at: path)
    }
    if before.tokenizer != now.tokenizer {
      throw refusal("the tokenizer", before.tokenizer.prefix(12), now.tokenizer.prefix(12), at: path)
    }
    if before.data != now.data {
      throw refusal(
        "the text (by the hash of its tokens)", before.data.prefix(12), now.data.prefix(12), at: path)
    }
  }

  /// The keys of the recipe that have other values than when the checkpoint was saved.
  private func changes(since earlier: RunState.Origin, at path: String) throws -> [Recipe.Change] {
    let before = try Recipe(text: earlier.recipe, file: joinPath(path, "recipe of the checkpoint"))
    let changes = recipe.changes(since: before).filter(\.changesWeights)
    for change in changes where Self.mustStay(change.key) {
      throw refusal(change.key, change.before, change.after, at: path)
    }
    // How often to evaluate decides which weights are best, and no more.
    return changes.filter { !$0.key.hasPrefix("data.") }
  }

  /// Whether a run can't go on with another value of a key. Where files lie is no matter, only what is in them.
  private static func mustStay(_ key: String) -> Bool {
    if key.hasPrefix("model.") { return key != "model.from" }
    return [
      "data.sampling", "train.seed", "train.context_length", "train.per_device_train_batch_size",
      "train.gradient_accumulation_steps", "train.optimizer", "train.average_weights",
    ].contains(key)
  }

  /// Reads the tensors of a checkpoint into buffers.
  ///
  /// Throws: `MartletError(.mismatch)` that names the tensor which is missing or of another shape.
  func load(
    _ checkpoint: LoadedCheckpoint<RunState>, _ programs: TrainingPrograms, on backend: any Backend
  ) throws -> [String: any Buffer] {
    var buffers: [String: any Buffer] = [:]
    for place in Self.places(programs) {
      let file = place.isWeight ? checkpoint.weights : checkpoint.optimizer
      guard let tensor = file[place.name], tensor.shape == place.state.type.shape else {
        let found = file[place.name].map { "has the shape \($0.shape)" } ?? "is not there"
        throw MartletError(
          .mismatch, "tensor \"\(place.name)\" \(found), the recipe needs \(place.state.type)", at: checkpoint.path,
          remedy: "Put the recipe's model and optimizer back as they were.")
      }
      let buffer = try backend.makeBuffer(place.state.type)
      buffer.write(try tensor.floats())
      buffers[place.state.name] = buffer
    }
    return buffers
  }

  // MARK: Saving

  /// Removes what an earlier run without checkpoints left.
  func begin() throws { try store.removeAll() }

  /// Saves a checkpoint; returns its folder.
  ///
  /// Throws: `MartletError`; earlier checkpoints are as they were then.
  func save(_ state: RunState, _ executor: TrainingExecutor, isBest: Bool) throws -> String {
    var state = state
    state.origin = origin
    func sources(_ places: [Place]) -> [TensorSource] {
      places.compactMap { place in
        executor.states[place.state.name].map { buffer in
          TensorSource(name: place.name, type: .f32, shape: place.state.type.shape) { writer in
            try buffer.read(as: Float.self).withUnsafeBytes { try writer.append($0) }
          }
        }
      }
    }
    let places = Self.places(executor.programs)
    return try store.save(
      step: state.step, weights: sources(places.filter(\.isWeight)), optimizer: sources(places.filter { !$0.isWeight }),
      state: state, files: files, isAdapter: executor.programs.settings.adaptation.lora != nil, isBest: isBest)
  }

  /// Where a state is kept in a checkpoint.
  private struct Place {
    var state: TrainingPrograms.State
    var name: String
    var isWeight: Bool
  }

  private static func places(_ programs: TrainingPrograms) -> [Place] {
    let averageNames =
      programs.settings.averageDecay == nil
      ? [:]
      : Dictionary(
        uniqueKeysWithValues: programs.trainedParameters.map { (TrainingPrograms.averageName($0.name), $0.name) })
    let averaged = Set(averageNames.values)
    func weight(_ state: TrainingPrograms.State, _ name: String) -> Place {
      Place(state: state, name: weightName(name, programs), isWeight: true)
    }
    return programs.checkpointStates.map { state in
      switch state.kind {
      case .parameter where averaged.contains(state.name):
        Place(state: state, name: "current.\(state.name)", isWeight: false)
      case .parameter: weight(state, state.name)
      case .average: weight(state, averageNames[state.name] ?? state.name)
      case .optimizer, .accumulator: Place(state: state, name: state.name, isWeight: false)
      }
    }
  }

  /// What a parameter's weight is called in a checkpoint.
  static func weightName(_ parameter: String, _ programs: TrainingPrograms) -> String {
    (programs.settings.adaptation.lora == nil ? "" : AdapterFolder.prefix) + parameter
  }

  // MARK: Afterwards

  /// The checkpoint with the lowest validation loss, else the last; nil if there is none. `warn` is told of damaged
  /// ones, in whose place it is.
  func best(warn: (String) -> Void) throws -> LoadedCheckpoint<RunState>? {
    try Self.best(in: store.folder, warn: warn)
  }

  private static func best(in folder: CheckpointFolder, warn: (String) -> Void) throws -> LoadedCheckpoint<RunState>? {
    let search = try folder.loadBest(state: RunState.self)
    for warning in search.warnings { warn(warning) }
    return search.checkpoint
  }

  /// Bytes of all checkpoints on the disk.
  var diskBytes: Int {
    let folders = ((try? store.folder.steps) ?? []).map { store.folder.folder(of: $0) }
    return folders.reduce(0) { sum, folder in
      let names = (try? FileSystem.list(folder)) ?? []
      return names.reduce(sum) { $0 + ((try? FileSystem.size(of: joinPath(folder, $1))) ?? 0) }
    }
  }

  /// The best checkpoint's folder in the folder of a run, whose hashes were checked; nil if there is none.
  static func bestModel(inRun path: String, warn: (String) -> Void) throws -> String? {
    try best(in: CheckpointFolder(outputFolder: path), warn: warn)?.path
  }
}
