import Glibc
import TensorGraph

/// Fills memory with values that need no input.
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

  /// These numbers.
  package static func literal(_ numbers: [Float], to output: UnsafeMutableRawPointer) -> [Launch] {
    overTiles(numbers.count) { start, end in
      let target = output.assumingMemoryBound(to: Float.self)
      for index in start..<end { target[index] = numbers[index] }
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
}
