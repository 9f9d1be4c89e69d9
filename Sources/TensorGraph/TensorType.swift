/// The type of a tensor's elements.
///
/// Arithmetic is in `f32`; the other types store weights, indices and masks.
public enum ScalarType: String, Sendable, Hashable, CaseIterable, Codable {
  case f32, f16, bf16, i8, i32, i64, bool

  /// Bytes that one element takes in memory.
  public var byteCount: Int {
    switch self {
    case .i8, .bool: 1
    case .f16, .bf16: 2
    case .f32, .i32: 4
    case .i64: 8
    }
  }

  /// Whether the type holds numbers with a fraction, through which gradients flow.
  public var isFloatingPoint: Bool { self == .f32 || self == .f16 || self == .bf16 }
}

/// The shape and element type of a tensor; its elements lie in row-major order.
public struct TensorType: Sendable, Hashable, CustomStringConvertible {
  /// The size of each axis, outermost first; empty for a scalar.
  public var shape: [Int]
  /// The type of the elements.
  public var scalar: ScalarType

  /// A tensor type of the given shape.
  public init(_ shape: [Int], _ scalar: ScalarType = .f32) {
    self.shape = shape
    self.scalar = scalar
  }

  /// The number of axes.
  public var rank: Int { shape.count }
  /// The number of elements; `Int.max` where it is more.
  public var count: Int { shape.product }
  /// The size in bytes; `Int.max` where it is more.
  public var byteCount: Int { [count, scalar.byteCount].product }
  /// The step in elements from one index of each axis to the next.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = [strides[axis + 1], shape[axis + 1]].product }
    return strides
  }

  /// The largest tensor that a program may have, in bytes: beyond what machines hold, and small enough that sizes of
  /// many tensors can be added.
  public static let largestByteCount = 1 << 42

  /// The type as people write it: `f32[2, 3]`.
  public var description: String { "\(scalar.rawValue)\(shape)" }
}

extension Sequence<Int> {
  /// The product of sizes; `Int.max` where it is more, so that a size which nobody has the memory for is never taken for
  /// a small one.
  public var product: Int {
    var product = 1
    for size in self {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      // A later axis of size 0 still makes it 0.
      product = overflow ? .max : next
    }
    return product
  }
}
