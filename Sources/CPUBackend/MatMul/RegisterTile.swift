import CPlatform

/// The part of a product that the registers hold: 6 rows of 16 columns in 12 vectors, with 2 for B and 2 for A.
enum RegisterTile {
  static let rows = 6
  static let columns = 16

  /// `C = alpha * A B`, or `C += alpha * A B`, for a full tile.
  ///
  /// - Parameters:
  ///   - depth: The length of the inner dimension.
  ///   - a: `[depth, 6]`, packed.
  ///   - b: `[depth, 16]`, packed.
  ///   - c: The first of the tile's elements, whose rows are `stride` apart.
  @inline(__always)
  static func multiply(
    depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, stride: Int,
    alpha: Float, accumulate: Bool
  ) {
    for row in 0..<6 { platform_prefetch_near(c + row * stride) }
    var c00 = Vector.zero
    var c01 = Vector.zero
    var c10 = Vector.zero
    var c11 = Vector.zero
    var c20 = Vector.zero
    var c21 = Vector.zero
    var c30 = Vector.zero
    var c31 = Vector.zero
    var c40 = Vector.zero
    var c41 = Vector.zero
    var c50 = Vector.zero
    var c51 = Vector.zero
    var a = a
    var b = b
    for _ in 0..<depth {
      let b0 = Vector(at: b)
      let b1 = Vector(at: b + 8)
      let a0 = SIMD8(repeating: a[0])
      c00 = multiplyAdd(a0, b0, c00)
      c01 = multiplyAdd(a0, b1, c01)
      let a1 = SIMD8(repeating: a[1])
      c10 = multiplyAdd(a1, b0, c10)
      c11 = multiplyAdd(a1, b1, c11)
      let a2 = SIMD8(repeating: a[2])
      c20 = multiplyAdd(a2, b0, c20)
      c21 = multiplyAdd(a2, b1, c21)
      let a3 = SIMD8(repeating: a[3])
      c30 = multiplyAdd(a3, b0, c30)
      c31 = multiplyAdd(a3, b1, c31)
      let a4 = SIMD8(repeating: a[4])
      c40 = multiplyAdd(a4, b0, c40)
      c41 = multiplyAdd(a4, b1, c41)
      let a5 = SIMD8(repeating: a[5])
      c50 = multiplyAdd(a5, b0, c50)
      c51 = multiplyAdd(a5, b1, c51)
      a += 6
      b += 16
    }
    let scale = SIMD8(repeating: alpha)
    if accumulate {
      add(c00, c01, scale, c)
      add(c10, c11, scale, c + stride)
      add(c20, c21, scale, c + 2 * stride)
      add(c30, c31, scale, c + 3 * stride)
      add(c40, c41, scale, c + 4 * stride)
      add(c50, c51, scale, c + 5 * stride)
    } else {
      set(c00, c01, scale, c)
      set(c10, c11, scale, c + stride)
      set(c20, c21, scale, c + 2 * stride)
      set(c30, c31, scale, c + 3 * stride)
      set(c40, c41, scale, c + 4 * stride)
      set(c50, c51, scale, c + 5 * stride)
    }
  }

  /// The same for a tile at the edge of C, of which only some rows and columns exist.
  @inline(never)
  static func multiplyEdge(
    depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, stride: Int,
    rows: Int, columns: Int, alpha: Float, accumulate: Bool
  ) {
    // Not as vectors: an alignment of more than 16 would take it from the heap.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 6 * 16) { memory in
      guard let whole = memory.baseAddress else { return }
      multiply(depth: depth, a, b, whole, stride: 16, alpha: alpha, accumulate: false)
      for row in 0..<rows {
        let target = c + row * stride
        let source = whole + row * 16
        for column in 0..<columns {
          target[column] = accumulate ? target[column] + source[column] : source[column]
        }
      }
    }
  }

  @inline(__always)
  private static func add(
    _ left: Vector, _ right: Vector, _ scale: Vector, _ c: UnsafeMutablePointer<Float>
  ) {
    multiplyAdd(left, scale, Vector(at: c)).store(to: c)
    multiplyAdd(right, scale, Vector(at: c + 8)).store(to: c + 8)
  }

  @inline(__always)
  private static func set(
    _ left: Vector, _ right: Vector, _ scale: Vector, _ c: UnsafeMutablePointer<Float>
  ) {
    (left * scale).store(to: c)
    (right * scale).store(to: c + 8)
  }
}
