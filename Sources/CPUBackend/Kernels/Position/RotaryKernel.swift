/// Rotary position embedding: turns pairs of elements of each head by an angle of the token's position.
///
/// Source: Su et al., "RoFormer", 2021.
package struct RotaryKernel: Sendable {
  package let batch: Int
  package let tokens: Int
  package let heads: Int
  package let headSize: Int
  /// The number of positions that the tables hold; positions beyond are clamped.
  package let positions: Int
  /// Whether a pair is (2 i, 2 i + 1), or (i, i + headSize / 2).
  package let interleaved: Bool
  /// Whether to turn backwards, which is the gradient.
  package let inverse: Bool

  package init(
    batch: Int, tokens: Int, heads: Int, headSize: Int, positions: Int, interleaved: Bool, inverse: Bool
  ) {
    self.batch = batch
    self.tokens = tokens
    self.heads = heads
    self.headSize = headSize
    self.positions = positions
    self.interleaved = interleaved
    self.inverse = inverse
  }

  /// Turns `input` into `output`, which may be the same memory with the same strides.
  ///
  /// `cosine` and `sine` are [positions, headSize / 2]; `indices` is [tokens], or [batch, tokens] with `perSequence`.
  package func launches(
    input: AttentionKernel.View, output: AttentionKernel.View, cosine: UnsafePointer<Float>,
    sine: UnsafePointer<Float>, indices: UnsafePointer<Int32>, perSequence: Bool
  ) -> [Launch] {
    let half = headSize / 2
    let together = max(1, 8 * 1024 / max(1, heads * headSize))
    let count = batch * tokens
    return [
      Launch(tiles: (count + together - 1) / together) { tile, _ in
        for index in tile * together..<min(count, (tile + 1) * together) {
          let (sequence, token) = (index / tokens, index % tokens)
          let position = max(0, min(positions - 1, Int(indices[perSequence ? index : token])))
          for head in 0..<heads {
            turn(
              input.at(sequence, token, head), output.at(sequence, token, head), cosine + position * half,
              sine + position * half, half)
          }
        }
      }
    ]
  }

  @inline(__always)
  private func turn(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ cosine: UnsafePointer<Float>,
    _ sine: UnsafePointer<Float>, _ half: Int
  ) {
    let sign = Vector(repeating: inverse ? -1 : 1)
    var index = 0
    while index + 8 <= half {
      let c = Vector(at: cosine + index)
      let s = Vector(at: sine + index) * sign
      if interleaved {
        let pairs = SIMD16(lowHalf: Vector(at: x + 2 * index), highHalf: Vector(at: x + 2 * index + 8))
        let (a, b) = (pairs.evenHalf, pairs.oddHalf)
        var turned = SIMD16<Float>()
        turned.evenHalf = a * c - b * s
        turned.oddHalf = b * c + a * s
        turned.lowHalf.store(to: y + 2 * index)
        turned.highHalf.store(to: y + 2 * index + 8)
      } else {
        let (a, b) = (Vector(at: x + index), Vector(at: x + half + index))
        (a * c - b * s).store(to: y + index)
        (b * c + a * s).store(to: y + half + index)
      }
      index += 8
    }
    while index < half {
      let (first, second) = interleaved ? (2 * index, 2 * index + 1) : (index, half + index)
      let (a, b) = (x[first], x[second])
      let (c, s) = (cosine[index], sine[index] * sign[0])
      y[first] = a * c - b * s
      y[second] = b * c + a * s
      index += 1
    }
  }
}
