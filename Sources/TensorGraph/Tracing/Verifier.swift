import Core

/// Checks that a program is well formed: nodes read earlier values, every type is what the operation's rule gives,
/// names are unique, updates have their state's type.
///
/// Throws: `MartletError(.shape)`, naming the node. Complexity: linear in the size of the graph.
public func verify(_ program: Program) throws {
  let graph = program.graph
  func exists(_ value: ValueID, before node: Int) -> Bool {
    value.node >= 0 && value.node < node && graph.nodes[value.node].results.indices.contains(value.result)
  }
  for (index, node) in graph.nodes.enumerated() {
    let name = type(of: node.operation).name
    guard node.operands.allSatisfy({ exists($0, before: index) }) else {
      throw MartletError(.shape, "node \(index) (\(name)) reads a value that no earlier node gives")
    }
    let expected: [TensorType]
    do {
      expected = try node.operation.resultTypes(node.operands.map(graph.type))
    } catch {
      throw MartletError(.shape, "node \(index) (\(name)): \(error.message)")
    }
    if expected != node.results {
      throw MartletError(.shape, "node \(index) (\(name)) has the types \(node.results), its rule gives \(expected)")
    }
  }
  for (kind, names) in [("state", program.states.map(\.name)), ("input", program.inputs.map(\.name))] {
    var seen = Set<String>()
    for name in names where !seen.insert(name).inserted {
      throw MartletError(.shape, "the \(kind) '\(name)' is declared twice")
    }
  }
  for value in program.roots + program.states.map(\.value) + program.inputs.map(\.value)
  where !exists(value, before: graph.nodes.count) {
    throw MartletError(.shape, "the interface names a value \(value) that the graph does not have")
  }
  for state in program.states {
    if let update = state.update, graph.type(update) != graph.type(state.value) {
      throw MartletError(
        .shape, "state '\(state.name)' is \(graph.type(state.value)), its update \(graph.type(update))")
    }
  }
}
