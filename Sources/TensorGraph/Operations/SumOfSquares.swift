/// The sum of the squares of all elements of any number of tensors: the square of the global gradient norm.
public struct SumOfSquares: Operation {
  public static let name = "sum_of_squares"

  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(!operands.isEmpty && operands.allSatisfy { $0.scalar == .f32 }, "needs f32 tensors")
    return [TensorType([])]
  }

  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let sums = operands.map { $0.unary(.square).sum() }
    return [sums.dropFirst().reduce(sums[0], +)]
  }

  public func gradient(_ node: Differentiation) -> [Tensor?] { gradientByDecomposition(node) }

  public static let samples = [
    Sample(SumOfSquares(), [.normal(7)]), Sample(SumOfSquares(), [.normal(3, 5), .normal(), .normal(1000)]),
  ]
}

/// The sum of the squares of all elements of `tensors`.
public func sumOfSquares(_ tensors: [Tensor]) -> Tensor { tensors[0].trace.apply(SumOfSquares(), tensors)[0] }
