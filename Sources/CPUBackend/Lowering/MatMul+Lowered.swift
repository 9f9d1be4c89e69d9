import TensorGraph

extension MatMul {
  /// The product of a graph's operation, all batches of which have one stride for each operand.
  init(_ operation: any Operation, _ operands: [TensorType], _ result: TensorType) {
    let (transposeA, transposeB) =
      (operation as? TensorGraph.MatMul).map { ($0.transposeA, $0.transposeB) } ?? (false, false)
    let a = operands[0].shape.suffix(2)
    self.init(
      m: result.shape[result.rank - 2], n: result.shape[result.rank - 1],
      k: transposeA ? a[a.startIndex] : a[a.startIndex + 1], transposeA: transposeA, transposeB: transposeB)
  }
}

extension TensorGraph.MatMul: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    var product = MatMul(self, operands, results[0])
    let sizes = (operands + results).map { $0.shape.suffix(2).reduce(1, *) }
    let batch = results[0].shape.dropLast(2)
    // Where neither operand repeats within the batch, or one does for the whole of it, one launch takes all.
    let strides = operands.map { operand -> Int? in
      let lead = operand.shape.dropLast(2)
      if Array(lead) == Array(batch) { return operand.shape.suffix(2).reduce(1, *) }
      return lead.allSatisfy { $0 == 1 } ? 0 : nil
    }
    let count = batch.reduce(1, *)
    let flops = 2 * Double(product.m) * Double(product.n) * Double(product.k) * Double(count)
    if let strideA = strides[0], let strideB = strides[1] {
      product.batch = count
      product.batchStrideA = strideA
      product.batchStrideB = strideB
      product.batchStrideC = sizes[2]
      let one = product
      return Kernel(workspaceByteCount: one.workspaceFloats() * 4, flops: flops) { pointers in
        one.launches(
          a: pointers.input(0), b: pointers.input(1), c: pointers.output(0), workspace: pointers.floats)
      }
    }
    let one = product
    let offsets = operands.map { Self.batchOffsets($0, Array(batch)) }
    return Kernel(workspaceByteCount: one.workspaceFloats() * 4, flops: flops) { pointers in
      (0..<count).flatMap { index in
        one.launches(
          a: pointers.input(0) + offsets[0][index], b: pointers.input(1) + offsets[1][index],
          c: pointers.output(0) + index * sizes[2], workspace: pointers.floats)
      }
    }
  }

  /// Where the matrix of each product of the batch begins in an operand that repeats along axes of size 1.
  private static func batchOffsets(_ operand: TensorType, _ batch: [Int]) -> [Int] {
    let strides = operand.strides
    return (0..<batch.reduce(1, *)).map { index in
      var (rest, offset) = (index, 0)
      for axis in batch.indices.reversed() {
        if operand.shape[axis] != 1 { offset += rest % batch[axis] * strides[axis] }
        rest /= batch[axis]
      }
      return offset
    }
  }
}
