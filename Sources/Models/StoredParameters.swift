import Core
import Formats
import Layers
import TensorGraph

extension HuggingFaceFolder {
  /// The parameters of a model, read into buffers, with the folder's adapters merged into them.
  ///
  /// - Parameters:
  ///   - skips: stored tensors' parameters that are not read, as if the weights lacked them.
  ///   - mayLack: parameters that the weights may lack; they are missing in the result then.
  ///
  /// Throws: `MartletError(.mismatch)` that names the tensors which are missing, unknown or of another shape.
  func loadParameters(
    of configuration: any PretrainedConfiguration, on backend: any Backend, skipping skips: Set<String> = [],
    mayLack: Set<String> = []
  ) throws -> [String: any Buffer] {
    let parts = try adapter?.parts(for: configuration)
    let held = Set((parts?.whole ?? [:]).keys)
    let stored = try match(weights().tensors, configuration, skips.union(held), mayLack.union(held))
    var buffers: [String: any Buffer] = [:]
    for (parameter, tensor) in stored {
      let buffer = try backend.makeBuffer(parameter.type)
      buffer.write(try tensor.floats())
      buffers[parameter.name] = buffer
    }
    if let adapter, var parts {
      for name in skips { parts.whole[name] = nil }
      try adapter.merge(parts, into: &buffers, configuration.parameters, on: backend)
    }
    return buffers
  }

  /// The stored tensor of each parameter.
  private func match(
    _ tensors: [StoredTensor], _ configuration: any PretrainedConfiguration, _ skips: Set<String>,
    _ mayLack: Set<String>
  ) throws -> [(ParameterSpecification, StoredTensor)] {
    var found: [String: StoredTensor] = [:]
    for tensor in tensors {
      guard let name = configuration.parameterName(ofStored: tensor.name), !skips.contains(name) else { continue }
      if let other = found.updateValue(tensor, forKey: name) {
        throw mismatch("the tensors \"\(other.name)\" and \"\(tensor.name)\" are for the same parameter")
      }
    }
    for tensor in tensors {
      guard let name = configuration.parameterName(copiedBy: tensor.name), !skips.contains(name), found[name] == nil
      else { continue }
      found[name] = tensor
    }
    let parameters = try configuration.parameters
    func names(_ list: [String]) -> String {
      list.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ") + (list.count > 5 ? " and \(list.count - 5) more" : "")
    }
    let missing = parameters.map(\.name).filter { found[$0] == nil && !mayLack.contains($0) }
    if !missing.isEmpty { throw mismatch("the weights lack \(names(missing))") }
    let known = Set(parameters.map(\.name))
    let extra = found.filter { !known.contains($0.key) }.values.map(\.name).sorted()
    if !extra.isEmpty { throw mismatch("the model has no place for \(names(extra))") }
    return try parameters.compactMap { parameter in
      guard let tensor = found[parameter.name] else { return nil }
      guard tensor.shape == parameter.type.shape else {
        throw mismatch(
          "tensor \"\(tensor.name)\" has the shape \(tensor.shape), config.json needs \(parameter.type.shape)")
      }
      return (parameter, tensor)
    }
  }

  private func mismatch(_ message: String) -> MartletError {
    MartletError(.mismatch, message, at: path, remedy: "Check that config.json and the weights belong together.")
  }
}
