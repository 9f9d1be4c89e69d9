/// The types in which kernels find numbers in memory; arithmetic is in `f32`.
package enum Storage: UInt8, Sendable, Hashable, CaseIterable {
  case f32, f16, bf16, i8, i32, i64, bool

  /// Bytes of one element.
  package var byteCount: Int {
    switch self {
    case .i8, .bool: 1
    case .f16, .bf16: 2
    case .f32, .i32: 4
    case .i64: 8
    }
  }
}
