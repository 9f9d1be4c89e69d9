import TensorGraph

extension Reduce: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let reduction = Reduction(function == .sum ? .sum : .maximum, shape: operands[0].shape, axes: axes)
    return Kernel(workspaceByteCount: reduction.workspaceBytes) { p in
      reduction.launches(input: p.input(0), output: p.output(0), workspace: p.floats)
    }
  }
}

extension SumOfSquares: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    Kernel(workspaceByteCount: SumOfSquaresKernel.workspaceBytes(operands.map(\.count))) { p in
      SumOfSquaresKernel(operands.indices.map { (UnsafePointer(p.input($0)), operands[$0].count) })
        .launches(output: p.output(0), workspace: p.floats)
    }
  }
}

extension ArgMax: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let ranking = RowRanking(rows: operands[0].rowCount, columns: operands[0].columnCount)
    return Kernel { p in ranking.argMax(p.input(0), output: p.results[0].assumingMemoryBound(to: Int32.self)) }
  }
}

extension TopK: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let ranking = RowRanking(rows: operands[0].rowCount, columns: operands[0].columnCount)
    return Kernel { p in
      ranking.top(
        count, p.input(0), values: p.output(0), indices: p.results[1].assumingMemoryBound(to: Int32.self))
    }
  }
}
