import TensorGraph

/// Attention whose queries, keys and values are read straight from one packed projection `[..., (H + 2 K) D]`.
///
/// Operands: the projection, then attention's optional operands; results as attention's.
struct PackedAttention: Lowered {
  static let name = "attention"
  let attention: Attention
  /// The types of the queries `[B, T, H, D]` and of the keys `[B, T, K, D]`.
  let queries: TensorType
  let keys: TensorType

  func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try attention.resultTypes([queries, keys, keys] + operands.dropFirst())
  }

  /// Where queries, keys and values lie in packed memory.
  func views(_ pointer: UnsafeMutablePointer<Float>) -> [AttentionKernel.View] {
    let (tokens, size) = (queries.shape[1], queries.shape[3])
    let (own, shared) = (queries.shape[2] * size, keys.shape[2] * size)
    let row = own + 2 * shared
    return [0, own, own + shared].map {
      .init(pointer + $0, batchStride: tokens * row, tokenStride: row, headStride: size)
    }
  }

  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let types = [queries, keys, keys] + operands.dropFirst()
    return Kernel(flops: 2 * AttentionKernel.productFlops(attention, types)) { p in
      let packed = views(p.input(0))
      return AttentionKernel(attention, types, p.unpacked).forward(
        q: packed[0], k: packed[1], v: packed[2], output: .init(p.output(0), of: results[0]), logSumExp: p.output(1))
    }
  }

  static let samples: [Sample] = []
}

/// The gradient of packed attention, written straight into the projection's cotangent.
struct PackedAttentionGradient: Lowered {
  static let name = "attention_gradient"
  let packed: PackedAttention

  func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] { [operands[0]] }

  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let attention = packed.attention
    let types = [packed.queries, packed.keys, packed.keys] + operands.dropFirst()
    let count = attention.operandCount - 2
    return Kernel(flops: 5 * AttentionKernel.productFlops(attention, types)) { p in
      let (source, target) = (packed.views(p.input(0)), packed.views(p.output(0)))
      return AttentionKernel(attention, types, p.unpacked).backward(
        q: source[0], k: source[1], v: source[2], output: .init(p.input(count), of: packed.queries),
        logSumExp: UnsafePointer(p.input(count + 1)), outputGradient: .init(p.input(count + 2), of: packed.queries),
        queryGradient: target[0], keyGradient: target[1], valueGradient: target[2])
    }
  }

  static let samples: [Sample] = []
}

extension Pointers {
  /// The pointers as if the packed projection were three operands, for the optional operands behind it.
  fileprivate var unpacked: Pointers {
    Pointers(operands: [operands[0], operands[0]] + operands, results: results, workspace: workspace)
  }
}

extension Program {
  /// The program with attention reading from packed projections, and its gradient writing to them, where queries, keys
  /// and values are the parts of one split.
  func packingAttention() -> Program {
    let users = graph.users()
    let interface = Set(roots.map(graph.base))
    var gradients: [Int: Int] = [:]  // the concatenation that takes a gradient's results, and the gradient
    for (index, node) in graph.nodes.enumerated() where node.operation is Concatenate {
      let source = graph.base(node.operands[0]).node
      guard let gradient = graph.nodes[source].operation as? AttentionGradient, !gradient.attention.hasBias,
        graph.packedSource(graph.nodes[source].operands, gradient.attention) != nil,
        node.operands.map(graph.base) == (0..<3).map({ ValueID(node: source, result: $0) }),
        (node.operation as? Concatenate)?.axis == node.results[0].rank - 1,
        (0..<3).map({ ValueID(node: source, result: $0) })
          .allSatisfy({ users[$0] == [index] && !interface.contains($0) })
      else { continue }
      gradients[index] = source
    }
    let packedGradients = Set(gradients.values)
    var made: [Int: ValueID] = [:]
    return rewritten { index, node, rewriter in
      let new = node.operands.dropFirst(3)
      if let attention = node.operation as? Attention, let packed = graph.packedSource(node.operands, attention) {
        let operands = [rewriter.new(packed.source)] + new.map(rewriter.new)
        let results = rewriter.append(
          Node(packed.operation, operands, node.results, phase: node.phase, region: node.region))
        rewriter.replace(index, by: results)
      } else if packedGradients.contains(index), let gradient = node.operation as? AttentionGradient,
        let packed = graph.packedSource(node.operands, gradient.attention)
      {
        let operands = [rewriter.new(packed.source)] + new.map(rewriter.new)
        let type = graph.type(packed.source)
        made[index] =
          rewriter.append(
            Node(PackedAttentionGradient(packed: packed.operation), operands, [type], phase: node.phase))[0]
      } else if let gradient = gradients[index], let value = made[gradient] {
        let view = Node(Reshape(shape: node.results[0].shape), [value], node.results, phase: node.phase)
        rewriter.replace(index, by: rewriter.append(view))
      } else if node.operation is Reshape, packedGradients.contains(graph.base(node.operands[0]).node) {
        return  // a view of a part that is no longer made
      } else {
        rewriter.copy(index, node)
      }
    }
  }
}

extension Graph {
  /// The nodes that read each value, through reshapes.
  fileprivate func users() -> [ValueID: Set<Int>] {
    var users: [ValueID: Set<Int>] = [:]
    for (index, node) in nodes.enumerated() where !(node.operation is Reshape) {
      for operand in node.operands { users[base(operand), default: []].insert(index) }
    }
    return users
  }

  /// The packed projection that queries, keys and values are the three parts of, if they are.
  fileprivate func packedSource(
    _ operands: [ValueID], _ attention: Attention
  ) -> (source: ValueID, operation: PackedAttention)? {
    let parts = operands.prefix(3).map(base)
    guard let split = nodes[parts[0].node].operation as? Split,
      parts == (0..<3).map({ ValueID(node: parts[0].node, result: $0) }), split.lengths.count == 3
    else { return nil }
    let source = nodes[parts[0].node].operands[0]
    let (queries, keys) = (type(operands[0]), type(operands[1]))
    guard split.axis == type(source).rank - 1, queries.shape[1] == keys.shape[1],
      split.lengths[0] == queries.shape[2] * queries.shape[3], split.lengths[1] == keys.shape[2] * keys.shape[3]
    else { return nil }
    return (source, PackedAttention(attention: attention, queries: queries, keys: keys))
  }
}
