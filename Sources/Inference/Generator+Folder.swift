import Core
import Models
import TensorGraph
import Tokenizers

extension Generator {
  /// A generator for the model in a folder of Hugging Face's layout, with its tokenizer.
  ///
  /// - Parameter rowCount: how many texts run at once.
  ///
  /// Throws: `MartletError` that names the file at fault, or `MartletError(.resource)` when memory is short.
  public convenience init(folder: String, on backend: any Backend, rowCount: Int = 1) throws {
    let model = try ModelFolder(folder)
    let tokenizer = try Tokenizer.load(model.folder.tokenizerPath)
    let cached = try CachedModel(
      model.decoder(), parameters: try model.loadParameters(on: backend), on: backend, rowCount: rowCount)
    try self.init(cached, tokenizer)
  }
}
