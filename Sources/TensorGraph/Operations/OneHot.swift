/// For each index a row of zeros with a one at the index; an index out of range gives zeros.
public struct OneHot: Operation {
  /// The name in messages and profiles.
  public static let name = "one_hot"
  /// The length of the rows.
  public let depth: Int

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1 && operands[0].scalar == .i32 && depth >= 0, "needs i32 indices")
    return [TensorType(operands[0].shape + [depth])]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    [ReferenceTensor(results[0]) { operands[0].integer($0 / depth) == $0 % depth ? 1 : 0 }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(OneHot(depth: 5), [.index(7, below: 5)]), Sample(OneHot(depth: 4), [.exactly([-1, 2, 4], [3], .i32)]),
    Sample(OneHot(depth: 3), [.index(2, 3, below: 3)]),
  ]
}

extension Tensor {
  /// For each index a row of `depth` zeros with a one at the index.
  public func oneHot(_ depth: Int) -> Tensor { trace.apply(OneHot(depth: depth), [self])[0] }
}
