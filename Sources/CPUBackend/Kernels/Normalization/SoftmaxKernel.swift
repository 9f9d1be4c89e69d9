/// Softmax over the rows of [rows, columns].
package struct SoftmaxKernel: @unchecked Sendable {
  package let rows: Int
  package let columns: Int
  /// How many columns count, one number for each group of `rowsPerLimit` rows; the others get 0.
  package let limits: UnsafePointer<Int32>?
  package let rowsPerLimit: Int

  package init(rows: Int, columns: Int, limits: UnsafePointer<Int32>? = nil, rowsPerLimit: Int = 1) {
    self.rows = rows
    self.columns = columns
    self.limits = limits
    self.rowsPerLimit = max(1, rowsPerLimit)
  }

  private var tileRows: Int { max(1, 8 * 1024 / max(1, columns)) }

  @inline(__always)
  private func limit(_ row: Int) -> Int {
    limits.map { max(0, min(columns, Int($0[row / rowsPerLimit]))) } ?? columns
  }

  private func overRows(_ body: @escaping (_ row: Int, _ limit: Int) -> Void) -> [Launch] {
    let tileRows = tileRows
    guard rows > 0, columns > 0 else { return [] }
    return [
      Launch(tiles: (rows + tileRows - 1) / tileRows) { tile, _ in
        for row in tile * tileRows..<min(self.rows, (tile + 1) * tileRows) { body(row, self.limit(row)) }
      }
    ]
  }

  /// `exp(x - max) / sum`; the output may be the input's memory. A row without columns that count, or with nothing
  /// but minus infinity, gets zeros.
  package func forward(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) -> [Launch] {
    let columns = columns
    return overRows { row, count in
      let x = input + row * columns
      let y = output + row * columns
      let top = count > 0 ? largest(x, count) : -.infinity
      guard top > -.infinity || top.isNaN else {
        y.update(repeating: 0, count: columns)
        return
      }
      let shift = Vector(repeating: top)
      var sum0 = Vector()
      var sum1 = Vector()
      var start = 0
      while start + 16 <= count {
        let e0 = exponentialOfDifference(Vector(at: x + start) - shift)
        let e1 = exponentialOfDifference(Vector(at: x + start + 8) - shift)
        e0.store(to: y + start)
        e1.store(to: y + start + 8)
        sum0 += e0
        sum1 += e1
        start += 16
      }
      while start < count {
        let width = min(8, count - start)
        let e = exponentialOfDifference(Vector(at: x + start, count: width, filler: -.infinity) - shift)
        e.store(to: y + start, count: width)
        sum0 += e
        start += 8
      }
      let total = (sum0 + sum1).total
      let scale = Vector(repeating: 1 / total)
      var index = 0
      while index + 8 <= count {
        (Vector(at: y + index) * scale).store(to: y + index)
        index += 8
      }
      while index < count {
        y[index] *= scale[0]
        index += 1
      }
      (y + count).update(repeating: 0, count: columns - count)
    }
  }

  /// `y (dy - sum of y dy)` from the softmax `y` and its gradient; may be written over either.
  package func backward(
    output y: UnsafePointer<Float>, outputGradient dy: UnsafePointer<Float>,
    inputGradient dx: UnsafeMutablePointer<Float>
  ) -> [Launch] {
    let columns = columns
    return overRows { row, count in
      let offset = row * columns
      let mean = Vector(repeating: dotProduct(y + offset, dy + offset, count))
      var index = 0
      while index + 8 <= count {
        (Vector(at: y + offset + index) * (Vector(at: dy + offset + index) - mean)).store(to: dx + offset + index)
        index += 8
      }
      while index < count {
        dx[offset + index] = y[offset + index] * (dy[offset + index] - mean[0])
        index += 1
      }
      (dx + offset + count).update(repeating: 0, count: columns - count)
    }
  }
}
