extension Program {
  /// The program in which outputs and updates that are inputs or old values of states are copies of these, so that
  /// writing a new value in place does not change them.
  ///
  /// Complexity: linear in the size of the interface.
  public func copyingInputs() -> Program {
    var program = self
    var copies: [ValueID: ValueID] = [:]
    func copy(_ value: ValueID) -> ValueID {
      guard program.graph.nodes[program.graph.base(value).node].operation is Input else { return value }
      if let known = copies[value] { return known }
      let type = program.graph.type(value)
      program.graph.nodes.append(Node(Convert(scalar: type.scalar), [value], [type], phase: .update))
      let new = ValueID(node: program.graph.nodes.count - 1)
      copies[value] = new
      return new
    }
    for i in states.indices { program.states[i].update = states[i].update.map(copy) }
    for i in outputs.indices { program.outputs[i].value = copy(outputs[i].value) }
    return program
  }
}
