import TensorGraph

extension Rotary: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let shape = results[0].shape
    let kernel = RotaryKernel(
      batch: shape[0], tokens: shape[1], heads: shape[2], headSize: shape[3], positions: operands[1].shape[0],
      interleaved: interleaved, inverse: inverse)
    return Kernel { p in
      kernel.launches(
        input: .init(p.input(0), of: operands[0]), output: .init(p.output(0), of: results[0]), cosine: p.input(1),
        sine: p.input(2), indices: p.integers(3), perSequence: operands[3].rank == 2)
    }
  }
}
