/// Products of blocks in the first-level cache, for attention.
enum AttentionProduct {
  /// `C = A B` or `C += A B` for up to 6 rows of C.
  ///
  /// Element (row, k) of A lies at `row * aRow + k * aDepth`, so A may be transposed. B is [depth, columns] with
  /// columns padded to whole panels of 16.
  @inline(__always)
  static func multiply(
    rows: Int, columns: Range<Int>, depth: Int, _ a: UnsafePointer<Float>, aRow: Int, aDepth: Int,
    _ b: UnsafePointer<Float>, bRow: Int, _ c: UnsafeMutablePointer<Float>, cRow: Int, accumulate: Bool
  ) {
    switch rows {
    case 5, 6: six(rows, columns, depth, a, aRow, aDepth, b, bRow, c, cRow, accumulate)
    case 3, 4: four(rows, columns, depth, a, aRow, aDepth, b, bRow, c, cRow, accumulate)
    default: two(rows, columns, depth, a, aRow, aDepth, b, bRow, c, cRow, accumulate)
    }
  }

  // Functions of their own, so that the height is a constant in each.

  @inline(never)
  private static func six(
    _ rows: Int, _ columns: Range<Int>, _ depth: Int, _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int,
    _ b: UnsafePointer<Float>, _ bRow: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ accumulate: Bool
  ) {
    panels(6, rows, columns, depth, a, aRow, aDepth, b, bRow, c, cRow, accumulate)
  }

  @inline(never)
  private static func four(
    _ rows: Int, _ columns: Range<Int>, _ depth: Int, _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int,
    _ b: UnsafePointer<Float>, _ bRow: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ accumulate: Bool
  ) {
    panels(4, rows, columns, depth, a, aRow, aDepth, b, bRow, c, cRow, accumulate)
  }

  @inline(never)
  private static func two(
    _ rows: Int, _ columns: Range<Int>, _ depth: Int, _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int,
    _ b: UnsafePointer<Float>, _ bRow: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ accumulate: Bool
  ) {
    panels(2, rows, columns, depth, a, aRow, aDepth, b, bRow, c, cRow, accumulate)
  }

  /// Where the rows of a tile begin in A and C. Rows that don't exist repeat the last one, and write what it writes.
  private struct RowOffsets {
    let one, two, three, four, five: Int

    @inline(__always)
    init(rows: Int, stride: Int) {
      // Wrapping arithmetic: the checks would cost as much as a tenth of a product.
      let last = rows &- 1
      one = min(1, last) &* stride
      two = min(2, last) &* stride
      three = min(3, last) &* stride
      four = min(4, last) &* stride
      five = min(5, last) &* stride
    }
  }

  @inline(__always)
  private static func panels(
    _ height: Int, _ rows: Int, _ columns: Range<Int>, _ depth: Int, _ a: UnsafePointer<Float>, _ aRow: Int,
    _ aDepth: Int, _ b: UnsafePointer<Float>, _ bRow: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int,
    _ accumulate: Bool
  ) {
    let aRows = RowOffsets(rows: rows, stride: aRow)
    let cRows = RowOffsets(rows: rows, stride: cRow)
    var column = columns.lowerBound
    while column &+ 16 <= columns.upperBound {
      tile(height, depth, a, aRows, aDepth, b + column, bRow, c + column, cRows, accumulate)
      column = column &+ 16
    }
    let width = columns.upperBound &- column
    if width > 0 {
      edge(height, rows, width, depth, a, aRows, aDepth, b + column, bRow, c + column, cRow, accumulate)
    }
  }

