import Core
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

  private static func hasModel(_ path: String) -> Bool { FileSystem.kind(of: joinPath(path, "config.json")) == .file }

  /// Writes the model of a folder, with its tokenizer, into another folder in Hugging Face's layout.
  ///
  /// Throws: `MartletError` when something is missing or cannot be written.
  public static func export(_ folder: String, to target: String, on backend: any Backend) throws {
    let model = try ModelFolder(folder)
    let tokenizer = try Tokenizer.load(folder)
    try ModelFolder.write(model.configuration, parameters: try model.loadParameters(on: backend), to: target)
    try tokenizer.save(to: target)
  }
}
