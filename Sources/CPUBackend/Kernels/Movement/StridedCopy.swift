/// Copies between two strided tensors of the same shape: transposes, slices, pads, concatenates, broadcasts.
///
/// Elements are 1, 2, 4 or 8 bytes; a source stride of 0 repeats. Source and target must not overlap.
package final class StridedCopy: @unchecked Sendable {
  /// A start along one axis of the target or source that is read when the copy runs.
  package struct RuntimeStart {
    let index: UnsafePointer<Int32>
    /// The largest start allowed; larger ones are clamped, as those below 0.
    let limit: Int
    /// Elements from one index to the next.
    let stride: Int

    package init(_ index: UnsafePointer<Int32>, limit: Int, stride: Int) {
      self.index = index
      self.limit = limit
      self.stride = stride
    }

    @inline(__always)
    var offset: Int { max(0, min(limit, Int(index.pointee))) * stride }
  }

  private enum Form {
    /// Runs of elements that are next to each other on both sides.
    case runs(length: Int)
    /// One axis is dense in the target, another in the source: blocks of `across` source rows.
    case transpose(rows: Int, columns: Int, sourceColumnStride: Int, targetRowStride: Int)
    /// One element repeated, or elements gathered one by one.
    case elements(count: Int, sourceStride: Int, targetStride: Int)
  }

  private struct Axis {
    var size: Int
    var source: Int
    var target: Int
  }

  private let elementBytes: Int
  private let form: Form
  /// The axes outside the inner form, outermost first; plain memory, so that tiles allocate nothing.
  private let outer: UnsafeMutableBufferPointer<Axis>
  private let outerCount: Int
  private let innerCount: Int

  /// A copy of `shape` elements; strides are in elements.
  package init(shape: [Int], sourceStrides: [Int], targetStrides: [Int], elementBytes: Int) {
    self.elementBytes = elementBytes
    var axes = shape.indices.filter { shape[$0] != 1 }.map {
      Axis(size: shape[$0], source: sourceStrides[$0], target: targetStrides[$0])
    }
    let isEmpty = axes.contains { $0.size == 0 }
    // The target is written from front to back; axes that continue each other on both sides become one.
    axes.sort { $0.target > $1.target }
    var merged: [Axis] = []
    for axis in axes {
      if let last = merged.last, last.source == axis.source * axis.size, last.target == axis.target * axis.size {
        merged[merged.count - 1] = Axis(size: last.size * axis.size, source: axis.source, target: axis.target)
      } else {
        merged.append(axis)
      }
    }
    if isEmpty { merged = [Axis(size: 0, source: 1, target: 1)] }
    let inner = merged.popLast() ?? Axis(size: 1, source: 1, target: 1)
    if inner.source == 1 && inner.target == 1 {
      form = .runs(length: inner.size)
      innerCount = inner.size
    } else if inner.target == 1, inner.source != 0, let other = merged.firstIndex(where: { $0.source == 1 }) {
      let row = merged.remove(at: other)
      form = .transpose(
        rows: row.size, columns: inner.size, sourceColumnStride: inner.source, targetRowStride: row.target)
      innerCount = row.size * inner.size
    } else {
      form = .elements(count: inner.size, sourceStride: inner.source, targetStride: inner.target)
      innerCount = inner.size
    }
    outer = .allocate(capacity: merged.count)
    _ = outer.initialize(from: merged)
    outerCount = merged.reduce(1) { $0 * $1.size }
  }

  deinit { outer.deallocate() }

  /// The copy that permutes the axes of a dense tensor: axis i of the result is axis `permutation[i]` of the source.
  package convenience init(transposing shape: [Int], by permutation: [Int], elementBytes: Int) {
    let result = permutation.map { shape[$0] }
    let strides = Self.denseStrides(shape)
    self.init(
      shape: result, sourceStrides: permutation.map { strides[$0] }, targetStrides: Self.denseStrides(result),
      elementBytes: elementBytes)
  }

  /// The strides of a dense tensor.
  package static func denseStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }

  /// The copy from `source` to `target`, each the address of the first element, moved by a start where one is given.
  package func launches(
    source: UnsafeRawPointer, target: UnsafeMutableRawPointer, sourceStart: RuntimeStart? = nil,
    targetStart: RuntimeStart? = nil
  ) -> [Launch] {
    guard outerCount > 0, innerCount > 0 else { return [] }
    let goal = 16 * 1024
    switch form {
    case .runs(let length):
      // Long runs are cut, short ones taken together.
      let piece = min(length, goal)
      let pieces = (length + piece - 1) / piece
      let together = max(1, goal / max(1, length))
      let tiles = (outerCount + together - 1) / together * pieces
      return [
        Launch(tiles: tiles) { tile, _ in
          let (s, t) = self.starts(source, target, sourceStart, targetStart)
          let first = tile % pieces * piece
          let bytes = min(piece, length - first) * self.elementBytes
          self.forEachOuter(tile / pieces * together, together) { from, to in
            (t + (to + first) * self.elementBytes).copyMemory(
              from: s + (from + first) * self.elementBytes, byteCount: bytes)
          }
        }
      ]
    case .transpose(let rows, let columns, let columnStride, let rowStride):
      let piece = max(32, min(columns, goal / max(1, min(rows, 512))))
      let pieces = (columns + piece - 1) / piece
      let together = max(1, goal / max(1, rows * columns))
      let tiles = (outerCount + together - 1) / together * pieces
      return [
        Launch(tiles: tiles) { tile, _ in
          let (s, t) = self.starts(source, target, sourceStart, targetStart)
          let first = tile % pieces * piece
          let count = min(piece, columns - first)
          self.forEachOuter(tile / pieces * together, together) { from, to in
            transposeElements(
              s + (from + first * columnStride) * self.elementBytes, columnStride: columnStride,
              t + (to + first) * self.elementBytes, rowStride: rowStride, rows: rows, columns: count,
              elementBytes: self.elementBytes)
          }
        }
      ]
    case .elements(let count, let sourceStride, let targetStride):
      let together = max(1, goal / max(1, count))
      return [
        Launch(tiles: (outerCount + together - 1) / together) { tile, _ in
          let (s, t) = self.starts(source, target, sourceStart, targetStart)
          self.forEachOuter(tile * together, together) { from, to in
            copyElements(
              s + from * self.elementBytes, sourceStride, t + to * self.elementBytes, targetStride, count,
              elementBytes: self.elementBytes)
          }
        }
      ]
    }
  }

  @inline(__always)
  private func starts(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ sourceStart: RuntimeStart?,
    _ targetStart: RuntimeStart?
  ) -> (UnsafeRawPointer, UnsafeMutableRawPointer) {
    (
      source + (sourceStart?.offset ?? 0) * elementBytes, target + (targetStart?.offset ?? 0) * elementBytes
    )
  }

  /// Calls `body` with the offsets of up to `count` combinations of the outer axes from the `first` on.
  @inline(__always)
  private func forEachOuter(_ first: Int, _ count: Int, _ body: (_ source: Int, _ target: Int) -> Void) {
    for index in first..<min(outerCount, first + count) {
      var rest = index
      var source = 0
      var target = 0
      var axis = outer.count - 1
      while axis >= 0 {
        let a = outer[axis]
        let at = rest % a.size
        rest /= a.size
        source += at * a.source
        target += at * a.target
        axis -= 1
      }
      body(source, target)
    }
  }
}

