import CPlatform
import Glibc

extension AttentionKernel {
  /// Up to so many queries, keys and values are read once for all heads that share them, without being packed.
  static let fewQueries = 2

  /// Attention of a few queries over a long cache: what limits it is reading the keys and values.
  func decode(
    q: View, k: View, v: View, output: View, logSumExp: UnsafeMutablePointer<Float>?
  ) -> [Launch] {
    let rows = heads / keyHeads * queries
    let width = (headSize + 7) & ~7
    let floats = 2 * rows * width + rows * Self.block + 3 * rows
    return [
      Launch(tiles: batch * keyHeads, scratchBytes: floats * 4) { tile, worker in
        self.decodeTile(
          tile / self.keyHeads, tile % self.keyHeads, q, k, v, output, logSumExp,
          worker.scratch.assumingMemoryBound(to: Float.self))
      }
    ]
  }

  private func decodeTile(
    _ sequence: Int, _ keyHead: Int, _ q: View, _ k: View, _ v: View, _ output: View,
    _ logSumExp: UnsafeMutablePointer<Float>?, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let b = Self.block
    let size = headSize
    let width = (size + 7) & ~7
    let group = heads / keyHeads
    // Row r is query `r / group` of head `keyHead * group + r % group`.
    let rows = group * queries
    let packed = scratch
    let sums = packed + rows * width
    let scores = sums + rows * width
    let top = scores + rows * b
    let total = top + rows
    let masks = masks(sequence)
    for row in 0..<rows {
      let source = q.at(sequence, row / group, keyHead * group + row % group)
      for column in 0..<width { packed[row * width + column] = column < size ? source[column] * scale : 0 }
    }
    sums.update(repeating: 0, count: rows * width)
    top.update(repeating: -.infinity, count: rows)
    total.update(repeating: 0, count: rows)

    let visible = masks.keys(0, queries - 1)
    var first = visible.lowerBound
    while first < visible.upperBound {
      let count = min(b, visible.upperBound - first)
      let keyRows = k.at(sequence, first, keyHead)
      for key in 0..<count {
        let keyRow = keyRows + key * k.tokenStride
        prefetch(keyRow + 16 * k.tokenStride, within: visible.upperBound - first - key > 16)
        for row in 0..<rows { scores[row * b + key] = product(packed + row * width, keyRow, size) }
      }
      for row in 0..<rows { exponentiate(row, sequence, keyHead, first, count, masks, scores, top, total, sums, width) }
      let valueRows = UnsafePointer(v.at(sequence, first, keyHead))
      for row in 0..<rows {
        addValues(scores + row * b, valueRows, v.tokenStride, count, sums + row * width)
      }
      first += count
    }

    for row in 0..<rows {
      let query = row / group
      let head = keyHead * group + row % group
      let target = output.at(sequence, query, head)
      let sum = total[row]
      let isEmpty = sum == 0
      for column in 0..<size { target[column] = isEmpty ? 0 : sums[row * width + column] / sum }
      logSumExp?[(sequence * heads + head) * queries + query] = isEmpty ? Self.nothing : top[row] + logf(sum)
    }
  }

  @inline(__always)
  private func prefetch(_ row: UnsafePointer<Float>, within: Bool) {
    guard within else { return }
    var offset = 0
    while offset < headSize {
      platform_prefetch_near(row + offset)
      offset += 16
    }
  }

  @inline(__always)
  private func product(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) -> Float {
    var s0 = Vector()
    var s1 = Vector()
    var index = 0
    while index + 16 <= count {
      s0 = multiplyAdd(Vector(at: x + index), Vector(at: y + index), s0)
      s1 = multiplyAdd(Vector(at: x + index + 8), Vector(at: y + index + 8), s1)
      index += 16
    }
    if index + 8 <= count {
      s0 = multiplyAdd(Vector(at: x + index), Vector(at: y + index), s0)
      index += 8
    }
    if index < count { s1 = multiplyAdd(Vector(at: x + index), Vector(at: y + index, count: count - index), s1) }
    return (s0 + s1).total
  }

