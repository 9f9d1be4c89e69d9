import Core
import Formats
import Models
import TensorGraph
import Tokenizers

/// Finds the model in what a person names: a model's folder, a run's folder, or a checkpoint.
public enum RunFolder {
  /// The folder with the configuration, weights and tokenizer: of a run, the finished model, else its best checkpoint.
  ///
  /// - Parameter warn: told of each damaged checkpoint that another one is taken for.
  ///
  /// Throws: `MartletError(.notFound)` when there is none.
  public static func model(in path: String, warn: (String) -> Void = { _ in }) throws -> String {
    guard FileSystem.kind(of: path) == .folder else {
      throw MartletError(
        .notFound, "no such folder", at: path, remedy: "Give the folder of a model, of a run or of a checkpoint.")
    }
    if hasModel(path) { return path }
    if hasModel(joinPath(path, "model")) { return joinPath(path, "model") }
    if let checkpoint = try RunCheckpoints.bestModel(inRun: path, warn: warn) { return checkpoint }
    throw MartletError(
      .notFound, "there is no model in this folder: neither a config.json, nor a model or a checkpoint of a run",
      at: path, remedy: "Train one with `martlet train`, or give another folder.")
  }

  private static func hasModel(_ path: String) -> Bool {
    FileSystem.kind(of: joinPath(path, "config.json")) == .file || AdapterFolder.isAdapter(path)
  }

  /// Writes the model of a folder, with its tokenizer, into another folder in Hugging Face's layout. Adapters stay
  /// adapters.
  ///
  /// - Parameter shardLimit: the bytes of tensors from which on the weights are in several files.
  ///
  /// Throws: `MartletError` when something is missing or cannot be written.
  public static func export(
    _ folder: String, to target: String, on backend: any Backend, shardLimit: Int = SafetensorsWriter.defaultShardLimit
  ) throws {
    let model = try ModelFolder(folder)
    let tokenizer = try Tokenizer.load(model.folder.tokenizerPath)
    if let adapter = model.folder.adapter {
      try adapter.write(to: target, model.configuration, base: model.folder.base)
    } else {
      try ModelFolder.write(
        model.configuration, parameters: try model.loadParameters(on: backend), to: target, shardLimit: shardLimit)
    }
    try tokenizer.save(to: target)
  }

  /// Writes the whole model that adapters and the model they belong to make, with its tokenizer if there is one.
  ///
  /// - Parameters:
  ///   - base: the folder of the model, or of a run.
  ///   - adapter: the folder of the adapters, or of a run.
  ///
  /// Throws: `MartletError` when something is missing, does not fit or cannot be written.
  public static func merge(
    base: String, adapter: String, to target: String, on backend: any Backend,
    shardLimit: Int = SafetensorsWriter.defaultShardLimit, warn: (String) -> Void = { _ in }
  ) throws {
    let (base, adapter) = try (model(in: base, warn: warn), model(in: adapter, warn: warn))
    try ModelFolder.merge(base: base, adapter: adapter, to: target, on: backend, shardLimit: shardLimit)
    let tokenizerPath = try HuggingFaceFolder(adapter, base: base).tokenizerPath
    do {
      try Tokenizer.load(tokenizerPath).save(to: target)
    } catch let error as MartletError where error.code == .notFound {
      warn("there is no tokenizer, neither with the adapter nor with the model: none was written")
    }
  }
}
