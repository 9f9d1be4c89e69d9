import Core
import TensorGraph

extension Sample {
  /// Values for the operands, the same for the same seed.
  public func operandValues(seed: UInt64) -> [ReferenceTensor] {
    var stream = RandomStream(RandomKey(seed: seed))
    return operands.map { operand in
      switch operand.values {
      case .exactly(let values): return ReferenceTensor(operand.type, values)
      case .index(let bound):
        return ReferenceTensor(operand.type) { _ in Double(Int.random(in: 0..<bound, using: &stream)) }
      // Rounded to what 32 bits hold, so that every backend starts from the same numbers.
      case .positive:
        return ReferenceTensor(operand.type) { _ in Double(Float(Double.random(in: 0.5...2, using: &stream))) }
      case .normal:
        return ReferenceTensor(operand.type) { _ in
          let sum = (0..<12).reduce(0.0) { total, _ in total + stream.unit() }
          return Double(Float(sum - 6))
        }
      }
    }
  }

  /// A program that applies the operation; with `gradients` it also gives the cotangents of all f32 operands, where the
  /// loss is the sum of the results times weights `w0`, `w1`, ... that come in as inputs.
  public func program(gradients: Bool) throws -> Program {
    try Trace.program { trace in
      let inputs = operands.enumerated().map { trace.input("x\($0.offset)", $0.element.type) }
      let results = trace.apply(operation, inputs)
      for (index, result) in results.enumerated() { trace.output("y\(index)", result) }
      guard gradients else { return }
      let terms = differentiableResults.map { index in
        (results[index] * trace.input("w\(index)", results[index].type)).sum()
      }
      guard let first = terms.first else { return }
      let floating = inputs.filter { $0.type.scalar == .f32 }
      let found = TensorGraph.gradients(of: terms.dropFirst().reduce(first, +), by: floating)
      for (input, gradient) in zip(floating, found) { trace.output("d\(input.id.node)", gradient) }
    }
  }

  /// The results that losses are built from: the ones that carry gradients.
  public var differentiableResults: [Int] {
    switch operation {
    case is LayerNorm, is RMSNorm, is Attention, is TopK: [0]
    default:
      ((try? operation.resultTypes(operands.map(\.type))) ?? []).indices.filter {
        (try? operation.resultTypes(operands.map(\.type)))?[$0].scalar == .f32
      }
    }
  }

  /// Whether the operation takes part in differentiation with at least one floating-point operand.
  public var isDifferentiable: Bool {
    switch operation {
    case is AdamW, is Momentum, is Lion, is UpdateSlice, is LayerNormGradient, is RMSNormGradient,
      is LinearCrossEntropyGradient, is ActivationGradient:
      false
    default: isSmooth && operands.contains { $0.type.scalar == .f32 } && !differentiableResults.isEmpty
    }
  }
}

extension Buffer {
  /// Writes the tensor in the buffer's element type.
  public func write(_ tensor: ReferenceTensor) {
    var bytes = [UInt8](repeating: 0, count: type.byteCount)
    bytes.withUnsafeMutableBytes { tensor.store(into: $0) }
    write(bytes)
  }

  /// The buffer's content.
  public func tensor() -> ReferenceTensor {
    let bytes = read(as: UInt8.self)
    return bytes.withUnsafeBytes { ReferenceTensor(type, bytes: $0) }
  }
}
