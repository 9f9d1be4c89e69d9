import TensorGraph

extension LayerNorm: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let norm = NormalizationKernel(
      .layer, rows: results[0].rowCount, columns: results[0].columnCount, epsilon: Float(epsilon))
    return Kernel { p in
      norm.forward(
        input: p.input(0), weight: p.input(1), bias: p.input(2), output: p.output(0), mean: p.output(1),
        reciprocalDeviation: p.output(2))
    }
  }
}

extension LayerNormGradient: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let norm = NormalizationKernel(.layer, rows: results[0].rowCount, columns: results[0].columnCount, epsilon: 0)
    return Kernel(workspaceByteCount: norm.workspaceBytes) { p in
      norm.backward(
        input: p.input(0), weight: p.input(1), outputGradient: p.input(4), mean: p.input(2),
        reciprocalDeviation: p.input(3), inputGradient: p.output(0), weightGradient: p.output(1),
        biasGradient: p.output(2), workspace: p.floats)
    }
  }
}

extension RMSNorm: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let norm = NormalizationKernel(
      .rootMeanSquare, rows: results[0].rowCount, columns: results[0].columnCount, epsilon: Float(epsilon))
    return Kernel { p in
      norm.forward(
        input: p.input(0), weight: p.input(1), bias: nil, output: p.output(0), mean: nil,
        reciprocalDeviation: p.output(1))
    }
  }
}

extension RMSNormGradient: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let norm = NormalizationKernel(
      .rootMeanSquare, rows: results[0].rowCount, columns: results[0].columnCount, epsilon: 0)
    return Kernel(workspaceByteCount: norm.workspaceBytes) { p in
      norm.backward(
        input: p.input(0), weight: p.input(1), outputGradient: p.input(3), mean: nil, reciprocalDeviation: p.input(2),
        inputGradient: p.output(0), weightGradient: p.output(1), biasGradient: nil, workspace: p.floats)
    }
  }
}
