/// A table with rows added to it: operands `table[V, ...]`, `indices[...]`, `rows[indices..., ...]`.
public struct ScatterAdd: Operation {
  /// The name in messages and profiles.
  public static let name = "scatter_add"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 3 && operands[0].rank >= 1 && operands[0].shape[0] > 0 && operands[1].scalar == .i32
        && operands[0].scalar == .f32 && operands[2].scalar == .f32,
      "needs an f32 table of at least one row, i32 indices and f32 rows")
    try require(
      operands[2].shape == operands[1].shape + operands[0].shape.dropFirst(),
      "rows \(operands[2]) do not fit the table \(operands[0]) and the indices \(operands[1])")
    return [operands[0]]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    var table = operands[0]
    let size = table.type.shape.dropFirst().product
    for (position, index) in operands[1].values.enumerated() {
      let row = clampRow(index, table.type.shape[0])
      for i in 0..<size { table.values[row * size + i] += operands[2].values[position * size + i] }
    }
    return [table]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    [node.cotangents[0], nil, node.cotangents[0].map { $0.gather(node.operands[1]) }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(ScatterAdd(), [.normal(5, 3), .index(4, below: 5), .normal(4, 3)]),
    Sample(ScatterAdd(), [.normal(4, 19), .index(2, 37, below: 4), .normal(2, 37, 19)]),
    Sample(ScatterAdd(), [.normal(6), .index(9, below: 6), .normal(9)]),
  ]
}

extension Tensor {
  /// This table with `rows` added at `indices`.
  public func scatterAdd(_ indices: Tensor, _ rows: Tensor) -> Tensor {
    trace.apply(ScatterAdd(), [self, indices, rows])[0]
  }
}
