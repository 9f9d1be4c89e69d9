import Core
import Formats
import Layers
import TensorGraph

/// What an adapter's folder has for a model.
struct AdapterParts {
  /// The two matrices of a layer.
  struct Layer {
    var a, b: StoredTensor?
  }
  /// Parameters that are stored as a whole.
  var whole: [String: StoredTensor] = [:]
  /// The layers by the names of their matrices.
  var layers: [String: Layer] = [:]
}

extension AdapterFolder {
  /// What the folder has for a model; what the model has no need of is left out.
  ///
  /// Throws: `MartletError(.malformedFile)` or `(.unsupported)`, naming the tensor.
  func parts(for configuration: any PretrainedConfiguration) throws -> AdapterParts {
    var parts = AdapterParts()
    for tensor in tensors {
      guard tensor.name.hasPrefix(Self.prefix) else {
        throw failure(.malformedFile, "tensor \"\(tensor.name)\" does not begin with \(Self.prefix)")
      }
      let name = String(tensor.name.dropFirst(Self.prefix.count))
      func layer(_ end: String) -> String? {
        name.hasSuffix("." + end)
          ? configuration.parameterName(ofStored: name.dropLast(end.count) + "weight") : nil
      }
      if let matrix = layer(LoRA.names.a) {
        parts.layers[matrix, default: .init()].a = tensor
      } else if let matrix = layer(LoRA.names.b) {
        parts.layers[matrix, default: .init()].b = tensor
      } else if name.contains(".lora_"), !LoRA.isAdapter(name) {
        throw failure(.unsupported, "tensor \"\(tensor.name)\" is no part of a linear layer's adapter")
      } else if !LoRA.isAdapter(name), let parameter = configuration.parameterName(ofStored: name) {
        parts.whole[parameter] = tensor
      }
    }
    return parts
  }

  /// Adds the adapters' products to the matrices of a model, and puts what is stored as a whole in its place.
  ///
  /// Throws: `MartletError(.mismatch)`, naming the tensor that does not fit.
  ///
  /// Complexity: O(rank) for each element of the adapted matrices.
  func merge(
    _ parts: AdapterParts, into buffers: inout [String: any Buffer], _ parameters: [ParameterSpecification],
    on backend: any Backend
  ) throws {
    let known = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
    for (name, tensor) in parts.whole {
      guard let parameter = known[name] else { throw noPlace(tensor) }
      guard tensor.shape == parameter.type.shape else {
        throw failure(
          .mismatch, "tensor \"\(tensor.name)\" is of \(tensor.shape), the model's of \(parameter.type.shape)")
      }
      let buffer = try buffers[name] ?? backend.makeBuffer(parameter.type)
      buffer.write(try tensor.floats())
      buffers[name] = buffer
    }
    for (name, layer) in parts.layers {
      guard let a = layer.a, let b = layer.b else {
        throw failure(.malformedFile, "the adapter of \"\(name)\" has only one of its two matrices")
      }
      guard let parameter = known[name], let buffer = buffers[name] else { throw noPlace(a) }
      guard case .matrix(let layout, _) = parameter.role else {
        throw failure(.unsupported, "tensor \"\(a.name)\" is for something other than a linear layer")
      }
      let isTransposed = layout == .inputOutput
      let (outputs, inputs) = (parameter.type.shape[isTransposed ? 1 : 0], parameter.type.shape[isTransposed ? 0 : 1])
      guard a.shape.count == 2, b.shape.count == 2, a.shape[0] == b.shape[1], a.shape[0] > 0, a.shape[1] == inputs,
        b.shape[0] == outputs
      else {
        throw failure(
          .mismatch,
          "tensors \"\(a.name)\" and lora_B are of \(a.shape) and \(b.shape), for a layer of \(inputs) inputs and "
            + "\(outputs) outputs")
      }
      let scale = LoRA.scale(rank: a.shape[0], alpha: alpha, isRankStabilized: isRankStabilized)
      var values = buffer.read(as: Float.self)
      Self.add(
        try a.floats(), try b.floats(), rank: a.shape[0], scale: Float(scale), isTransposed: isTransposed, to: &values)
      buffer.write(values)
    }
  }

  /// Adds `scale * B A`, or its transpose, to a matrix; A is `[rank, in]`, B `[out, rank]`.
  private static func add(
    _ a: [Float], _ b: [Float], rank: Int, scale: Float, isTransposed: Bool, to matrix: inout [Float]
  ) {
    let (inputs, outputs) = (a.count / rank, b.count / rank)
    let (rows, columns) = isTransposed ? (inputs, outputs) : (outputs, inputs)
    // The factor whose rows are as long as the matrix's.
    let long = isTransposed ? (0..<rank * outputs).map { b[$0 % outputs * rank + $0 / outputs] } : a
    matrix.withUnsafeMutableBufferPointer { matrix in
      long.withUnsafeBufferPointer { long in
        for row in 0..<rows {
          for r in 0..<rank {
            let factor = scale * (isTransposed ? a[r * inputs + row] : b[row * rank + r])
            for column in 0..<columns { matrix[row * columns + column] += factor * long[r * columns + column] }
          }
        }
      }
    }
  }

  private func noPlace(_ tensor: StoredTensor) -> MartletError {
    failure(.mismatch, "the model has no place for \"\(tensor.name)\"")
  }

  private func failure(_ code: MartletError.Code, _ message: String) -> MartletError {
    MartletError(code, message, at: path, remedy: "Check that the adapter and the model belong together.")
  }
}
