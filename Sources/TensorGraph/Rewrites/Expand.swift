extension Program {
  /// The program with the nodes that `needsExpansion` picks replaced by their decompositions, again and again until
  /// none is left; an operation of the basis that is picked stays.
  ///
  /// Throws: `MartletError(.shape)` when a decomposition does not fit. Complexity: linear in the size of the result.
  public func expanding(_ needsExpansion: (any Operation) -> Bool) throws -> Program {
    guard graph.nodes.contains(where: { needsExpansion($0.operation) }) else { return self }
    var failure: (any Error)?
    let expanded = rewritten { index, node, rewriter in
      guard needsExpansion(node.operation) else { return rewriter.copy(index, node) }
      do {
        let trace = Trace()
        let inputs = node.operands.enumerated().map { trace.input("\($0.offset)", graph.type($0.element)) }
        guard let results = node.operation.decomposition(inputs) else { return rewriter.copy(index, node) }
        for (number, result) in results.enumerated() { trace.output("\(number)", result) }
        let part = try trace.finish().removingDeadCode().simplified().mergingCommonSubexpressions()
          .removingDeadCode().expanding(needsExpansion)
        var values: [ValueID: ValueID] = [:]
        for (input, operand) in zip(part.inputs, node.operands) { values[input.value] = rewriter.new(operand) }
        for (number, inner) in part.graph.nodes.enumerated() where !(inner.operation is Input) {
          var inner = inner
          inner.operands = inner.operands.compactMap { values[$0] }
          inner.phase = node.phase
          inner.region = node.region
          for (result, new) in rewriter.append(inner).enumerated() {
            values[ValueID(node: number, result: result)] = new
          }
        }
        rewriter.replace(index, by: part.outputs.compactMap { values[$0.value] })
      } catch {
        failure = failure ?? error
        rewriter.copy(index, node)
      }
    }
    if let failure { throw failure }
    return expanded
  }
}
