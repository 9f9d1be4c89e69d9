import TensorGraph

extension Softmax: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let softmax = SoftmaxKernel(rows: results[0].rowCount, columns: results[0].columnCount)
    return Kernel(inPlace: [(0, 0)]) { p in softmax.forward(input: p.input(0), output: p.output(0)) }
  }
}

extension SoftmaxGradient: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let softmax = SoftmaxKernel(rows: results[0].rowCount, columns: results[0].columnCount)
    return Kernel(inPlace: [(0, 0), (0, 1)]) { p in
      softmax.backward(output: p.input(0), outputGradient: p.input(1), inputGradient: p.output(0))
    }
  }
}
