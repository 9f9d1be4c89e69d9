/// Rotary position embedding: pairs of elements of each head are turned by an angle of their position.
///
/// Operands: `x[B, T, H, D]`, `cosine[P, D / 2]` and `sine[P, D / 2]` of the angles of P positions, and
/// `positions[T]` or `positions[B, T]`. Source: Su et al., "RoFormer", 2021.
public struct Rotary: Operation {
  /// The name in messages and profiles.
  public static let name = "rotary"
  /// Whether a pair is `(2 i, 2 i + 1)`, as in the paper, or `(i, i + D / 2)`, as in Llama.
  public let interleaved: Bool
  /// Whether to turn backwards, which is the gradient.
  public let inverse: Bool

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 4 && operands[0].rank == 4 && operands[0].scalar == .f32 && operands[3].scalar == .i32,
      "needs x[B, T, H, D], cosine, sine and positions")
    let s = operands[0].shape
    try require(s[3] % 2 == 0, "the head size \(s[3]) is odd")
    try require(
      operands[1].rank == 2 && operands[1].shape[0] > 0 && operands[1].shape[1] == s[3] / 2
        && operands[2] == operands[1],
      "cosine and sine are [positions, \(s[3] / 2)]")
    try require(
      operands[3].shape == [s[1]] || operands[3].shape == [s[0], s[1]], "positions are [\(s[1])] or [\(s[0]), \(s[1])]")
    return [operands[0]]
  }

  /// The same results by simpler operations.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? {
    let x = operands[0]
    let half = x.size(3) / 2
    let lead: [Int] = Array(x.shape.dropLast())
    let batch = operands[3].rank == 2 ? x.size(0) : 1
    let cosine = operands[1].gather(operands[3]).reshape([batch, x.size(1), 1, half])
    let sine = operands[2].gather(operands[3]).reshape([batch, x.size(1), 1, half])
    let paired: [Int] = lead + (interleaved ? [half, 2] : [2, half])
    let pairs = x.reshape(paired)
    let axis = interleaved ? 4 : 3
    let flat: [Int] = lead + [half]
    let parts = pairs.split(axis: axis, [1, 1]).map { $0.reshape(flat) }
    let (a, b) = (parts[0], parts[1])
    let turn = inverse ? -sine : sine
    let first: Tensor = a * cosine - b * turn
    let second: Tensor = b * cosine + a * turn
    let single: [Int] = lead + (interleaved ? [half, 1] : [1, half])
    let both = [first.reshape(single), second.reshape(single)]
    return [concatenate(both, axis: axis).reshape(x.shape)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    let back = Rotary(interleaved: interleaved, inverse: !inverse)
    return [node.cotangents[0].map { $0.trace.apply(back, [$0] + node.operands.dropFirst())[0] }, nil, nil, nil]
  }

  /// Uses that cover every variant.
  public static let samples: [Sample] = {
    let cosine = SampleOperand.exactly((0..<30).map { Double($0) / 30 }, [6, 5])
    let sine = SampleOperand.exactly((0..<30).map { 1 - Double($0) / 40 }, [6, 5])
    var samples: [Sample] = []
    for (interleaved, inverse) in [(false, false), (false, true), (true, false), (true, true)] {
      for positions in [SampleOperand.index(3, below: 6), .index(2, 3, below: 6)] {
        let operation = Rotary(interleaved: interleaved, inverse: inverse)
        samples.append(Sample(operation, [.normal(2, 3, 2, 10), cosine, sine, positions]))
      }
    }
    return samples
  }()
}

extension Tensor {
  /// Turns the pairs of each head of this tensor `[B, T, H, D]`; see `Rotary` for the shapes.
  public func rotary(cosine: Tensor, sine: Tensor, positions: Tensor, interleaved: Bool = false) -> Tensor {
    trace.apply(Rotary(interleaved: interleaved, inverse: false), [self, cosine, sine, positions])[0]
  }
}
