extension Program {
  /// The program in which the gradient of a cross-entropy leaves out that of the weight where nobody reads it, as where the
  /// output layer is frozen: a third of the arithmetic, and as much memory as the weight takes.
  ///
  /// Complexity: linear in the size of the graph.
  public func leavingOutUnusedWeightGradients() -> Program {
    let used = Set(roots + graph.nodes.flatMap(\.operands))
    return rewritten { index, node, rewriter in
      guard let gradient = node.operation as? LinearCrossEntropyGradient, gradient.hasWeightGradient,
        !used.contains(ValueID(node: index, result: 1))
      else { return rewriter.copy(index, node) }
      var smaller = node
      smaller.operation = LinearCrossEntropyGradient(hasBias: gradient.hasBias, hasWeightGradient: false)
      smaller.operands = node.operands.map(rewriter.new)
      smaller.results.remove(at: 1)
      let new = rewriter.append(smaller)
      // What stands for the unused result is never asked for.
      rewriter.replace(index, by: [new[0], new[0]] + new.dropFirst())
    }
  }
}