  /// The last panel of a C whose rows are not whole panels.
  @inline(__always)
  private static func edge(
    _ height: Int, _ rows: Int, _ width: Int, _ depth: Int, _ a: UnsafePointer<Float>, _ aRows: RowOffsets,
    _ aDepth: Int, _ b: UnsafePointer<Float>, _ bRow: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int,
    _ accumulate: Bool
  ) {
    // Not as vectors: an alignment of more than 16 would take it from the heap.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 6 * 16) { memory in
      guard let whole = memory.baseAddress else { return }
      tile(height, depth, a, aRows, aDepth, b, bRow, whole, RowOffsets(rows: rows, stride: 16), false)
      for row in 0..<rows {
        for column in 0..<width {
          let value = whole[row * 16 + column]
          c[row * cRow + column] = accumulate ? c[row * cRow + column] + value : value
        }
      }
    }
  }

  /// `height`, 2, 4 or 6, is a constant where this is inlined.
  @inline(__always)
  private static func tile(
    _ height: Int, _ depth: Int, _ a: UnsafePointer<Float>, _ aRows: RowOffsets, _ aDepth: Int,
    _ b: UnsafePointer<Float>, _ bRow: Int, _ c: UnsafeMutablePointer<Float>, _ cRows: RowOffsets, _ accumulate: Bool
  ) {
    var c00 = Vector()
    var c01 = Vector()
    var c10 = Vector()
    var c11 = Vector()
    var c20 = Vector()
    var c21 = Vector()
    var c30 = Vector()
    var c31 = Vector()
    var c40 = Vector()
    var c41 = Vector()
    var c50 = Vector()
    var c51 = Vector()
    let p1 = c + cRows.one
    let p2 = c + cRows.two
    let p3 = c + cRows.three
    let p4 = c + cRows.four
    let p5 = c + cRows.five
    if accumulate {
      c00 = Vector(at: c)
      c01 = Vector(at: c + 8)
      c10 = Vector(at: p1)
      c11 = Vector(at: p1 + 8)
      if height > 2 {
        c20 = Vector(at: p2)
        c21 = Vector(at: p2 + 8)
        c30 = Vector(at: p3)
        c31 = Vector(at: p3 + 8)
      }
      if height > 4 {
        c40 = Vector(at: p4)
        c41 = Vector(at: p4 + 8)
        c50 = Vector(at: p5)
        c51 = Vector(at: p5 + 8)
      }
    }
    var a = a
    var b = b
    var left = depth
    while left > 0 {
      let b0 = Vector(at: b)
      let b1 = Vector(at: b + 8)
      let a0 = Vector(repeating: a[0])
      c00 = multiplyAdd(a0, b0, c00)
      c01 = multiplyAdd(a0, b1, c01)
      let a1 = Vector(repeating: a[aRows.one])
      c10 = multiplyAdd(a1, b0, c10)
      c11 = multiplyAdd(a1, b1, c11)
      if height > 2 {
        let a2 = Vector(repeating: a[aRows.two])
        c20 = multiplyAdd(a2, b0, c20)
        c21 = multiplyAdd(a2, b1, c21)
        let a3 = Vector(repeating: a[aRows.three])
        c30 = multiplyAdd(a3, b0, c30)
        c31 = multiplyAdd(a3, b1, c31)
      }
      if height > 4 {
        let a4 = Vector(repeating: a[aRows.four])
        c40 = multiplyAdd(a4, b0, c40)
        c41 = multiplyAdd(a4, b1, c41)
        let a5 = Vector(repeating: a[aRows.five])
        c50 = multiplyAdd(a5, b0, c50)
        c51 = multiplyAdd(a5, b1, c51)
      }
      a += aDepth
      b += bRow
      left = left &- 1
    }
    c00.store(to: c)
    c01.store(to: c + 8)
    c10.store(to: p1)
    c11.store(to: p1 + 8)
    if height > 2 {
      c20.store(to: p2)
      c21.store(to: p2 + 8)
      c30.store(to: p3)
      c31.store(to: p3 + 8)
    }
    if height > 4 {
      c40.store(to: p4)
      c41.store(to: p4 + 8)
      c50.store(to: p5)
      c51.store(to: p5 + 8)
    }
  }

  /// Packs `rows` rows as the columns of [columns, width], each times `scale`; columns from `rows` up to `width`, a
  /// multiple of 16, get zeros.
  static func packTransposed(
    _ input: UnsafePointer<Float>, rowStride: Int, rows: Int, columns: Int, scale: Float,
    _ output: UnsafeMutablePointer<Float>, width: Int
  ) {
    let s = Vector(repeating: scale)
    var row = 0
    while row < width {
      let height = max(0, min(8, rows - row))
      var column = 0
      if height == 8 {
        let p = input + row * rowStride
        while column + 8 <= columns {
          let q = p + column
          let t = transpose8(
            Vector(at: q) * s, Vector(at: q + rowStride) * s, Vector(at: q + 2 * rowStride) * s,
            Vector(at: q + 3 * rowStride) * s, Vector(at: q + 4 * rowStride) * s, Vector(at: q + 5 * rowStride) * s,
            Vector(at: q + 6 * rowStride) * s, Vector(at: q + 7 * rowStride) * s)
          let target = output + column * width + row
          t.0.store(to: target)
          t.1.store(to: target + width)
          t.2.store(to: target + 2 * width)
          t.3.store(to: target + 3 * width)
          t.4.store(to: target + 4 * width)
          t.5.store(to: target + 5 * width)
          t.6.store(to: target + 6 * width)
          t.7.store(to: target + 7 * width)
          column += 8
        }
      }
      while column < columns {
        for index in 0..<8 {
          output[column * width + row + index] =
            index < height ? input[(row + index) * rowStride + column] * scale : 0
        }
        column += 1
      }
      row += 8
    }
  }

  /// Copies rows, filling each up with zeros to `width`.
  static func packRows(
    _ input: UnsafePointer<Float>, rowStride: Int, rows: Int, columns: Int, _ output: UnsafeMutablePointer<Float>,
    width: Int
  ) {
    for row in 0..<rows {
      let target = output + row * width
      UnsafeMutableRawPointer(target).copyMemory(from: input + row * rowStride, byteCount: columns * 4)
      (target + columns).update(repeating: 0, count: width - columns)
    }
  }
}
