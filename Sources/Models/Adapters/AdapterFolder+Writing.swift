import Core
import Formats
import Layers

extension AdapterFolder {
  /// The description of the adapters of a model, as `peft` reads it.
  ///
  /// - Parameters:
  ///   - parameters: those of the model with the adapters.
  ///   - base: the folder of the model without them.
  public static func configuration(
    _ lora: LoRA, of configuration: any PretrainedConfiguration, _ parameters: [ParameterSpecification], base: String
  ) -> ModelConfiguration {
    func parent(_ name: String, _ end: String) -> String { String(name.dropLast(end.count + 1)) }
    let layers = parameters.map(\.name).filter { $0.hasSuffix("." + LoRA.names.a) }.map { parent($0, LoRA.names.a) }
    let matrices = Set(layers.map { $0 + ".weight" })
    let saved = parameters.filter { $0.isTrained && !LoRA.isAdapter($0.name) }.map(\.name)
    var modules: [String] = []
    for module in saved.map({ parent($0, String($0.split(separator: ".").last ?? "")) }) where !modules.contains(module)
    {
      modules.append(module)
    }
    return self.configuration(
      rank: lora.rank, alpha: lora.alpha, dropout: lora.dropout, isRankStabilized: lora.isRankStabilized,
      layers: layers,
      modules: modules,
      transposes: parameters.contains {
        if case .matrix(.inputOutput, _) = $0.role { matrices.contains($0.name) } else { false }
      }, architecture: configuration.architecture,
      base: base.hasPrefix("/") ? base : joinPath(FileSystem.currentFolder, base))
  }

  /// Writes the adapters to another folder, with the configuration of their model beside them, which tells its task.
  ///
  /// Throws: `MartletError(.inputOutput)`.
  public func write(to folder: String, _ configuration: any PretrainedConfiguration, base: String) throws {
    try FileSystem.createFolder(folder)
    var description = self.configuration
    description.object["base_model_name_or_path"] = .string(
      base.hasPrefix("/") ? base : joinPath(FileSystem.currentFolder, base))
    try description.write(to: joinPath(folder, Self.configurationName))
    for (name, bytes) in ModelFolder.configurationFiles(configuration) {
      try AtomicFile.write(bytes, to: joinPath(folder, name))
    }
    try SafetensorsWriter.write(tensors.map { TensorSource($0) }, to: joinPath(folder, Self.weightsName))
  }
}
