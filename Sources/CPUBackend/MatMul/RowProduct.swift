/// Products of a few rows with a matrix, as in generating token by token: the speed is that of reading B once.
struct RowProduct {
  /// Up to this many rows are faster so than packed.
  static let largestRows = 4

  private let product: MatMul

  init(_ product: MatMul) { self.product = product }

  func launches(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>, epilogue: MatMul.Epilogue?
  ) -> [Launch] {
    let product = self.product
    // Tiles of about 32 K numbers of B, at least 16 columns wide and, read along rows, as wide as prefetching likes.
    let narrowest = product.transposeB ? 16 : 128
    let wanted = max(narrowest, 65536 / max(1, product.k) / 16 * 16)
    let width = min(512, wanted)
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
      for row in 0..<product.m {
        let rowA = rowsA + row * strideA
        let rowC = target + row * product.ldc
        if product.transposeB {
          Self.multiplyRows(
            rowA, sourceB + first * product.ldb, product.ldb, product.k, rowC, columns, product.alpha,
            product.accumulate)
        } else {
          Self.addRows(
            rowA, sourceB + first, product.ldb, product.k, rowC, columns, product.alpha, product.accumulate)
        }
      }
      if let epilogue {
        epilogue(
          MatMul.Block(batch: batch, row: 0, column: first, rows: product.m, columns: columns, worker: worker))
      }
    }
    return [launch]
  }

  /// `c[j] (+)= alpha * sum over k of a[k] * b[j][k]`, four columns at a time.
  @inline(never)
  private static func multiplyRows(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ stride: Int, _ k: Int, _ c: UnsafeMutablePointer<Float>,
    _ columns: Int, _ alpha: Float, _ accumulate: Bool
  ) {
    var column = 0
    while column < columns {
      // At the end the last rows are computed again rather than fewer at a time.
      let count = min(4, columns - column)
      let b0 = b + column * stride
      let b1 = b + (column + min(1, count - 1)) * stride
      let b2 = b + (column + min(2, count - 1)) * stride
      let b3 = b + (column + min(3, count - 1)) * stride
      var s0 = SIMD8<Float>.zero
      var s1 = SIMD8<Float>.zero
      var s2 = SIMD8<Float>.zero
      var s3 = SIMD8<Float>.zero
      var t0 = SIMD8<Float>.zero
      var t1 = SIMD8<Float>.zero
      var t2 = SIMD8<Float>.zero
      var t3 = SIMD8<Float>.zero
      var index = 0
      while index + 16 <= k {
        let x = load8(a + index)
        s0 = multiplyAdd(x, load8(b0 + index), s0)
        s1 = multiplyAdd(x, load8(b1 + index), s1)
        s2 = multiplyAdd(x, load8(b2 + index), s2)
        s3 = multiplyAdd(x, load8(b3 + index), s3)
        let y = load8(a + index + 8)
        t0 = multiplyAdd(y, load8(b0 + index + 8), t0)
        t1 = multiplyAdd(y, load8(b1 + index + 8), t1)
        t2 = multiplyAdd(y, load8(b2 + index + 8), t2)
        t3 = multiplyAdd(y, load8(b3 + index + 8), t3)
        index += 16
      }
      var sums = SIMD4<Float>((s0 + t0).sum(), (s1 + t1).sum(), (s2 + t2).sum(), (s3 + t3).sum())
      while index < k {
        sums += SIMD4(b0[index], b1[index], b2[index], b3[index]) * a[index]
        index += 1
      }
      for lane in 0..<count {
        c[column + lane] = accumulate ? c[column + lane] + alpha * sums[lane] : alpha * sums[lane]
      }
      column += 4
    }
  }

  /// `c[j] (+)= alpha * sum over k of a[k] * b[k][j]`, eight rows of B at a time.
  @inline(never)
  private static func addRows(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ stride: Int, _ k: Int, _ c: UnsafeMutablePointer<Float>,
    _ columns: Int, _ alpha: Float, _ accumulate: Bool
  ) {
    if !accumulate { c.update(repeating: 0, count: columns) }
    var index = 0
    while index + 8 <= k {
      let rows = b + index * stride
      let x = load8(a + index) * alpha
      var column = 0
      while column + 8 <= columns {
        let from = rows + column
        var even = multiplyAdd(SIMD8(repeating: x[0]), load8(from), load8(c + column))
        var odd = load8(from + stride) * x[1]
        even = multiplyAdd(SIMD8(repeating: x[2]), load8(from + 2 * stride), even)
        odd = multiplyAdd(SIMD8(repeating: x[3]), load8(from + 3 * stride), odd)
        even = multiplyAdd(SIMD8(repeating: x[4]), load8(from + 4 * stride), even)
        odd = multiplyAdd(SIMD8(repeating: x[5]), load8(from + 5 * stride), odd)
        even = multiplyAdd(SIMD8(repeating: x[6]), load8(from + 6 * stride), even)
        odd = multiplyAdd(SIMD8(repeating: x[7]), load8(from + 7 * stride), odd)
        store8(even + odd, c + column)
        column += 8
      }
      while column < columns {
        var sum = c[column]
        for lane in 0..<8 { sum += x[lane] * rows[lane * stride + column] }
        c[column] = sum
        column += 1
      }
      index += 8
    }
    while index < k {
      let x = alpha * a[index]
      for column in 0..<columns { c[column] += x * b[index * stride + column] }
      index += 1
    }
  }
}
