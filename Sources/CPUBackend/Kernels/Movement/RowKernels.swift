import CPlatform

/// Indices of rows, 32 or 64 bits wide, read when a kernel runs; those out of range are clamped.
package enum RowIndices: @unchecked Sendable {
  case i32(UnsafePointer<Int32>)
  case i64(UnsafePointer<Int64>)

  /// The row of a table of `rows` rows that the index at `position` addresses.
  @inline(__always)
  func row(_ position: Int, below rows: Int) -> Int {
    let index: Int
    switch self {
    case .i32(let pointer): index = Int(pointer[position])
    case .i64(let pointer): index = Int(pointer[position])
    }
    return max(0, min(rows - 1, index))
  }

  /// The index at `position` as it is.
  @inline(__always)
  func index(_ position: Int) -> Int {
    switch self {
    case .i32(let pointer): Int(pointer[position])
    case .i64(let pointer): Int(pointer[position])
    }
  }
}

/// Copies rows of a table: `output[i] = table[indices[i]]`.
package struct GatherRows: Sendable {
  package let tableRows: Int
  package let rowBytes: Int
  package let count: Int

  package init(tableRows: Int, rowBytes: Int, count: Int) {
    self.tableRows = tableRows
    self.rowBytes = rowBytes
    self.count = count
  }

  package func launches(
    table: UnsafeRawPointer, indices: RowIndices, output: UnsafeMutableRawPointer
  ) -> [Launch] {
    let together = max(1, 64 * 1024 / max(1, rowBytes))
    return [
      Launch(tiles: (count + together - 1) / together) { tile, _ in
        for index in tile * together..<min(count, (tile + 1) * together) {
          (output + index * rowBytes).copyMemory(
            from: table + indices.row(index, below: tableRows) * rowBytes, byteCount: rowBytes)
        }
      }
    ]
  }
}

/// Adds rows to a table: `table[indices[i]] += rows[i]`, for each table row in the order of i.
///
/// The columns are shared out, so that no two threads add to the same element.
package struct ScatterAddRows: Sendable {
  package let tableRows: Int
  package let columns: Int
  package let count: Int

  package init(tableRows: Int, columns: Int, count: Int) {
    self.tableRows = tableRows
    self.columns = columns
    self.count = count
  }

  package func launches(
    table: UnsafeMutablePointer<Float>, indices: RowIndices, rows: UnsafePointer<Float>
  ) -> [Launch] {
    guard count > 0, columns > 0 else { return [] }
    // At least a cache line, at most 64 columns, about 8 tiles between.
    let width = max(16, min(64, (columns / 8 + 15) & ~15))
    return [
      Launch(tiles: (columns + width - 1) / width) { tile, _ in
        let first = tile * width
        let span = min(width, columns - first)
        for index in 0..<count {
          let target = table + indices.row(index, below: tableRows) * columns + first
          let ahead = table + indices.row(min(count - 1, index + 4), below: tableRows) * columns + first
          platform_prefetch_near(ahead)
          if span > 16 { platform_prefetch_near(ahead + 16) }
          let source = rows + index * columns + first
          forEachVector(0, span) { column, count in
            if count == 8 {
              (Vector(at: target + column) + Vector(at: source + column)).store(to: target + column)
            } else {
              for lane in column..<column + count { target[lane] += source[lane] }
            }
          }
        }
      }
    ]
  }
}

/// One element of each row: `output[i] = x[i, indices[i]]`.
package struct TakeAlongRows: Sendable {
  package let rows: Int
  package let columns: Int

  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  package func launches(
    _ x: UnsafePointer<Float>, indices: RowIndices, output: UnsafeMutablePointer<Float>
  ) -> [Launch] {
    let together = 1024
    return [
      Launch(tiles: (rows + together - 1) / together) { tile, _ in
        for row in tile * together..<min(rows, (tile + 1) * together) {
          output[row] = x[row * columns + indices.row(row, below: columns)]
        }
      }
    ]
  }
}

/// Rows of zeros with a one at the index; an index out of range gives zeros.
package struct OneHotRows: Sendable {
  package let count: Int
  package let depth: Int

  package init(count: Int, depth: Int) {
    self.count = count
    self.depth = depth
  }

  package func launches(indices: RowIndices, output: UnsafeMutablePointer<Float>) -> [Launch] {
    guard depth > 0 else { return [] }
    let together = max(1, 16 * 1024 / depth)
    return [
      Launch(tiles: (count + together - 1) / together) { tile, _ in
        for row in tile * together..<min(count, (tile + 1) * together) {
          let target = output + row * depth
          target.update(repeating: 0, count: depth)
          let index = indices.index(row)
          if index >= 0 && index < depth { target[index] = 1 }
        }
      }
    ]
  }
}
