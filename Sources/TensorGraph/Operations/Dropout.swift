import Core

/// Zeroes elements with a probability and scales the others up: operands `x` and a random key (two i32).
///
/// Whether an element stays is a function of the key, the stream and its flat index, so that the gradient computes the
/// mask anew instead of keeping it. Source: Srivastava et al. 2014; the generator: `RandomKey`.
public struct Dropout: Operation {
  /// The name in messages and profiles.
  public static let name = "dropout"
  /// The probability of zero, from 0 up to and without 1.
  public let rate: Double
  /// Tells places in a model apart that share a key.
  public let stream: UInt32

  /// Dropout of the given rate with the masks of a stream.
  public init(rate: Double, stream: UInt32) {
    self.rate = rate
    self.stream = stream
  }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(
      operands.count == 2 && operands[0].scalar == .f32 && operands[1] == TensorType([2], .i32),
      "needs an f32 tensor and a key i32[2]")
    try require((0..<1).contains(rate), "the rate \(rate) is not in 0..<1")
    return [operands[0]]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let words = operands[1].values.map { UInt32(bitPattern: Int32($0)) }
    let key = RandomKey(low: words[0], high: words[1])
    return [
      ReferenceTensor(results[0]) { index in
        let word = key.block(UInt64(index / 4), stream: stream)[index % 4]
        return RandomKey.unit(word) < Float(rate) ? 0 : operands[0].values[index] / (1 - rate)
      }
    ]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    [node.cotangents[0].map { $0.trace.apply(self, [$0, node.operands[1]])[0] }, nil]
  }

  /// Uses that cover every variant.
  public static let samples = [0, 0.1, 0.5].flatMap { rate in
    [[9], [3, 5, 37]].map { shape in
      Sample(
        Dropout(rate: rate, stream: 3),
        [SampleOperand(type: TensorType(shape), values: .normal), .exactly([12345, -678], [2], .i32)])
    }
  }
}
