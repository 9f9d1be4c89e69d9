import Glibc

extension AttentionKernel {
  /// `o` [B, T, H, D] and, where it is wanted, the logarithm of each row's sum of exponentials [B, H, T].
  ///
  /// A query that sees no key gives zeros and -1e30.
  package func forward(
    q: View, k: View, v: View, output: View, logSumExp: UnsafeMutablePointer<Float>?
  ) -> [Launch] {
    guard batch > 0, queries > 0, heads > 0, headSize > 0 else { return [] }
    if queries <= Self.fewQueries {
      return decode(q: q, k: k, v: v, output: output, logSumExp: logSumExp)
    }
    let blocks = queryBlocks
    return [
      Launch(tiles: batch * heads * blocks, scratchBytes: forwardFloats * 4) { tile, worker in
        // The longest blocks of a causal mask come first.
        let index = blocks - 1 - tile % blocks
        let head = tile / blocks % self.heads
        self.forwardTile(
          tile / blocks / self.heads, head, index, q, k, v, output, logSumExp,
          worker.scratch.assumingMemoryBound(to: Float.self))
      }
    ]
  }

  private var forwardFloats: Int {
    let b = Self.block
    return headSize * b + b * b + b * paddedSize * 2 + 3 * b
  }

  private func forwardTile(
    _ sequence: Int, _ head: Int, _ index: Int, _ q: View, _ k: View, _ v: View, _ output: View,
    _ logSumExp: UnsafeMutablePointer<Float>?, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let b = Self.block
    let (size, padded) = (headSize, paddedSize)
    let packed = scratch
    let scores = packed + size * b
    let sums = scores + b * b
    let valueRows = sums + b * padded
    let top = valueRows + b * padded
    let total = top + b
    let factor = total + b

    let firstQuery = index * b
    let count = min(b, queries - firstQuery)
    let width = (count + 15) & ~15
    let keyHead = head / (heads / keyHeads)
    let masks = masks(sequence)
    AttentionProduct.packTransposed(
      q.at(sequence, firstQuery, head), rowStride: q.tokenStride, rows: count, columns: size, scale: scale, packed,
      width: width)
    sums.update(repeating: 0, count: count * padded)
    top.update(repeating: -.infinity, count: width)
    total.update(repeating: 0, count: width)

    let visible = masks.keys(firstQuery, firstQuery + count - 1)
    var key = visible.lowerBound / b * b
    while key < visible.upperBound {
      let block = ScoreBlock(
        firstQuery: firstQuery, queryCount: count, width: width,
        keys: max(key, visible.lowerBound)..<min(key + b, visible.upperBound), masks: masks)
      let first = block.keys.lowerBound
      multiplyKeys(
        block, k.at(sequence, first, keyHead), rowStride: k.tokenStride, packed, scores)
      mask(block, sequence: sequence, head: head, scores)
      exponentiate(block, scores, top, total, factor)
      for query in 0..<count where factor[query] != 1 {
        let f = Vector(repeating: factor[query])
        let row = sums + query * padded
        for column in stride(from: 0, to: padded, by: 8) { (Vector(at: row + column) * f).store(to: row + column) }
      }
      var values = UnsafePointer(v.at(sequence, first, keyHead))
      var valueStride = v.tokenStride
      if padded != size {
        AttentionProduct.packRows(
          values, rowStride: valueStride, rows: block.keys.count, columns: size, valueRows, width: padded)
        values = UnsafePointer(valueRows)
        valueStride = padded
      }
      var query = 0
      while query < count {
        let height = min(6, count - query)
        let seen = block.keys(query, query + height - 1)
        if !seen.isEmpty {
          AttentionProduct.multiply(
            rows: height, columns: 0..<padded, depth: seen.count, scores + seen.lowerBound * width + query, aRow: 1,
            aDepth: width, values + seen.lowerBound * valueStride, bRow: valueStride, sums + query * padded,
            cRow: padded, accumulate: true)
        }
        query += 6
      }
      key += b
    }

    for query in 0..<count {
      let sum = total[query]
      let row = sums + query * padded
      let target = output.at(sequence, firstQuery + query, head)
      let s = Vector(repeating: sum > 0 || sum.isNaN ? 1 / sum : 0)
      var column = 0
      while column + 8 <= size {
        (Vector(at: row + column) * s).store(to: target + column)
        column += 8
      }
      while column < size {
        target[column] = row[column] * s[0]
        column += 1
      }
      if let logSumExp {
        logSumExp[(sequence * heads + head) * queries + firstQuery + query] =
          sum > 0 || sum.isNaN ? top[query] + logf(sum) : Self.nothing
      }
    }
  }

  /// Turns scores into exponentials of their difference to the largest so far, and brings the sums up to date.
  ///
  /// `factor` gets what earlier sums must be multiplied by.
  @inline(__always)
  private func exponentiate(
    _ block: ScoreBlock, _ scores: UnsafeMutablePointer<Float>, _ top: UnsafeMutablePointer<Float>,
    _ total: UnsafeMutablePointer<Float>, _ factor: UnsafeMutablePointer<Float>
  ) {
    let width = block.width
    var query = 0
    while query < width {
      let seen = block.keys(ofVector: query)
      block.clear(scores, query, outside: seen)
      InstructionSet.current.exponentiate(
        scores + (seen.lowerBound &* width &+ query), stride: width, count: seen.count, largest: top + query,
        total: total + query, factor: factor + query)
      query += 8
    }
  }
}
