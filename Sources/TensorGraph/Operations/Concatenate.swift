/// Several tensors one after another along one axis.
public struct Concatenate: Operation {
  /// The name in messages and profiles.
  public static let name = "concatenate"
  /// The axis along which they follow each other.
  public let axis: Int

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(!operands.isEmpty && operands[0].shape.indices.contains(axis), "needs tensors with axis \(axis)")
    var type = operands[0]
    for operand in operands.dropFirst() {
      var aligned = operand
      try require(operand.rank == type.rank, "the operands \(operands) differ in rank")
      aligned.shape[axis] = type.shape[axis]
      try require(aligned == type, "the operands \(operands) differ beyond axis \(axis)")
      type.shape[axis] += operand.shape[axis]
    }
    return [type]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let outer = results[0].shape[..<axis].product
    var values: [Double] = []
    for row in 0..<outer {
      for operand in operands {
        let size = operand.type.shape[axis...].product
        values += operand.values[row * size..<(row + 1) * size]
      }
    }
    return [ReferenceTensor(results[0], values)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let dy = node.cotangents[0] else { return node.operands.map { _ in nil } }
    return dy.split(axis: axis, node.operands.map { $0.shape[axis] })
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Concatenate(axis: 0), [.normal(3), .normal(4)]),
    Sample(Concatenate(axis: 1), [.normal(3, 5, 2), .normal(3, 1, 2), .normal(3, 4, 2)]),
    Sample(Concatenate(axis: 1), [.index(2, 3, below: 9)]),
  ]
}

/// Puts tensors one after another along an axis counted from the end where negative.
public func concatenate(_ tensors: [Tensor], axis: Int) -> Tensor {
  let axis = axis < 0 ? axis + tensors[0].rank : axis
  return tensors.count == 1 ? tensors[0] : tensors[0].trace.apply(Concatenate(axis: axis), tensors)[0]
}
