/// Builds a new graph from an old one, node by node, with a map from old values to new ones.
package struct Rewriter {
  package private(set) var graph = Graph()
  /// For each old node, the new values of its results; empty where it has not been emitted.
  private var values: [[ValueID]]

  init(_ old: Graph) { values = [[ValueID]](repeating: [], count: old.nodes.count) }

  /// The new value of an old one that has been emitted.
  package func new(_ old: ValueID) -> ValueID { values[old.node][old.result] }

  /// Appends a node whose operands are values of the new graph.
  @discardableResult
  package mutating func append(_ node: Node) -> [ValueID] {
    graph.nodes.append(node)
    return node.results.indices.map { ValueID(node: graph.nodes.count - 1, result: $0) }
  }

  /// Appends an old node with its operands renamed and remembers its results.
  package mutating func copy(_ index: Int, _ node: Node) {
    var node = node
    node.operands = node.operands.map(new)
    values[index] = append(node)
  }

  /// Lets an old node's results stand for values of the new graph.
  package mutating func replace(_ index: Int, by new: [ValueID]) { values[index] = new }
}

extension Program {
  /// A program in which each node has gone through `emit`, which appends what stands for it.
  package func rewritten(_ emit: (_ index: Int, _ node: Node, _ rewriter: inout Rewriter) -> Void) -> Program {
    var rewriter = Rewriter(graph)
    for (index, node) in graph.nodes.enumerated() { emit(index, node, &rewriter) }
    var program = self
    program.graph = rewriter.graph
    program.renameInterface(rewriter.new)
    return program
  }
}