/// Writes `rows` rows of `columns` elements whose columns are dense in the source.
private func transposeElements(
  _ source: UnsafeRawPointer, columnStride: Int, _ target: UnsafeMutableRawPointer, rowStride: Int, rows: Int,
  columns: Int, elementBytes: Int
) {
  switch elementBytes {
  case 1: transposeBlocks(UInt8.self, source, columnStride, target, rowStride, rows, columns)
  case 2: transposeBlocks(UInt16.self, source, columnStride, target, rowStride, rows, columns)
  case 4:
    transposeFloats(
      source.assumingMemoryBound(to: Float.self), columnStride, target.assumingMemoryBound(to: Float.self), rowStride,
      rows, columns)
  default: transposeBlocks(UInt64.self, source, columnStride, target, rowStride, rows, columns)
  }
}

@inline(__always)
private func transposeBlocks<Element: BitwiseCopyable>(
  _: Element.Type, _ source: UnsafeRawPointer, _ columnStride: Int, _ target: UnsafeMutableRawPointer,
  _ rowStride: Int, _ rows: Int, _ columns: Int
) {
  let s = source.assumingMemoryBound(to: Element.self)
  let t = target.assumingMemoryBound(to: Element.self)
  var row = 0
  while row < rows {
    let lastRow = min(rows, row + 16)
    var column = 0
    while column < columns {
      let lastColumn = min(columns, column + 16)
      for r in row..<lastRow {
        for c in column..<lastColumn { t[r * rowStride + c] = s[c * columnStride + r] }
      }
      column += 16
    }
    row += 16
  }
}

private func transposeFloats(
  _ s: UnsafePointer<Float>, _ columnStride: Int, _ t: UnsafeMutablePointer<Float>, _ rowStride: Int, _ rows: Int,
  _ columns: Int
) {
  var row = 0
  while row + 8 <= rows {
    var column = 0
    while column + 8 <= columns {
      let p = s + column * columnStride + row
      let block = transpose8(
        Vector(at: p), Vector(at: p + columnStride), Vector(at: p + 2 * columnStride), Vector(at: p + 3 * columnStride),
        Vector(at: p + 4 * columnStride), Vector(at: p + 5 * columnStride), Vector(at: p + 6 * columnStride),
        Vector(at: p + 7 * columnStride))
      let q = t + row * rowStride + column
      block.0.store(to: q)
      block.1.store(to: q + rowStride)
      block.2.store(to: q + 2 * rowStride)
      block.3.store(to: q + 3 * rowStride)
      block.4.store(to: q + 4 * rowStride)
      block.5.store(to: q + 5 * rowStride)
      block.6.store(to: q + 6 * rowStride)
      block.7.store(to: q + 7 * rowStride)
      column += 8
    }
    while column < columns {
      for r in row..<row + 8 { t[r * rowStride + column] = s[column * columnStride + r] }
      column += 1
    }
    row += 8
  }
  while row < rows {
    for column in 0..<columns { t[row * rowStride + column] = s[column * columnStride + row] }
    row += 1
  }
}

private func copyElements(
  _ source: UnsafeRawPointer, _ sourceStride: Int, _ target: UnsafeMutableRawPointer, _ targetStride: Int,
  _ count: Int, elementBytes: Int
) {
  @inline(__always) func copy<Element: BitwiseCopyable>(_: Element.Type) {
    let s = source.assumingMemoryBound(to: Element.self)
    let t = target.assumingMemoryBound(to: Element.self)
    if sourceStride == 0 && targetStride == 1 {
      t.update(repeating: s[0], count: count)
      return
    }
    for index in 0..<count { t[index * targetStride] = s[index * sourceStride] }
  }
  switch elementBytes {
  case 1: copy(UInt8.self)
  case 2: copy(UInt16.self)
  case 4: copy(UInt32.self)
  default: copy(UInt64.self)
  }
}
