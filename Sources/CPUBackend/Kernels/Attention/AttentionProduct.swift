import CKernels

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
    let b = b + columns.lowerBound
    var block = kernels_block(
      a: a, a_row: aRow, a_depth: aDepth, b: b, b_row: bRow, c: c + columns.lowerBound, c_row: cRow, rows: rows,
      columns: columns.count, depth: depth, accumulate: accumulate)
    InstructionSet.current.multiply(&block)
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
