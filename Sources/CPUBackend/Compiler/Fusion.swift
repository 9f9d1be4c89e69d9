import TensorGraph

/// Decides which elementwise nodes run together, and which values of a graph are mere views of others.
struct Fusion {
  let graph: Graph
  private(set) var groups: [ElementwiseGroup] = []
  /// The group of each node that is in one, as a member or as its product.
  private(set) var groupOf: [Int: Int] = [:]
  /// Views and constants that somebody reads from memory.
  private(set) var materialized = Set<ValueID>()

  /// More would overflow the first-level cache with registers.
  private static let largestGroup = 24

  init(_ graph: Graph) {
    self.graph = graph
    for (index, node) in graph.nodes.enumerated() {
      if node.operation is TensorGraph.MatMul, Self.isSingle(node) {
        start(at: index, product: index)
      } else if graph.isElementwise(node) {
        place(index, node)
      }
      if !graph.isElementwise(node) && !(node.operation is Reshape) {
        let reads = node.operation is Broadcast ? [] : node.operands
        for operand in reads { materialize(operand) }
      }
    }
  }

  /// Marks a value as read from memory by something other than an elementwise group.
  mutating func materialize(_ value: ValueID) {
    let value = base(value)
    let operation = graph.nodes[value.node].operation
    guard operation is Broadcast || operation is Fill, materialized.insert(value).inserted else { return }
    if let source = graph.nodes[value.node].operands.first { materialize(source) }
  }

  /// The value whose memory a value lies in: reshapes are views.
  func base(_ value: ValueID) -> ValueID { graph.base(value) }

  /// Where a node of the space of `value` finds that value's numbers.
  func source(_ value: ValueID) -> ElementwiseSource {
    let base = base(value)
    let node = graph.nodes[base.node]
    if let fill = node.operation as? Fill { return .constant(fill.value) }
    // A broadcast is folded into how its source is read, unless a reshape lies between.
    if node.operation is Broadcast, base == value {
      let operand = node.operands[0]
      let source = self.base(operand)
      if let fill = graph.nodes[source.node].operation as? Fill { return .constant(fill.value) }
      if let access = ElementwiseProgram.Access(broadcasting: graph.type(operand).shape, to: graph.type(value).shape) {
        return .value(source, access)
      }
    }
    return .value(base, .full(rowStride: ElementwiseGroup.Space(graph.type(value)).columns))
  }

  /// Whether a product is one of matrices, not a batch of several.
  private static func isSingle(_ node: Node) -> Bool {
    node.results[0].shape.dropLast(2).allSatisfy { $0 == 1 }
  }

  private mutating func start(at index: Int, product: Int?) {
    let node = graph.nodes[index]
    groups.append(
      ElementwiseGroup(
        anchor: index, space: .init(node.results[0]), phase: node.phase, product: product,
        members: product == nil ? [index] : []))
    groupOf[index] = groups.count - 1
  }

  /// Puts an elementwise node into the latest group of its operands in which all other operands are known.
  private mutating func place(_ index: Int, _ node: Node) {
    let space = ElementwiseGroup.Space(node.results[0])
    let elements = elementwiseOperands(node)
    let rest = node.operands.dropFirst(elements.count)
    var sources: [ValueID] = []
    for operand in elements {
      guard case .value(let value, _) = source(operand) else { continue }
      sources.append(value)
      if graph.nodes[value.node].operation is Broadcast { materialize(value) }
    }
    for operand in rest { materialize(operand) }
    let others = sources + rest.map(base)
    let candidates = Set(sources.compactMap { groupOf[$0.node] }).sorted { groups[$0].anchor > groups[$1].anchor }
    for candidate in candidates {
      let group = groups[candidate]
      guard group.space == space, group.phase == node.phase, group.members.count < Self.largestGroup,
        reads(node, onlyInPlaceFrom: candidate),
        others.allSatisfy({ groupOf[$0.node] == candidate || position($0) < group.anchor })
      else { continue }
      groups[candidate].members.append(index)
      groupOf[index] = candidate
      return
    }
    start(at: index, product: nil)
  }

  /// Whether what a node reads of a group lies at the node's own row and column.
  private func reads(_ node: Node, onlyInPlaceFrom group: Int) -> Bool {
    elementwiseOperands(node).allSatisfy { operand in
      guard case .value(let value, let access) = source(operand), groupOf[value.node] == group else { return true }
      return access.isFull && ElementwiseGroup.Space(graph.type(value)) == ElementwiseGroup.Space(node.results[0])
    }
  }

  /// The operands that are read element by element: all but the key of dropout.
  func elementwiseOperands(_ node: Node) -> ArraySlice<ValueID> {
    node.operation is Dropout ? node.operands.prefix(1) : node.operands[...]
  }

  /// When a value is known: the place of the instruction that gives it.
  private func position(_ value: ValueID) -> Int {
    if graph.nodes[value.node].operation is Input { return -1 }
    return groupOf[value.node].map { groups[$0].anchor } ?? value.node
  }
}

extension ElementwiseProgram.Access {
  /// Whether every element is read once, in order.
  var isFull: Bool { columnStride == 1 && rowStride > 0 && rowDivisor == 1 && rowModulus == 0 }
}