  @inline(__always)
  private func exponentiate(
    _ row: Int, _ sequence: Int, _ keyHead: Int, _ first: Int, _ count: Int, _ masks: Masks,
    _ scores: UnsafeMutablePointer<Float>, _ top: UnsafeMutablePointer<Float>, _ total: UnsafeMutablePointer<Float>,
    _ sums: UnsafeMutablePointer<Float>, _ width: Int
  ) {
    let group = heads / keyHeads
    let query = row / group
    let s = scores + row * Self.block
    if let bias {
      let source =
        bias.pointer + sequence * bias.batchStride + (keyHead * group + row % group) * bias.headStride
        + query * bias.queryStride + first
      for key in 0..<count { s[key] += source[key] }
    }
    let seen = masks.keys(query, query)
    for key in 0..<count where !seen.contains(first + key) { s[key] = -.infinity }
    // The block is filled up to whole vectors.
    let padded = (count + 7) & ~7
    for key in count..<padded { s[key] = -.infinity }
    var largest = Vector(repeating: top[row])
    for key in stride(from: 0, to: padded, by: 8) { largest = larger(largest, Vector(at: s + key)) }
    let before = top[row]
    let newTop = largest.largest
    let shift = newTop == -.infinity ? 0 : newTop
    var sum = Vector()
    for key in stride(from: 0, to: padded, by: 8) {
      let e = exponentialOfDifference(Vector(at: s + key) - shift)
      e.store(to: s + key)
      sum += e
    }
    let factor = exponentialOfDifference(Vector(repeating: before - shift))
    top[row] = newTop
    total[row] = total[row] * factor[0] + sum.total
    if factor[0] != 1 {
      for column in stride(from: 0, to: width, by: 8) {
        (Vector(at: sums + row * width + column) * factor).store(to: sums + row * width + column)
      }
    }
  }

  /// `sums += weights * values`, columns 64, then 8, at a time.
  @inline(__always)
  private func addValues(
    _ weights: UnsafePointer<Float>, _ values: UnsafePointer<Float>, _ stride: Int, _ count: Int,
    _ sums: UnsafeMutablePointer<Float>
  ) {
    var column = 0
    while column + 64 <= headSize {
      let s = sums + column
      var s0 = Vector(at: s)
      var s1 = Vector(at: s + 8)
      var s2 = Vector(at: s + 16)
      var s3 = Vector(at: s + 24)
      var s4 = Vector(at: s + 32)
      var s5 = Vector(at: s + 40)
      var s6 = Vector(at: s + 48)
      var s7 = Vector(at: s + 56)
      var p = values + column
      for key in 0..<count {
        let w = Vector(repeating: weights[key])
        s0 = multiplyAdd(w, Vector(at: p), s0)
        s1 = multiplyAdd(w, Vector(at: p + 8), s1)
        s2 = multiplyAdd(w, Vector(at: p + 16), s2)
        s3 = multiplyAdd(w, Vector(at: p + 24), s3)
        s4 = multiplyAdd(w, Vector(at: p + 32), s4)
        s5 = multiplyAdd(w, Vector(at: p + 40), s5)
        s6 = multiplyAdd(w, Vector(at: p + 48), s6)
        s7 = multiplyAdd(w, Vector(at: p + 56), s7)
        p += stride
      }
      s0.store(to: s)
      s1.store(to: s + 8)
      s2.store(to: s + 16)
      s3.store(to: s + 24)
      s4.store(to: s + 32)
      s5.store(to: s + 40)
      s6.store(to: s + 48)
      s7.store(to: s + 56)
      column += 64
    }
    while column < headSize {
      let width = min(8, headSize - column)
      var sum = Vector(at: sums + column)
      for key in 0..<count {
        let p = values + key * stride + column
        let value = width == 8 ? Vector(at: p) : Vector(at: p, count: width)
        sum = multiplyAdd(Vector(repeating: weights[key]), value, sum)
      }
      sum.store(to: sums + column)
      column += 8
    }
  }
}
