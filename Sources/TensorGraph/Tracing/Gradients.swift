/// The gradients of a scalar by each of `variables`: reverse-mode differentiation as a rewrite of the graph.
///
/// New nodes belong to the backward phase. A variable that the scalar does not depend on has a gradient of zeros.
/// Complexity: one visit for each node of the trace.
public func gradients(of scalar: Tensor, by variables: [Tensor]) -> [Tensor] {
  let trace = scalar.trace
  if scalar.type.count != 1 { trace.fail("gradients need a scalar, found \(scalar.type)") }
  let seed = trace.constant(1, shape: scalar.shape)
  return gradients(of: [scalar], cotangents: [seed], by: variables)
}

/// The gradients of several values by each of `variables`, given the gradient of the loss by each value.
func gradients(of values: [Tensor], cotangents: [Tensor], by variables: [Tensor]) -> [Tensor] {
  guard let trace = values.first?.trace else { return [] }
  let outerPhase = trace.phase
  if outerPhase == .forward { trace.phase = .backward }
  defer { trace.phase = outerPhase }

  var flowing: [ValueID: Tensor] = [:]
  func accumulate(_ cotangent: Tensor, at value: ValueID) {
    flowing[value] = flowing[value].map { $0 + cotangent } ?? cotangent
  }
  for (value, cotangent) in zip(values, cotangents) { accumulate(cotangent, at: value.id) }

  let needed = dependents(of: variables.map(\.id), in: trace.program.graph)
  let last = values.map(\.id.node).max() ?? 0
  for index in stride(from: last, through: 0, by: -1) where needed[index] {
    let node = trace.program.graph.nodes[index]
    let ids = node.results.indices.map { ValueID(node: index, result: $0) }
    guard ids.contains(where: { flowing[$0] != nil }) else { continue }
    let handle = { (id: ValueID) in Tensor(type: trace.program.graph.type(id), id: id, trace: trace) }
    let rule = Differentiation(
      operands: node.operands.map(handle), results: ids.map(handle), cotangents: ids.map { flowing[$0] })
    for (operand, cotangent) in zip(node.operands, node.operation.gradient(rule)) {
      guard let cotangent, needed[operand.node] else { continue }
      if cotangent.shape != trace.program.graph.type(operand).shape {
        trace.fail(
          "the gradient of \(type(of: node.operation).name) by an operand \(trace.program.graph.type(operand)) "
            + "came out as \(cotangent.type)")
      }
      accumulate(cotangent, at: operand)
    }
  }
  return variables.map { flowing[$0.id] ?? trace.constant(0, shape: $0.shape) }
}

/// For each node, whether it depends on one of `values` or gives one.
private func dependents(of values: [ValueID], in graph: Graph) -> [Bool] {
  var result = [Bool](repeating: false, count: graph.nodes.count)
  for value in values { result[value.node] = true }
  for (index, node) in graph.nodes.enumerated() where node.operands.contains(where: { result[$0.node] }) {
    result[index] = true
  }
  return result
}
