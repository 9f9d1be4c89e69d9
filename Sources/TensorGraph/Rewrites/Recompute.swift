extension Program {
  /// The program in which the backward pass computes the values inside of recomputation regions anew, from what flows
  /// into the region, instead of keeping them: less memory for about a third more arithmetic.
  ///
  /// A region is what `Trace.recomputable` marked, usually one layer. The clones stand right before the first backward
  /// node that needs one of the region's values. Run it after common subexpressions are merged, or these will merge
  /// the clones again. Source: Chen et al., "Training deep nets with sublinear memory cost", 2016.
  /// Complexity: linear in the size of the graph.
  public func recomputingActivations() -> Program {
    var clones: [ValueID: ValueID] = [:]
    return rewritten { index, node, rewriter in
      guard node.phase != .forward, node.region == 0 else { return rewriter.copy(index, node) }
      var node = node
      node.operands = node.operands.map { operand in
        let source = graph.nodes[operand.node]
        guard source.phase == .forward, source.region != 0, !(source.operation is Input) else {
          return rewriter.new(operand)
        }
        return clone(operand, &clones, &rewriter)
      }
      rewriter.replace(index, by: rewriter.append(node))
    }
  }

  /// The recomputed twin of a value in a region, made with all that it needs from within its region.
  private func clone(_ value: ValueID, _ clones: inout [ValueID: ValueID], _ rewriter: inout Rewriter) -> ValueID {
    if let known = clones[value] { return known }
    let region = graph.nodes[value.node].region
    // The nodes to clone, found backwards and emitted forwards: deep regions need no recursion.
    var needed = Set<Int>()
    var pending = [value.node]
    while let node = pending.popLast() {
      if !needed.insert(node).inserted { continue }
      for operand in graph.nodes[node].operands
      where graph.nodes[operand.node].region == region && clones[operand] == nil {
        pending.append(operand.node)
      }
    }
    for index in needed.sorted() {
      var node = graph.nodes[index]
      node.operands = node.operands.map { clones[$0] ?? rewriter.new($0) }
      node.phase = .backward
      node.region = 0
      for (result, new) in rewriter.append(node).enumerated() {
        clones[ValueID(node: index, result: result)] = new
      }
    }
    return clones[value] ?? rewriter.new(value)
  }
}
