extension AttentionKernel {
  /// A block of queries against a block of keys, as rows of keys: the transposed scores, `[keys, width]`.
  struct ScoreBlock {
    let firstQuery: Int
    let queryCount: Int
    /// The number of queries, padded to whole panels of 16.
    let width: Int
    let keys: Range<Int>
    let masks: Masks

    var lastQuery: Int { firstQuery + queryCount - 1 }

    /// The queries, counted from the block's first, that may see some key of `firstKey...lastKey`.
    @inline(__always)
    func queries(_ firstKey: Int, _ lastKey: Int) -> Range<Int> {
      let lower = max(0, firstKey - masks.reach + 1 - firstQuery)
      let upper = min(queryCount, lastKey - masks.reach + masks.window + 1 - firstQuery)
      return lower..<max(lower, upper)
    }

    /// The keys, counted from the block's first, that some query of the vector from `first` on may see.
    @inline(__always)
    func keys(ofVector first: Int) -> Range<Int> {
      first < queryCount ? keys(first, min(first + 7, queryCount - 1)) : 0..<0
    }

    /// Puts zeros into the rows outside `seen` of the vector from `query` on.
    @inline(__always)
    func clear(_ matrix: UnsafeMutablePointer<Float>, _ query: Int, outside seen: Range<Int>) {
      let zero = Vector(repeating: 0)
      for key in 0..<seen.lowerBound { zero.store(to: matrix + (key &* width &+ query)) }
      for key in seen.upperBound..<max(seen.upperBound, keys.count) { zero.store(to: matrix + (key &* width &+ query)) }
    }

    /// The keys, counted from the block's first, that some query of `first...last` may see.
    @inline(__always)
    func keys(_ first: Int, _ last: Int) -> Range<Int> {
      let all = masks.keys(firstQuery + first, firstQuery + last)
      let lower = max(all.lowerBound, keys.lowerBound) - keys.lowerBound
      let upper = min(all.upperBound, keys.upperBound) - keys.lowerBound
      return lower..<max(lower, upper)
    }
  }

  /// Products of rows of keys (or values) with packed, transposed queries (or gradients): `[keys, width]`.
  ///
  /// Panels that the masks hide are left as they are: what follows clears them.
  @inline(__always)
  func multiplyKeys(
    _ block: ScoreBlock, _ rows: UnsafePointer<Float>, rowStride: Int, _ packed: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    let count = block.keys.count
    var key = 0
    while key < count {
      let height = min(6, count - key)
      let first = block.keys.lowerBound + key
      let seen = block.queries(first, first + height - 1)
      if !seen.isEmpty {
        AttentionProduct.multiply(
          rows: height, columns: seen.lowerBound & ~15..<(seen.upperBound + 15) & ~15, depth: headSize,
          rows + key * rowStride, aRow: rowStride, aDepth: 1, packed, bRow: block.width,
          output + key * block.width, cRow: block.width, accumulate: false)
      }
      key += 6
    }
  }

  /// Adds the bias, and puts minus infinity where a query doesn't see a key that others of its vector see.
  @inline(__always)
  func mask(_ block: ScoreBlock, sequence: Int, head: Int, _ scores: UnsafeMutablePointer<Float>) {
    if let bias {
      addBias(
        block, bias.pointer + sequence * bias.batchStride + head * bias.headStride, bias.queryStride, scores)
    }
    if block.masks.showAll(block.firstQuery, block.lastQuery, block.keys) { return }
    let lanes = SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7)
    let count = block.keys.count
    for key in 0..<count {
      let row = scores + key * block.width
      // Query q sees the key where `start <= q < end`, counted from the block's first query.
      let position = block.keys.lowerBound + key
      let start = position - block.masks.reach + 1 - block.firstQuery
      let end = position - block.masks.reach + block.masks.window + 1 - block.firstQuery
      let low = SIMD8<Int32>(repeating: Int32(max(0, min(block.width, start))))
      let high = SIMD8<Int32>(repeating: Int32(max(0, min(block.width, end))))
      var query = 0
      while query < block.width {
        let isPart = start > query || end < query + 8
        if isPart && start < query + 8 && end > query {
          let index = lanes &+ SIMD8(repeating: Int32(truncatingIfNeeded: query))
          Vector(at: row + query)
            .replacing(with: -.infinity, where: (index .< low) .| (index .>= high)).store(to: row + query)
        }
        query += 8
      }
    }
  }

  private func addBias(
    _ block: ScoreBlock, _ bias: UnsafePointer<Float>, _ queryStride: Int, _ scores: UnsafeMutablePointer<Float>
  ) {
    let count = block.keys.count
    let source = bias + block.firstQuery * queryStride + block.keys.lowerBound
    var query = 0
    while query < block.queryCount {
      let height = min(8, block.queryCount - query)
      let p = source + query * queryStride
      var key = 0
      while height == 8 && key + 8 <= count {
        let q = p + key
        let t = transpose8(
          Vector(at: q), Vector(at: q + queryStride), Vector(at: q + 2 * queryStride), Vector(at: q + 3 * queryStride),
          Vector(at: q + 4 * queryStride), Vector(at: q + 5 * queryStride), Vector(at: q + 6 * queryStride),
          Vector(at: q + 7 * queryStride))
        let target = scores + key * block.width + query
        @inline(__always) func add(_ v: Vector, _ row: Int) {
          let place = target + row * block.width
          (Vector(at: place) + v).store(to: place)
        }
        add(t.0, 0)
        add(t.1, 1)
        add(t.2, 2)
        add(t.3, 3)
        add(t.4, 4)
        add(t.5, 5)
        add(t.6, 6)
        add(t.7, 7)
        key += 8
      }
      while key < count {
        for index in 0..<height { scores[key * block.width + query + index] += p[index * queryStride + key] }
        key += 1
      }
      query += 8
    }
  }
}
