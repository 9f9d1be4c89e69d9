extension Program {
  /// The program without nodes that neither outputs nor updates depend on; its interface stays.
  ///
  /// Complexity: linear in the size of the graph.
  public func removingDeadCode() -> Program {
    var live = [Bool](repeating: false, count: graph.nodes.count)
    for value in roots + states.map(\.value) + inputs.map(\.value) { live[value.node] = true }
    for index in graph.nodes.indices.reversed() where live[index] {
      for operand in graph.nodes[index].operands { live[operand.node] = true }
    }
    return rewritten { index, node, rewriter in
      if live[index] { rewriter.copy(index, node) }
    }
  }
}
