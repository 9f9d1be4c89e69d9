/// Products of a few rows with a matrix, as in generating token by token: the speed is that of reading B once.
struct RowProduct {
  /// Up to this many rows are faster so than packed.
  static let largestRows = 4

  private let product: MatMul

  init(_ product: MatMul) { self.product = product }

  /// The columns of a tile: about 64 K numbers of B, at least 16 wide and, read along rows, as wide as prefetching
  /// likes.
  var width: Int {
    let narrowest = product.transposeB ? 16 : 128
    return min(512, max(narrowest, 65536 / max(1, product.k) / 16 * 16))
  }

  func launches(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>, epilogue: MatMul.Epilogue?
  ) -> [Launch] {
    let product = self.product
    let width = self.width
    let columnTiles = (product.n + width - 1) / width
    let launch = Launch(tiles: product.batch * columnTiles, scratchBytes: product.m * product.k * 4) { index, worker in
      let batch = index / columnTiles
      let first = (index % columnTiles) * width
      let columns = min(width, product.n - first)
      let sourceA = a + batch * product.batchStrideA
      let sourceB = b + batch * product.batchStrideB
      let target = c + batch * product.batchStrideC + first
      var rowsA = sourceA
      var strideA = product.lda
      if product.transposeA {
        let copy = worker.scratch.assumingMemoryBound(to: Float.self)
        for row in 0..<product.m {
          for k in 0..<product.k { copy[row * product.k + k] = sourceA[k * product.lda + row] }
        }
        rowsA = UnsafePointer(copy)
        strideA = product.k
      }
      let rows = Rows(
        count: product.m, a: rowsA, strideA: strideA, c: target, strideC: product.ldc, depth: product.k,
        columns: columns, alpha: product.alpha)
      if product.transposeB {
        rows.multiplyRows(sourceB + first * product.ldb, product.ldb, accumulate: product.accumulate)
      } else {
        rows.addRows(sourceB + first, product.ldb, accumulate: product.accumulate)
      }
      if let epilogue {
        epilogue(
          MatMul.Block(batch: batch, row: 0, column: first, rows: product.m, columns: columns, worker: worker))
      }
    }
    return [launch]
  }
}

/// The part of a product of a few rows that is one tile's: some columns.
private struct Rows {
  let count: Int
  let a: UnsafePointer<Float>
  let strideA: Int
  let c: UnsafeMutablePointer<Float>
  let strideC: Int
  let depth: Int
  let columns: Int
  let alpha: Float

  /// `c[i][j] (+)= alpha * sum over k of a[i][k] * b[j][k]`, four columns at a time.
  @inline(never)
  func multiplyRows(_ b: UnsafePointer<Float>, _ stride: Int, accumulate: Bool) {
    var column = 0
    while column < columns {
      // At the end the last column is computed again rather than fewer at a time.
      let width = min(4, columns - column)
      let b0 = b + column * stride
      let b1 = b + (column + min(1, width - 1)) * stride
      let b2 = b + (column + min(2, width - 1)) * stride
      let b3 = b + (column + min(3, width - 1)) * stride
      for row in 0..<count {
        let sums = alpha * Self.dots(a + row * strideA, b0, b1, b2, b3, depth)
        let target = c + row * strideC + column
        for lane in 0..<width { target[lane] = accumulate ? target[lane] + sums[lane] : sums[lane] }
      }
      column += 4
    }
  }

  @inline(__always)
  private static func dots(
    _ a: UnsafePointer<Float>, _ b0: UnsafePointer<Float>, _ b1: UnsafePointer<Float>, _ b2: UnsafePointer<Float>,
    _ b3: UnsafePointer<Float>, _ depth: Int
  ) -> SIMD4<Float> {
    var s0 = Vector.zero
    var s1 = Vector.zero
    var s2 = Vector.zero
    var s3 = Vector.zero
    var t0 = Vector.zero
    var t1 = Vector.zero
    var t2 = Vector.zero
    var t3 = Vector.zero
    var k = 0
    while k + 16 <= depth {
      let x = Vector(at: a + k)
      s0 = multiplyAdd(x, Vector(at: b0 + k), s0)
      s1 = multiplyAdd(x, Vector(at: b1 + k), s1)
      s2 = multiplyAdd(x, Vector(at: b2 + k), s2)
      s3 = multiplyAdd(x, Vector(at: b3 + k), s3)
      let y = Vector(at: a + k + 8)
      t0 = multiplyAdd(y, Vector(at: b0 + k + 8), t0)
      t1 = multiplyAdd(y, Vector(at: b1 + k + 8), t1)
      t2 = multiplyAdd(y, Vector(at: b2 + k + 8), t2)
      t3 = multiplyAdd(y, Vector(at: b3 + k + 8), t3)
      k += 16
    }
    var sums = SIMD4<Float>((s0 + t0).sum(), (s1 + t1).sum(), (s2 + t2).sum(), (s3 + t3).sum())
    while k < depth {
      sums += SIMD4(b0[k], b1[k], b2[k], b3[k]) * a[k]
      k += 1
    }
    return sums
  }

  /// `c[i][j] (+)= alpha * sum over k of a[i][k] * b[k][j]`, eight rows of B at a time, which all rows of A use while
  /// they are in the first-level cache.
  @inline(never)
  func addRows(_ b: UnsafePointer<Float>, _ stride: Int, accumulate: Bool) {
    if !accumulate {
      for row in 0..<count { (c + row * strideC).update(repeating: 0, count: columns) }
    }
    var k = 0
    while k + 8 <= depth {
      for row in 0..<count { addEightRows(b + k * stride, stride, a + row * strideA + k, c + row * strideC) }
      k += 8
    }
    while k < depth {
      for row in 0..<count {
        let x = alpha * a[row * strideA + k]
        let target = c + row * strideC
        for column in 0..<columns { target[column] += x * b[k * stride + column] }
      }
      k += 1
    }
  }

  @inline(__always)
  private func addEightRows(
    _ b: UnsafePointer<Float>, _ stride: Int, _ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>
  ) {
    let x = Vector(at: a) * alpha
    let (x0, x1, x2, x3) = (
      Vector(repeating: x[0]), Vector(repeating: x[1]), Vector(repeating: x[2]), Vector(repeating: x[3])
    )
    let (x4, x5, x6, x7) = (
      Vector(repeating: x[4]), Vector(repeating: x[5]), Vector(repeating: x[6]), Vector(repeating: x[7])
    )
    var column = 0
    while column + 8 <= columns {
      let from = b + column
      var even = multiplyAdd(x0, Vector(at: from), Vector(at: c + column))
      var odd = Vector(at: from + stride) * x1
      even = multiplyAdd(x2, Vector(at: from + 2 * stride), even)
      odd = multiplyAdd(x3, Vector(at: from + 3 * stride), odd)
      even = multiplyAdd(x4, Vector(at: from + 4 * stride), even)
      odd = multiplyAdd(x5, Vector(at: from + 5 * stride), odd)
      even = multiplyAdd(x6, Vector(at: from + 6 * stride), even)
      odd = multiplyAdd(x7, Vector(at: from + 7 * stride), odd)
      (even + odd).store(to: c + column)
      column += 8
    }
    while column < columns {
      var sum = c[column]
      for lane in 0..<8 { sum += x[lane] * b[lane * stride + column] }
      c[column] = sum
      column += 1
    }
  }
}
