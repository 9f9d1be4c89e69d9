/// The sum of the squares of all elements of any number of tensors: the square of the global gradient norm.
public struct SumOfSquares: Operation {
  /// The name in messages and profiles.
  public static let name = "sum_of_squares"

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(!operands.isEmpty && operands.allSatisfy { $0.scalar == .f32 }, "needs f32 tensors")
    return [TensorType([])]
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let sums = operands.map { $0.unary(.square).sum() }
    return [sums.dropFirst().reduce(sums[0], +)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] { gradientByDecomposition(node) }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(SumOfSquares(), [.normal(7)]), Sample(SumOfSquares(), [.normal(3, 5), .normal(), .normal(1000)]),
  ]
}

/// The sum of the squares of all elements of `tensors`.
public func sumOfSquares(_ tensors: [Tensor]) -> Tensor { tensors[0].trace.apply(SumOfSquares(), tensors)[0] }
