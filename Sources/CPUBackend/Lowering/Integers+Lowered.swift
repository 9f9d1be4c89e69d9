import TensorGraph

// Whole numbers, which groups of elementwise nodes hold exactly only up to 2^24, in instructions of their own.

extension Graph {
  /// Whether a node joins a group of elementwise nodes.
  func isElementwise(_ node: Node) -> Bool { node.operation.isElementwise && !isOfIntegers(node) }

  /// Whether a node of an elementwise operation takes whole numbers to whole numbers or truth values.
  private func isOfIntegers(_ node: Node) -> Bool {
    switch node.operation {
    case is Binary, is Compare, is Select: node.operands.last.map { type($0).scalar == .i32 } ?? false
    case let convert as Convert:
      [.i32, .i64].contains(type(node.operands[0]).scalar) && !convert.scalar.isFloatingPoint
    default: false
    }
  }
}

extension TensorGraph.Binary: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    Kernel(inPlace: [(0, 0), (0, 1)]) { p in
      IntegerKernels.binary(
        .init(function), p.integers(0), p.integers(1), count: results[0].count, to: p.results[0])
    }
  }
}

extension Compare: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    Kernel { p in
      IntegerKernels.binary(
        .init(relation), p.integers(0), p.integers(1), count: results[0].count, to: p.results[0])
    }
  }
}

extension Select: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    Kernel(inPlace: [(0, 1), (0, 2)]) { p in
      IntegerKernels.select(
        UnsafePointer(p.operands[0].assumingMemoryBound(to: UInt8.self)), p.integers(1), p.integers(2),
        count: results[0].count, to: p.results[0].assumingMemoryBound(to: Int32.self))
    }
  }
}

extension Convert: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    Kernel { p in
      IntegerKernels.convert(
        p.operands[0], operands[0].scalar, count: results[0].count, to: p.results[0], results[0].scalar)
    }
  }
}

extension IntegerKernels.Function {
  /// The function of a graph; whole numbers have no power.
  init(_ function: BinaryFunction) {
    self =
      switch function {
      case .add: .add
      case .subtract: .subtract
      case .multiply, .power: .multiply
      case .divide: .divide
      case .maximum: .maximum
      case .minimum: .minimum
      }
  }

  init(_ relation: Compare.Relation) {
    self =
      switch relation {
      case .less: .less
      case .lessOrEqual: .lessOrEqual
      case .equal: .equal
      }
  }
}
