/// Layer normalisation or RMS normalisation of each row of [rows, columns], with a weight and a bias per column.
package struct NormalizationKernel: Sendable {
  package enum Kind: Sendable {
    /// `(x - mean) / sqrt(variance + ε) * weight + bias`.
    case layer
    /// `x / sqrt(mean of x² + ε) * weight`.
    case rootMeanSquare
  }

  package let kind: Kind
  package let rows: Int
  package let columns: Int
  package let epsilon: Float

  package init(_ kind: Kind, rows: Int, columns: Int, epsilon: Float) {
    self.kind = kind
    self.rows = rows
    self.columns = columns
    self.epsilon = epsilon
  }

  /// Rows of one tile: enough to be worth a visit, few enough to share out.
  private var tileRows: Int { max(1, 16 * 1024 / max(1, columns)) }

  /// Rows whose part of the weight's gradient is added up before the parts are.
  private var partialRows: Int { max(1, max(16 * 1024 / max(1, columns), (rows + 63) / 64)) }
  private var partials: Int { (rows + partialRows - 1) / partialRows }

  /// Bytes of memory for partial sums that `backward` needs.
  package var workspaceBytes: Int { 2 * partials * columns * 4 }

  /// Normalises; `mean` (layer norm only) and `reciprocalDeviation` get one number per row for `backward`.
  package func forward(
    input: UnsafePointer<Float>, weight: UnsafePointer<Float>?, bias: UnsafePointer<Float>?,
    output: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>?,
    reciprocalDeviation: UnsafeMutablePointer<Float>?
  ) -> [Launch] {
    let tileRows = tileRows
    guard rows > 0, columns > 0 else { return [] }
    return [
      Launch(tiles: (rows + tileRows - 1) / tileRows) { tile, _ in
        for row in tile * tileRows..<min(self.rows, (tile + 1) * tileRows) {
          self.forwardRow(
            input + row * self.columns, weight, bias, output + row * self.columns, mean.map { $0 + row },
            reciprocalDeviation.map { $0 + row })
        }
      }
    ]
  }

  @inline(__always)
  private func forwardRow(
    _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>?, _ bias: UnsafePointer<Float>?,
    _ y: UnsafeMutablePointer<Float>, _ mean: UnsafeMutablePointer<Float>?,
    _ reciprocalDeviation: UnsafeMutablePointer<Float>?
  ) {
    let count = columns
    var center: Float = 0
    var squares: Float
    if kind == .layer {
      center = sum(x, count) / Float(count)
      let c = Vector(repeating: center)
      // Differences from the mean: subtracting the mean's square at the end would lose digits.
      squares = sumOverRow(
        count,
        {
          let d = Vector(at: x + $0) - c
          return d * d
        },
        tail: {
          let d = Vector(at: x + $0, count: $1, filler: center) - c
          return d * d
        })
      mean?.pointee = center
    } else {
      squares = dotProduct(x, x, count)
    }
    let scale = 1 / (squares / Float(count) + epsilon).squareRoot()
    reciprocalDeviation?.pointee = scale
    let (c, s) = (Vector(repeating: center), Vector(repeating: scale))
    var index = 0
    if let weight, let bias {
      while index + 8 <= count {
        let normal = (Vector(at: x + index) - c) * s
        multiplyAdd(normal, Vector(at: weight + index), Vector(at: bias + index)).store(to: y + index)
        index += 8
      }
    } else {
      while index + 8 <= count {
        var value = (Vector(at: x + index) - c) * s
        if let weight { value *= Vector(at: weight + index) }
        if let bias { value += Vector(at: bias + index) }
        value.store(to: y + index)
        index += 8
      }
    }
    if index < count {
      let n = count - index
      var value = (Vector(at: x + index, count: n) - c) * s
      if let weight { value *= Vector(at: weight + index, count: n) }
      if let bias { value += Vector(at: bias + index, count: n) }
      value.store(to: y + index, count: n)
    }
  }

  /// The gradients by the input, the weight and the bias.
  ///
  /// The parameters' gradients are added up over fixed groups of rows, then over the groups in order.
  package func backward(
    input: UnsafePointer<Float>, weight: UnsafePointer<Float>?, outputGradient: UnsafePointer<Float>,
    mean: UnsafePointer<Float>?, reciprocalDeviation: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>, weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?, workspace: UnsafeMutablePointer<Float>
  ) -> [Launch] {
    let (count, partialRows, partials) = (columns, partialRows, partials)
    guard rows > 0, columns > 0 else { return [] }
    let needsParameters = weightGradient != nil || biasGradient != nil
    let rowLaunch = Launch(tiles: partials) { tile, _ in
      let weightSums = workspace + tile * count
      let biasSums = workspace + (partials + tile) * count
      if needsParameters {
        weightSums.update(repeating: 0, count: count)
        biasSums.update(repeating: 0, count: count)
      }
      for row in tile * partialRows..<min(self.rows, (tile + 1) * partialRows) {
        self.backwardRow(
          input + row * count, weight, outputGradient + row * count, mean.map { $0[row] } ?? 0,
          reciprocalDeviation[row], inputGradient + row * count, needsParameters ? weightSums : nil, biasSums)
      }
    }
    guard needsParameters else { return [rowLaunch] }
    let tileColumns = 64
    let columnLaunch = Launch(tiles: (count + tileColumns - 1) / tileColumns) { tile, _ in
      let start = tile * tileColumns
      let width = min(tileColumns, count - start)
      if let weightGradient {
        combineRows(
          .sum, workspace + start, rows: partials, stride: count, columns: width, to: weightGradient + start, scale: 1)
      }
      if let biasGradient {
        combineRows(
          .sum, workspace + partials * count + start, rows: partials, stride: count, columns: width,
          to: biasGradient + start, scale: 1)
      }
    }
    return [rowLaunch, columnLaunch]
  }

  @inline(__always)
  private func backwardRow(
    _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>?, _ dy: UnsafePointer<Float>, _ mean: Float,
    _ scale: Float, _ dx: UnsafeMutablePointer<Float>, _ weightSums: UnsafeMutablePointer<Float>?,
    _ biasSums: UnsafeMutablePointer<Float>
  ) {
    let count = columns
    let (c, s) = (Vector(repeating: mean), Vector(repeating: scale))
    var s0 = Vector()
    var s1 = Vector()
    var index = 0
    // With g = dy * weight and n the normalised row: dx = scale * (g - mean(g) - n * mean(g * n)).
    while index + 8 <= count {
      let gradient = Vector(at: dy + index)
      let normal = (Vector(at: x + index) - c) * s
      if let weightSums {
        multiplyAdd(gradient, normal, Vector(at: weightSums + index)).store(to: weightSums + index)
        (Vector(at: biasSums + index) + gradient).store(to: biasSums + index)
      }
      let g = weight.map { gradient * Vector(at: $0 + index) } ?? gradient
      s0 += g
      s1 = multiplyAdd(g, normal, s1)
      index += 8
    }
    if index < count {
      let n = count - index
      let gradient = Vector(at: dy + index, count: n)
      let normal = (Vector(at: x + index, count: n, filler: mean) - c) * s
      if let weightSums {
        multiplyAdd(gradient, normal, Vector(at: weightSums + index, count: n)).store(to: weightSums + index, count: n)
        (Vector(at: biasSums + index, count: n) + gradient).store(to: biasSums + index, count: n)
      }
      let g = weight.map { gradient * Vector(at: $0 + index, count: n) } ?? gradient
      s0 += g
      s1 = multiplyAdd(g, normal, s1)
    }
    let m0 = Vector(repeating: kind == .layer ? s0.total / Float(count) : 0)
    let m1 = Vector(repeating: s1.total / Float(count))
    index = 0
    while index + 8 <= count {
      let normal = (Vector(at: x + index) - c) * s
      let gradient = Vector(at: dy + index)
      let g = weight.map { gradient * Vector(at: $0 + index) } ?? gradient
      (s * (g - m0 - normal * m1)).store(to: dx + index)
      index += 8
    }
    if index < count {
      let n = count - index
      let normal = (Vector(at: x + index, count: n) - c) * s
      let gradient = Vector(at: dy + index, count: n)
      let g = weight.map { gradient * Vector(at: $0 + index, count: n) } ?? gradient
      (s * (g - m0 - normal * m1)).store(to: dx + index, count: n)
    }
  }
}
