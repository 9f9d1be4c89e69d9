import Core
import Formats
import Models

// What a run with LoRA tells of its adapters and the model that they are for.
extension RunCheckpoints {
  /// Tells what adapters are trained, and for which model.
  ///
  /// Throws: `MartletError` when its weights cannot be read.
  func describeAdapters(
    _ configuration: any PretrainedConfiguration, _ programs: TrainingPrograms, base: String?
  ) throws {
    guard let lora = programs.settings.adaptation.lora, let base else { return }
    guard !AdapterFolder.isAdapter(base) else {
      throw MartletError(
        .unsupported, "model.from is an adapter itself, to which no other can be added", at: base,
        remedy: "Merge it into its model first, martlet merge BASE ADAPTER OUT, and start from that.")
    }
    let description = AdapterFolder.configuration(lora, of: configuration, programs.parameters, base: base)
    files.append((AdapterFolder.configurationName, description.bytes))
    origin.base = try Self.hash(ofWeightsIn: base)
  }

  private static func hash(ofWeightsIn folder: String) throws -> String {
    let paths = Set(try HuggingFaceFolder(folder).weights().tensors.map(\.file.path)).sorted()
    return SHA256.hash(
      try paths.flatMap { path in
        let file = try MappedFile(path)
        return withExtendedLifetime(file) { Array(SHA256.hash(file.bytes).hex.utf8) }
      }
    ).hex
  }

  /// Checks that the weights which adapters are for are those that a checkpoint's were trained with.
  ///
  /// Throws: `MartletError(.mismatch)`.
  func requireSameBase(as checkpoint: LoadedCheckpoint<RunState>) throws {
    let (before, now) = (checkpoint.state.origin.base ?? "none", origin.base ?? "none")
    if before != now {
      throw refusal(
        "the model of the adapters (by the hash of its weights)", before.prefix(12), now.prefix(12), at: checkpoint.path
      )
    }
  }
}
