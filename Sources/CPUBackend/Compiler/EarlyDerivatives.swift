import TensorGraph

extension Program {
  /// The program with the derivative of an activation computed beside the activation, and kept instead of its operand.
  ///
  /// Both take little longer than one of them, and the gradient becomes a product. Where something else needs the operand
  /// in memory, nothing changes, because then there would be one value more to keep.
  func computingDerivativesEarly() -> Program {
    let interface = Set(roots.map(graph.base))
    var activations: [ValueID: Int] = [:]  // by operand
    var gradients: [ValueID: [Int]] = [:]
    var others = Set<ValueID>()
    for (index, node) in graph.nodes.enumerated() {
      if let unary = node.operation as? Unary, unary.function.isWorthDifferentiatingEarly,
        activations[node.operands[0]] == nil
      {
        activations[node.operands[0]] = index
      } else if node.operation is ActivationGradient {
        gradients[node.operands[0], default: []].append(index)
        others.insert(graph.base(node.operands[1]))
      } else if !(node.operation is Reshape) {
        others.formUnion(node.operands.map(graph.base))
      }
    }
    let chosen = activations.filter { operand, activation in
      guard let users = gradients[operand], let unary = graph.nodes[activation].operation as? Unary,
        !others.contains(graph.base(operand)), !interface.contains(graph.base(operand)), graph.base(operand) == operand
      else { return false }
      return users.allSatisfy {
        $0 > activation && graph.nodes[$0].phase != graph.nodes[activation].phase
          && (graph.nodes[$0].operation as? ActivationGradient)?.function == unary.function
      }
    }
    let operandOfActivation = Dictionary(uniqueKeysWithValues: chosen.map { ($1, $0) })
    var derivatives: [ValueID: ValueID] = [:]  // of old operands, in the new graph
    return rewritten { index, node, rewriter in
      if let operand = operandOfActivation[index], let unary = node.operation as? Unary {
        rewriter.copy(index, node)
        func append(_ operation: any Operation, _ operands: [ValueID]) -> ValueID {
          rewriter.append(Node(operation, operands, node.results, phase: node.phase, region: node.region))[0]
        }
        let one = append(Fill(value: 1, type: node.results[0]), [])
        derivatives[operand] = append(ActivationGradient(function: unary.function), [rewriter.new(operand), one])
      } else if node.operation is ActivationGradient, let derivative = derivatives[node.operands[0]] {
        let product = Node(
          Binary(function: .multiply), [derivative, rewriter.new(node.operands[1])], node.results, phase: node.phase,
          region: node.region)
        rewriter.replace(index, by: rewriter.append(product))
      } else {
        rewriter.copy(index, node)
      }
    }
  }
}

extension UnaryFunction {
  /// Whether the function and its derivative share most of their work.
  fileprivate var isWorthDifferentiatingEarly: Bool { [.geluTanh, .geluErf, .silu].contains(self) }
}
