extension Program {
  /// The program with equal operations on equal operands computed once.
  ///
  /// Equality is decided by the operation's value, so that random operations with one key and stream are equal too.
  /// Complexity: linear in the size of the graph.
  public func mergingCommonSubexpressions() -> Program {
    struct Key: Hashable {
      let operation: AnyHashable
      let operands: [ValueID]
    }
    var known: [Key: [ValueID]] = [:]
    return rewritten { index, node, rewriter in
      if node.operation is Input { return rewriter.copy(index, node) }
      let key = Key(operation: AnyHashable(node.operation), operands: node.operands.map(rewriter.new))
      if let values = known[key] { return rewriter.replace(index, by: values) }
      rewriter.copy(index, node)
      known[key] = node.results.indices.map { ValueID(node: rewriter.graph.nodes.count - 1, result: $0) }
    }
  }
}
