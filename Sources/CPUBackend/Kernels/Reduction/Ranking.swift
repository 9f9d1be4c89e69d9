/// Searches in the rows of [rows, columns].
package struct RowRanking: Sendable {
  package let rows: Int
  package let columns: Int

  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  private func overRows(scratchBytes: Int = 0, _ body: @escaping (_ row: Int, _ worker: Worker) -> Void) -> [Launch] {
    let (rows, together) = (rows, max(1, 8 * 1024 / max(1, columns)))
    return [
      Launch(tiles: (rows + together - 1) / together, scratchBytes: scratchBytes) { tile, worker in
        for row in tile * together..<min(rows, (tile + 1) * together) { body(row, worker) }
      }
    ]
  }

  /// The index of the largest element of each row, the first where several are equal; a NaN counts as the largest.
  package func argMax(_ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Int32>) -> [Launch] {
    let columns = columns
    guard columns > 0 else { return [] }
    return overRows { row, _ in
      let x = input + row * columns
      let top = largest(x, columns)
      var index = 0
      while index < columns - 1 && !(x[index] == top || x[index].isNaN) { index += 1 }
      output[row] = Int32(truncatingIfNeeded: index)
    }
  }

  /// The `count` largest elements of each row, largest first, and their indices; of equal elements the one with the
  /// lower index comes first. NaN counts as the smallest.
  ///
  /// Complexity: O(columns) for random rows and a small `count`.
  package func top(
    _ count: Int, _ input: UnsafePointer<Float>, values: UnsafeMutablePointer<Float>,
    indices: UnsafeMutablePointer<Int32>
  ) -> [Launch] {
    let columns = columns
    guard count > 0, count <= columns else { return [] }
    return overRows { row, _ in
      let x = input + row * columns
      let found = values + row * count
      let places = indices + row * count
      var filled = 0
      var index = 0
      while index < columns {
        // Whole vectors of elements that are too small are skipped.
        if filled == count && index + 8 <= columns {
          let above = Vector(at: x + index) .> Vector(repeating: found[count - 1])
          if !any(above) && !found[count - 1].isNaN {
            index += 8
            continue
          }
        }
        for candidate in index..<min(columns, index + 8) {
          let value = x[candidate]
          if filled == count && !Self.precedes(value, found[count - 1]) { continue }
          var low = 0
          var high = filled
          while low < high {
            let middle = (low + high) / 2
            if Self.precedes(value, found[middle]) { high = middle } else { low = middle + 1 }
          }
          var place = filled < count ? filled : count - 1
          filled = min(count, filled + 1)
          while place > low {
            found[place] = found[place - 1]
            places[place] = places[place - 1]
            place -= 1
          }
          found[low] = value
          places[low] = Int32(truncatingIfNeeded: candidate)
        }
        index += 8
      }
    }
  }

  @inline(__always)
  private static func precedes(_ a: Float, _ b: Float) -> Bool { a > b || (b.isNaN && !a.isNaN) }
}
