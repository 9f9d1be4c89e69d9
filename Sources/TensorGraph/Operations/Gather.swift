/// Rows of a table: `table[V, ...]` and `indices[...]` give `[indices..., row...]`. An index out of range is clamped.
public struct Gather: Operation {
  /// The name in messages and profiles.
  public static let name = "gather"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 2 && operands[0].rank >= 1 && operands[0].shape[0] > 0 && operands[1].scalar == .i32,
      "needs a table of at least one row and i32 indices")
    return [TensorType(operands[1].shape + operands[0].shape.dropFirst(), operands[0].scalar)]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let table = operands[0]
    let size = table.type.shape.dropFirst().product
    return [
      ReferenceTensor(
        results[0],
        operands[1].values.flatMap { index in
          let row = clampRow(index, table.type.shape[0])
          return table.values[row * size..<(row + 1) * size]
        })
    ]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    let table = node.operands[0]
    return [
      node.cotangents[0].map { dy in
        table.trace.constant(0, shape: table.shape).scatterAdd(node.operands[1], dy)
      }, nil,
    ]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Gather(), [.normal(5, 3), .index(4, below: 5)]),
    Sample(Gather(), [.normal(11, 19), .index(2, 7, below: 11)]),
    Sample(Gather(), [.normal(6), .index(4, below: 6)]),
    Sample(Gather(), [.normal(3, 2), .exactly([-4, 0, 99], [3], .i32)]),
  ]
}

/// An index as the row of a table of `count` rows that it addresses.
func clampRow(_ index: Double, _ count: Int) -> Int { min(max(Int(index), 0), count - 1) }

extension Tensor {
  /// The rows of this table at `indices`.
  public func gather(_ indices: Tensor) -> Tensor { trace.apply(Gather(), [self, indices])[0] }
}
