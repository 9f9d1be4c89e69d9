extension AttentionKernel {
  /// The gradients by q, k and v from what `forward` gave and the gradient of its output.
  ///
  /// Probabilities are computed anew. A tile owns a key head of a sequence, so that sums have a fixed order.
  package func backward(
    q: View, k: View, v: View, output: View, logSumExp: UnsafePointer<Float>, outputGradient: View,
    queryGradient: View, keyGradient: View, valueGradient: View
  ) -> [Launch] {
    guard batch > 0, heads > 0, headSize > 0 else { return [] }
    let tensors = BackwardTensors(
      q: q, k: k, v: v, output: output, logSumExp: logSumExp, outputGradient: outputGradient,
      queryGradient: queryGradient, keyGradient: keyGradient, valueGradient: valueGradient)
    return [
      Launch(tiles: batch * keyHeads, scratchBytes: backwardFloats * 4) { tile, worker in
        self.backwardTile(
          tile / self.keyHeads, tile % self.keyHeads, tensors, worker.scratch.assumingMemoryBound(to: Float.self))
      }
    ]
  }

  struct BackwardTensors {
    let q, k, v, output: View
    let logSumExp: UnsafePointer<Float>
    let outputGradient, queryGradient, keyGradient, valueGradient: View
  }

  /// A block of queries as the backward pass needs it, in scratch memory.
  struct PackedQueries {
    /// Queries times the scale and output gradients, both transposed: [headSize, width].
    let queries, gradients: UnsafeMutablePointer<Float>
    /// For each query its logarithm of the sum and the product of its output with its gradient.
    let logSumExp, products: UnsafeMutablePointer<Float>
    /// Probabilities and gradients of scores: [keys, width].
    let probabilities, scoreGradients: UnsafeMutablePointer<Float>
  }

  var packedFloats: Int {
    let b = Self.block
    return 2 * headSize * b + 2 * b + 2 * b * b
  }

  private var backwardFloats: Int { packedFloats + 4 * Self.block * paddedSize }

  func packedQueries(_ scratch: UnsafeMutablePointer<Float>) -> PackedQueries {
    let b = Self.block
    let matrix = headSize * b
    let vectors = scratch + 2 * matrix
    return PackedQueries(
      queries: scratch, gradients: scratch + matrix, logSumExp: vectors, products: vectors + b,
      probabilities: vectors + 2 * b, scoreGradients: vectors + 2 * b + b * b)
  }

  func pack(
    _ packed: PackedQueries, _ sequence: Int, _ head: Int, firstQuery: Int, count: Int, width: Int,
    _ tensors: BackwardTensors
  ) {
    let gradients = tensors.outputGradient
    AttentionProduct.packTransposed(
      tensors.q.at(sequence, firstQuery, head), rowStride: tensors.q.tokenStride, rows: count, columns: headSize,
      scale: scale, packed.queries, width: width)
    AttentionProduct.packTransposed(
      gradients.at(sequence, firstQuery, head), rowStride: gradients.tokenStride, rows: count, columns: headSize,
      scale: 1, packed.gradients, width: width)
    let saved = tensors.logSumExp + (sequence * heads + head) * queries + firstQuery
    for query in 0..<width {
      packed.logSumExp[query] = query < count ? saved[query] : 0
      packed.products[query] =
        query < count
        ? dotProduct(
          gradients.at(sequence, firstQuery + query, head), tensors.output.at(sequence, firstQuery + query, head),
          headSize) : 0
    }
  }

  /// Computes the probabilities of a block and the gradients of its scores times `factor`.
  @inline(__always)
  func differentiate(
    _ block: ScoreBlock, _ packed: PackedQueries, _ sequence: Int, _ head: Int, _ keyHead: Int,
    _ tensors: BackwardTensors, factor: Float
  ) {
    let first = block.keys.lowerBound
    let p = packed.probabilities
    let ds = packed.scoreGradients
    multiplyKeys(
      block, tensors.k.at(sequence, first, keyHead), rowStride: tensors.k.tokenStride, packed.queries, p)
    multiplyKeys(
      block, tensors.v.at(sequence, first, keyHead), rowStride: tensors.v.tokenStride, packed.gradients, ds)
    mask(block, sequence: sequence, head: head, p)
    var query = 0
    while query < block.width {
      let seen = block.keys(ofVector: query)
      block.clear(p, query, outside: seen)
      block.clear(ds, query, outside: seen)
      let place = seen.lowerBound &* block.width &+ query
      InstructionSet.current.differentiate(
        p + place, gradients: ds + place, stride: block.width, count: seen.count,
        logSumExp: packed.logSumExp + query, products: packed.products + query, factor: factor)
      query += 8
    }
  }

  private func backwardTile(
    _ sequence: Int, _ keyHead: Int, _ tensors: BackwardTensors, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let b = Self.block
    let (size, padded) = (headSize, paddedSize)
    let packed = packedQueries(scratch)
    let querySums = scratch + packedFloats
    let queryRows = querySums + b * padded
    let gradientRows = queryRows + b * padded
    let keyRows = gradientRows + b * padded
    let masks = masks(sequence)
    let (dk, dv) = (tensors.keyGradient, tensors.valueGradient)
    for key in 0..<keys {
      dk.at(sequence, key, keyHead).update(repeating: 0, count: size)
      dv.at(sequence, key, keyHead).update(repeating: 0, count: size)
    }
    let group = heads / keyHeads
    for head in keyHead * group..<(keyHead + 1) * group {
      var firstQuery = 0
      while firstQuery < queries {
        let count = min(b, queries - firstQuery)
        let width = (count + 15) & ~15
        pack(packed, sequence, head, firstQuery: firstQuery, count: count, width: width, tensors)
        let (q, qStride) = rows(tensors.q, sequence, firstQuery, head, count, queryRows)
        let (dy, dyStride) = rows(tensors.outputGradient, sequence, firstQuery, head, count, gradientRows)
        querySums.update(repeating: 0, count: count * padded)
        let visible = masks.keys(firstQuery, firstQuery + count - 1)
        var key = visible.lowerBound / b * b
        while key < visible.upperBound {
          let block = ScoreBlock(
            firstQuery: firstQuery, queryCount: count, width: width,
            keys: max(key, visible.lowerBound)..<min(key + b, visible.upperBound), masks: masks)
          let first = block.keys.lowerBound
          differentiate(block, packed, sequence, head, keyHead, tensors, factor: scale)
          addKeyGradients(
            block, packed.probabilities, dy, dyStride, dv.at(sequence, first, keyHead), dv.tokenStride)
          addKeyGradients(
            block, packed.scoreGradients, q, qStride, dk.at(sequence, first, keyHead), dk.tokenStride)
          let (k, kStride) = rows(tensors.k, sequence, first, keyHead, block.keys.count, keyRows)
          addQueryGradients(block, packed.scoreGradients, k, kStride, querySums)
          key += b
        }
        for query in 0..<count {
          tensors.queryGradient.at(sequence, firstQuery + query, head)
            .update(from: querySums + query * padded, count: size)
        }
        firstQuery += b
      }
    }
  }

  /// Rows of whole panels: in place, or a copy filled up with zeros.
  @inline(__always)
  private func rows(
    _ view: View, _ sequence: Int, _ token: Int, _ head: Int, _ count: Int, _ copy: UnsafeMutablePointer<Float>
  ) -> (UnsafePointer<Float>, Int) {
    let source = view.at(sequence, token, head)
    if paddedSize == headSize { return (UnsafePointer(source), view.tokenStride) }
    AttentionProduct.packRows(
      source, rowStride: view.tokenStride, rows: count, columns: headSize, copy, width: paddedSize)
    return (UnsafePointer(copy), paddedSize)
  }

  /// `output[key] += sum over queries of weights[key, query] * rows[query]`.
  @inline(__always)
  private func addKeyGradients(
    _ block: ScoreBlock, _ weights: UnsafePointer<Float>, _ rows: UnsafePointer<Float>, _ rowStride: Int,
    _ output: UnsafeMutablePointer<Float>, _ outputStride: Int
  ) {
    let count = block.keys.count
    var key = 0
    while key < count {
      let height = min(6, count - key)
      let seen = block.queries(block.keys.lowerBound + key, block.keys.lowerBound + key + height - 1)
      if !seen.isEmpty {
        AttentionProduct.multiply(
          rows: height, columns: 0..<headSize, depth: seen.count, weights + key * block.width + seen.lowerBound,
          aRow: block.width, aDepth: 1, rows + seen.lowerBound * rowStride, bRow: rowStride,
          output + key * outputStride, cRow: outputStride, accumulate: true)
      }
      key += 6
    }
  }

  /// `output[query] += sum over keys of weights[key, query] * rows[key]`.
  @inline(__always)
  private func addQueryGradients(
    _ block: ScoreBlock, _ weights: UnsafePointer<Float>, _ rows: UnsafePointer<Float>, _ rowStride: Int,
    _ output: UnsafeMutablePointer<Float>
  ) {
    var query = 0
    while query < block.queryCount {
      let height = min(6, block.queryCount - query)
      let seen = block.keys(query, query + height - 1)
      if !seen.isEmpty {
        AttentionProduct.multiply(
          rows: height, columns: 0..<paddedSize, depth: seen.count, weights + seen.lowerBound * block.width + query,
          aRow: 1, aDepth: block.width, rows + seen.lowerBound * rowStride, bRow: rowStride,
          output + query * paddedSize, cRow: paddedSize, accumulate: true)
      }
      query += 6
    }
  }

  /// The gradient by the bias, summed over the sequences and heads that share it; `gradient` has the bias's form.
  ///
  /// A launch of its own computes the probabilities once more, so that sums have a fixed order.
  package func biasBackward(
    q: View, k: View, v: View, output: View, logSumExp: UnsafePointer<Float>, outputGradient: View, gradient: Bias
  ) -> [Launch] {
    guard batch > 0, heads > 0, queries > 0 else { return [] }
    let tensors = BackwardTensors(
      q: q, k: k, v: v, output: output, logSumExp: logSumExp, outputGradient: outputGradient, queryGradient: q,
      keyGradient: k, valueGradient: v)
    let sequences = gradient.batchStride == 0 ? 1 : batch
    let sharedHeads = gradient.headStride == 0 ? 1 : heads
    let blocks = queryBlocks
    return [
      Launch(tiles: sequences * sharedHeads * blocks, scratchBytes: packedFloats * 4) { tile, worker in
        let sequence = tile / blocks / sharedHeads
        let head = tile / blocks % sharedHeads
        let firstQuery = tile % blocks * Self.block
        let count = min(Self.block, self.queries - firstQuery)
        let target =
          gradient.pointer + sequence * gradient.batchStride + head * gradient.headStride
          + firstQuery * gradient.queryStride
        for query in 0..<count { (target + query * gradient.queryStride).update(repeating: 0, count: self.keys) }
        let scratch = worker.scratch.assumingMemoryBound(to: Float.self)
        for s in sequences == 1 ? 0..<self.batch : sequence..<sequence + 1 {
          for h in sharedHeads == 1 ? 0..<self.heads : head..<head + 1 {
            self.addBiasGradient(s, h, firstQuery, count, tensors, target, gradient.queryStride, scratch)
          }
        }
      }
    ]
  }

  private func addBiasGradient(
    _ sequence: Int, _ head: Int, _ firstQuery: Int, _ count: Int, _ tensors: BackwardTensors,
    _ target: UnsafeMutablePointer<Float>, _ stride: Int, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let b = Self.block
    let packed = packedQueries(scratch)
    let width = (count + 15) & ~15
    let masks = masks(sequence)
    let keyHead = head / (heads / keyHeads)
    pack(packed, sequence, head, firstQuery: firstQuery, count: count, width: width, tensors)
    let visible = masks.keys(firstQuery, firstQuery + count - 1)
    var key = visible.lowerBound / b * b
    while key < visible.upperBound {
      let block = ScoreBlock(
        firstQuery: firstQuery, queryCount: count, width: width,
        keys: max(key, visible.lowerBound)..<min(key + b, visible.upperBound), masks: masks)
      differentiate(block, packed, sequence, head, keyHead, tensors, factor: 1)
      for query in 0..<count {
        for index in 0..<block.keys.count {
          target[query * stride + block.keys.lowerBound + index] += packed.scoreGradients[index * width + query]
        }
      }
      key += b
    }
  }
}
