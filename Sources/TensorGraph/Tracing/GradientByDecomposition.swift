extension Operation {
  /// The gradient rule of a composite operation without one of its own: that of its decomposition.
  func gradientByDecomposition(_ node: Differentiation) -> [Tensor?] {
    guard let results = decomposition(node.operands) else { return node.operands.map { _ in nil } }
    let flowing = zip(results, node.cotangents).compactMap { result, cotangent in cotangent.map { (result, $0) } }
    let floating = node.operands.indices.filter { node.operands[$0].type.scalar == .f32 }
    let found = gradients(of: flowing.map(\.0), cotangents: flowing.map(\.1), by: floating.map { node.operands[$0] })
    var cotangents = [Tensor?](repeating: nil, count: node.operands.count)
    for (index, gradient) in zip(floating, found) { cotangents[index] = gradient }
    return cotangents
  }
}
