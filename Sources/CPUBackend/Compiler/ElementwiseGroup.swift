import TensorGraph

/// Elementwise nodes over one space of rows and columns that run as one pass over memory, behind a matrix product
/// where there is one.
struct ElementwiseGroup {
  /// The rows and columns of every value in the group: all axes but the last, and the last.
  struct Space: Hashable {
    let rows: Int
    let columns: Int

    init(_ type: TensorType) {
      columns = type.shape.last ?? 1
      rows = columns == 0 ? 0 : type.count / columns
    }
  }

  /// The node at whose place the group runs: its first, and the product where there is one.
  let anchor: Int
  let space: Space
  let phase: Phase
  /// The matrix product whose blocks the group finishes, or nil.
  let product: Int?
  /// The elementwise nodes, in order.
  var members: [Int] = []
}

/// Where an elementwise node finds the numbers of one operand.
enum ElementwiseSource {
  /// The same number everywhere.
  case constant(Double)
  /// The value of another node, through views.
  case value(ValueID, ElementwiseProgram.Access)
}

extension ElementwiseProgram.Access {
  /// How a tensor of shape `source` is read where it is broadcast to `target`, or nil where rows and columns with one
  /// stride each cannot say it.
  init?(broadcasting source: [Int], to target: [Int]) {
    guard let columns = target.last else {
      self = .scalar
      return
    }
    let padded = [Int](repeating: 1, count: target.count - source.count) + source
    let lead = target.count - 1
    let hasColumns = padded[lead] == columns && columns != 1
    // The axes in which the source varies must be neighbours: rows / divisor % modulus then counts through them.
    let varying = (0..<lead).filter { padded[$0] != 1 }
    guard let first = varying.first, let last = varying.last else {
      self.init(rowStride: 0, columnStride: hasColumns ? 1 : 0)
      return
    }
    guard (first...last).allSatisfy({ padded[$0] == target[$0] }) else { return nil }
    let divisor = target[(last + 1)..<lead].reduce(1, *)
    let count = target[first...last].reduce(1, *)
    let isFirst = target[..<first].allSatisfy { $0 == 1 }
    self.init(
      rowStride: hasColumns ? columns : 1, columnStride: hasColumns ? 1 : 0, rowDivisor: divisor,
      rowModulus: isFirst ? 0 : count)
  }
}

extension Operation {
  /// Whether the operation works on elements one by one, so that it can join a group.
  var isElementwise: Bool {
    switch self {
    case is Unary, is Binary, is Compare, is Select, is Convert, is ActivationGradient, is Dropout: true
    default: false
    }
  }
}
