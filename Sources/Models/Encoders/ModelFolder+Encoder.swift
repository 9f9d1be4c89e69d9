import Core
import Layers
import TensorGraph

extension ModelFolder {
  /// The parameters of the encoder for another task, with what the folder has of its head, and the rest of it drawn.
  ///
  /// - Parameters:
  ///   - adapted: the folder's configuration, `adapted(to:labels:)`.
  ///   - key: what the new values are drawn from.
  ///
  /// Throws: `MartletError(.mismatch)` that names the tensors of the encoder which are missing, unknown or of another
  /// shape.
  public func loadParameters(
    for adapted: any EncoderConfiguration, key: RandomKey, on backend: any Backend
  ) throws -> [String: any Buffer] {
    let stored = try encoder()
    let isSame = adapted.task == stored.task && adapted.labels == stored.labels
    let head = adapted.head
    // Files of one task may lack the pooler of another.
    let names = try adapted.parameters.filter { $0.name.contains("pooler.dense.") }.map(\.name)
    let replaceable = (head?.parameterNames ?? []).union(names)
    var buffers = try folder.loadParameters(
      of: adapted, on: backend, skipping: isSame ? [] : head?.labelNames ?? [], mayLack: replaceable)
    let missing = try adapted.parameters.filter { buffers[$0.name] == nil }
    buffers.merge(try backend.makeParameters(missing, key: key)) { old, _ in old }
    return buffers
  }
}
