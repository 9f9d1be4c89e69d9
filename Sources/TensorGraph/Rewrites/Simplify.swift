extension Program {
  /// The program with identities taken out: broadcasts of constants, reshapes of reshapes, products with 1, sums with
  /// 0, and a table of zeros that takes rows before it is added to another.
  ///
  /// Complexity: linear in the size of the graph.
  public func simplified() -> Program {
    rewritten { index, node, rewriter in
      let operands = node.operands.map(rewriter.new)
      if let value = identity(of: node, operands, in: rewriter.graph) {
        return rewriter.replace(index, by: [value])
      }
      var node = node
      node.operands = operands
      rewriter.replace(index, by: rewriter.append(simpler(node, in: rewriter.graph)))
    }
  }

  /// The value that a node merely repeats, or nil.
  private func identity(of node: Node, _ operands: [ValueID], in graph: Graph) -> ValueID? {
    func isFill(_ value: ValueID, _ number: Double) -> Bool {
      (graph.nodes[value.node].operation as? Fill)?.value == number
    }
    switch node.operation {
    case is Reshape, is Broadcast, is Convert:
      return graph.type(operands[0]) == node.results[0] ? operands[0] : nil
    case let binary as Binary:
      switch binary.function {
      case .add:
        return isFill(operands[0], 0) ? operands[1] : isFill(operands[1], 0) ? operands[0] : nil
      case .subtract: return isFill(operands[1], 0) ? operands[0] : nil
      case .multiply:
        return isFill(operands[0], 1) ? operands[1] : isFill(operands[1], 1) ? operands[0] : nil
      case .divide: return isFill(operands[1], 1) ? operands[0] : nil
      default: return nil
      }
    default: return nil
    }
  }

  /// A node that gives the same and costs less, or the node itself.
  private func simpler(_ node: Node, in graph: Graph) -> Node {
    var node = node
    guard let first = node.operands.first.map({ graph.nodes[$0.node] }) else { return node }
    switch node.operation {
    case is Broadcast, is Reshape:
      if let fill = first.operation as? Fill {
        node.operation = Fill(value: fill.value, type: node.results[0])
        node.operands = []
      } else if node.operation is Reshape, first.operation is Reshape {
        node.operands = first.operands
      }
    case let binary as Binary where binary.function == .add:
      // A gradient that flows into one table from several uses: rows are added to the other's sum in place.
      for (table, other) in [(0, 1), (1, 0)] {
        let scatter = graph.nodes[node.operands[table].node]
        if scatter.operation is ScatterAdd, let fill = graph.nodes[scatter.operands[0].node].operation as? Fill,
          fill.value == 0
        {
          node.operation = ScatterAdd()
          node.operands = [node.operands[other]] + scatter.operands.dropFirst()
          return node
        }
      }
    default: break
    }
    return node
  }
}
