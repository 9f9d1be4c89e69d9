extension Program {
  /// The program with each cross-entropy whose gradient is taken too computed in the gradient's pass alone, where the
  /// cotangents do not depend on the losses.
  ///
  /// The gradient moves forward to where the cross-entropy stood, or to where its cotangents are known.
  /// Complexity: linear in the size of the graph for each cross-entropy.
  public func mergingCrossEntropy() -> Program {
    var program = self
    for (index, node) in graph.nodes.enumerated()
    where (node.operation as? LinearCrossEntropyGradient)?.hasWeightGradient == true {
      let losses = program.graph.nodes.firstIndex {
        $0.operation is LinearCrossEntropy && $0.operands == node.operands.dropLast()
      }
      guard let losses, losses < index, let cotangents = node.operands.last,
        !program.graph.node(cotangents.node, dependsOn: losses)
      else { continue }
      program = program.moving(losses, behind: index)
    }
    return program
  }

  /// Lets the losses that `gradient` gives stand for the losses; users of the losses between the two are put after it.
  private func moving(_ losses: Int, behind gradient: Int) -> Program {
    var waiting: [Int] = []
    var isLate = [Bool](repeating: false, count: graph.nodes.count)
    isLate[losses] = true
    return rewritten { index, node, rewriter in
      if index == losses { return }
      if index < gradient, node.operands.contains(where: { isLate[$0.node] }) {
        isLate[index] = true
        waiting.append(index)
        return
      }
      rewriter.copy(index, node)
      if index == gradient {
        rewriter.replace(losses, by: [ValueID(node: rewriter.graph.nodes.count - 1, result: 2)])
        for late in waiting { rewriter.copy(late, graph.nodes[late]) }
      }
    }
  }
}

extension Graph {
  /// Whether a node reads, directly or through others, what node `other` gives.
  func node(_ index: Int, dependsOn other: Int) -> Bool {
    guard index >= other else { return false }
    var reached = [Bool](repeating: false, count: index + 1)
    reached[other] = true
    for i in other...index where nodes[i].operands.contains(where: { $0.node >= other && reached[$0.node] }) {
      reached[i] = true
    }
    return reached[index]
  }
}
