import TensorGraph

/// Exact arithmetic on whole numbers, which elementwise programs hold exactly only up to 2^24.
package enum IntegerKernels {
  package enum Function: Sendable, CaseIterable {
    case add, subtract, multiply, divide, maximum, minimum
    case equal, less, lessOrEqual

    /// The result; overflow wraps, and a division by 0 gives 0.
    @inline(__always)
    func callAsFunction(_ a: Int32, _ b: Int32) -> Int32 {
      switch self {
      case .add: a &+ b
      case .subtract: a &- b
      case .multiply: a &* b
      case .divide: b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue
      case .maximum: max(a, b)
      case .minimum: min(a, b)
      case .equal: a == b ? 1 : 0
      case .less: a < b ? 1 : 0
      case .lessOrEqual: a <= b ? 1 : 0
      }
    }

    var isRelation: Bool { [.equal, .less, .lessOrEqual].contains(self) }
  }

  private static let tile = 16 * 1024

  /// `function(a, b)` of `count` pairs; relations give bools.
  package static func binary(
    _ function: Function, _ a: UnsafePointer<Int32>, _ b: UnsafePointer<Int32>, count: Int,
    to output: UnsafeMutableRawPointer
  ) -> [Launch] {
    let isRelation = function.isRelation
    let numbers = output.assumingMemoryBound(to: Int32.self)
    let truths = output.assumingMemoryBound(to: UInt8.self)
    return [
      Launch(tiles: (count + tile - 1) / tile) { index, _ in
        for i in index * tile..<min(count, (index + 1) * tile) {
          let value = function(a[i], b[i])
          if isRelation { truths[i] = UInt8(truncatingIfNeeded: value) } else { numbers[i] = value }
        }
      }
    ]
  }

  /// `then` where the condition holds, `otherwise` elsewhere.
  package static func select(
    _ condition: UnsafePointer<UInt8>, _ then: UnsafePointer<Int32>, _ otherwise: UnsafePointer<Int32>, count: Int,
    to output: UnsafeMutablePointer<Int32>
  ) -> [Launch] {
    [
      Launch(tiles: (count + tile - 1) / tile) { index, _ in
        for i in index * tile..<min(count, (index + 1) * tile) {
          output[i] = condition[i] != 0 ? then[i] : otherwise[i]
        }
      }
    ]
  }

  /// Converts between i8, i32, i64 and bool; numbers that don't fit become the nearest that does.
  package static func convert(
    _ input: UnsafeRawPointer, _ from: ScalarType, count: Int, to output: UnsafeMutableRawPointer, _ to: ScalarType
  ) -> [Launch] {
    [
      Launch(tiles: (count + tile - 1) / tile) { index, _ in
        for i in index * tile..<min(count, (index + 1) * tile) {
          let value: Int64
          switch from {
          case .i8: value = Int64(input.assumingMemoryBound(to: Int8.self)[i])
          case .bool: value = input.assumingMemoryBound(to: UInt8.self)[i] != 0 ? 1 : 0
          case .i32: value = Int64(input.assumingMemoryBound(to: Int32.self)[i])
          default: value = input.assumingMemoryBound(to: Int64.self)[i]
          }
          switch to {
          case .i8: output.assumingMemoryBound(to: Int8.self)[i] = Int8(clamping: value)
          case .bool: output.assumingMemoryBound(to: UInt8.self)[i] = value != 0 ? 1 : 0
          case .i32: output.assumingMemoryBound(to: Int32.self)[i] = Int32(clamping: value)
          default: output.assumingMemoryBound(to: Int64.self)[i] = value
          }
        }
      }
    ]
  }
}
