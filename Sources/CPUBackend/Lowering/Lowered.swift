import TensorGraph

/// An operation that this backend has a kernel for; elementwise operations of numbers with a fraction run in groups
/// instead.
protocol Lowered: Operation {
  /// The kernel for operands and results of these types.
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel
}

extension Operation {
  /// Whether the backend runs the operation itself, without its decomposition.
  var hasKernel: Bool { self is any Lowered || isElementwise || self is Input || self is Reshape }
}

extension TensorType {
  /// The number of rows when the last axis is taken as columns.
  var rowCount: Int { columnCount == 0 ? 0 : count / columnCount }
  /// The size of the last axis, 1 for a scalar.
  var columnCount: Int { shape.last ?? 1 }
}
