import Glibc
import TensorGraph

/// Fills memory with values that need no input, or a random key only.
package enum FillKernels {
  private static let tile = 16 * 1024

  private static func overTiles(_ count: Int, _ body: @escaping (_ start: Int, _ end: Int) -> Void) -> [Launch] {
    [
      Launch(tiles: (count + tile - 1) / tile) { index, _ in
        body(index * tile, min(count, (index + 1) * tile))
      }
    ]
  }

  /// `count` times the same number, converted as an elementwise program stores it.
  package static func constant(
    _ number: Double, _ scalar: ScalarType, count: Int, to output: UnsafeMutableRawPointer
  ) -> [Launch] {
    // Integers beyond what single precision holds are exact all the same.
    switch scalar {
    case .i64:
      let value = number >= 0x1p63 ? Int64.max : number <= -0x1p63 || number.isNaN ? Int64.min : Int64(number)
      let p = output.assumingMemoryBound(to: Int64.self)
      return overTiles(count) { start, end in (p + start).update(repeating: value, count: end - start) }
    case .i32:
      let value = Int32(max(-0x1p31, min(0x1p31 - 1, number.isNaN ? 0 : number)))
      let p = output.assumingMemoryBound(to: Int32.self)
      return overTiles(count) { start, end in (p + start).update(repeating: value, count: end - start) }
    case .f32:
      let value = Float(number)
      let p = output.assumingMemoryBound(to: Float.self)
      return overTiles(count) { start, end in (p + start).update(repeating: value, count: end - start) }
    default:
      var program = ElementwiseProgram(rows: 1, columns: count)
      program.store(program.constant(Float(number)), to: output, rowStride: count, storage: scalar)
      return ElementwiseKernel(program).launches()
    }
  }

  /// The whole numbers along one axis of [outer, size, inner].
  package static func iota(
    outer: Int, size: Int, inner: Int, _ scalar: ScalarType, to output: UnsafeMutableRawPointer
  ) -> [Launch] {
    overTiles(outer * size * inner) { start, end in
      for index in start..<end {
        let number = index / inner % size
        switch scalar {
        case .i32: output.assumingMemoryBound(to: Int32.self)[index] = Int32(truncatingIfNeeded: number)
        case .i64: output.assumingMemoryBound(to: Int64.self)[index] = Int64(number)
        case .f32: output.assumingMemoryBound(to: Float.self)[index] = Float(number)
        default:
          var value = Float(number)
          store(scalar, &value, output + index * scalar.byteCount, 1)
        }
      }
    }
  }

  /// Numbers uniform in [low, high): number i from word `i % 4` of block `i / 4` of the key, which is read when the
  /// launch runs.
  package static func uniform(
    low: Float, high: Float, count: Int, key: UnsafePointer<UInt32>, stream: UInt32 = 0,
    to output: UnsafeMutablePointer<Float>
  ) -> [Launch] {
    let (base, span) = (Vector(repeating: low), Vector(repeating: high - low))
    let top = Vector(repeating: high > low ? high.nextDown : high)
    return overTiles(count) { start, end in
      var index = start
      while index < end {
        let (first, second) = randomWords(low: key[0], high: key[1], counter: UInt64(index / 4), stream: stream)
        let a = smaller(multiplyAdd(unitNumbers(first), span, base), top)
        let b = smaller(multiplyAdd(unitNumbers(second), span, base), top)
        if index + 16 <= end {
          a.store(to: output + index)
          b.store(to: output + index + 8)
        } else {
          a.store(to: output + index, count: min(8, end - index))
          b.store(to: output + index + 8, count: max(0, end - index - 8))
        }
        index += 16
      }
    }
  }

  /// Normally distributed numbers: a pair from each pair of words, by the method of Box and Muller (1958).
  package static func normal(
    mean: Float, deviation: Float, count: Int, key: UnsafePointer<UInt32>, stream: UInt32 = 0,
    to output: UnsafeMutablePointer<Float>
  ) -> [Launch] {
    overTiles(count) { start, end in
      var index = start
      while index < end {
        let (first, second) = randomWords(low: key[0], high: key[1], counter: UInt64(index / 4), stream: stream)
        let words = SIMD16(lowHalf: first, highHalf: second)
        // 1 - u is in (0, 1], so that its logarithm is finite.
        let radius = squareRoot(logarithm(1 - unitNumbers(words.evenHalf)) * -2) * deviation
        let (sine, cosine) = sineAndCosine(unitNumbers(words.oddHalf) * 6.283_185_5)
        var pairs = SIMD16<Float>()
        pairs.evenHalf = multiplyAdd(radius, cosine, Vector(repeating: mean))
        pairs.oddHalf = multiplyAdd(radius, sine, Vector(repeating: mean))
        pairs.lowHalf.store(to: output + index, count: min(8, end - index))
        pairs.highHalf.store(to: output + index + 8, count: max(0, min(8, end - index - 8)))
        index += 16
      }
    }
  }
}
