import TensorGraph

extension Fill: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    Kernel { p in Self.launches(value, type, p.results[0]) }
  }

  /// Launches that write one number all over a tensor's memory.
  static func launches(_ value: Double, _ type: TensorType, _ target: UnsafeMutableRawPointer) -> [Launch] {
    var program = ElementwiseProgram(rows: 1, columns: type.count)
    let constant = program.constant(Float(value))
    program.store(constant, to: target, rowStride: type.count, storage: type.scalar)
    return ElementwiseKernel(program).launches()
  }
}
