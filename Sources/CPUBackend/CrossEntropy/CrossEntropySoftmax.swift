/// The elementwise part of a cross-entropy, for the rows of a chunk.
struct CrossEntropySoftmax: @unchecked Sendable {
  /// `[rows, stride]`.
  let logits: UnsafeMutablePointer<Float>
  let stride: Int
  /// `[rows, blocks]`: the largest logit of each block, and later what its exponentials are multiplied by.
  let maxima: UnsafeMutablePointer<Float>
  /// `[rows, blocks]`: the sum of `exp(logit - maximum)`.
  let sums: UnsafeMutablePointer<Float>
  /// `[rows]`
  let targetLogits: UnsafeMutablePointer<Float>
  let blocks: Int
  let vocabulary: Int
  /// `[vocabulary]`, added to each row of logits.
  let bias: UnsafePointer<Float>?
  let targets: UnsafePointer<Int32>
  let losses: UnsafeMutablePointer<Float>
  let logSumExps: UnsafeMutablePointer<Float>?
  let lossGradients: UnsafePointer<Float>?

  /// Takes a block of logits that has just been computed; leaves `exp(logit - maximum)` in its place if it is kept.
  func exponentiate(
    _ block: UnsafeMutablePointer<Float>, rows: Range<Int>, columns: Int, firstToken: Int, block index: Int,
    keeps: Bool
  ) {
    for row in rows {
      let numbers = block + row * stride
      if let bias { Self.add(bias + firstToken, to: numbers, columns) }
      let target = Int(targets[row]) - firstToken
      if target >= 0, target < columns { targetLogits[row] = numbers[target] }
      let place = row * blocks + index
      sums[place] = InstructionSet.current.exponentiate(
        numbers, columns, maximum: maxima + place, keeps: keeps)
    }
  }

  /// Adds `terms` to as many numbers.
  static func add(_ terms: UnsafePointer<Float>, to numbers: UnsafeMutablePointer<Float>, _ count: Int) {
    var index = 0
    while index + 8 <= count {
      (Vector(at: numbers + index) + Vector(at: terms + index)).store(to: numbers + index)
      index += 8
    }
    while index < count {
      numbers[index] += terms[index]
      index += 1
    }
  }

  private static func maximum(_ numbers: UnsafeMutablePointer<Float>, _ count: Int) -> Float {
    var largest = Vector(repeating: -.infinity)
    var index = 0
    while index + 8 <= count {
      largest = larger(largest, Vector(at: numbers + index))
      index += 8
    }
    if index < count {
      largest = larger(largest, Vector(at: numbers + index, count: count - index, filler: -.infinity))
    }
    return largest.largest
  }

  /// Makes a row's loss of its blocks' maxima and sums, and turns the maxima into the factors that make the
  /// exponentials the gradient of the logits (but for the target's).
  func finish(row: Int) {
    let maxima = self.maxima + row * blocks
    let sums = self.sums + row * blocks
    let maximum = Self.maximum(maxima, blocks)
    var total = Vector.zero
    var index = 0
    while index < blocks {
      let count = min(8, blocks - index)
      let scale = exponentialOfDifference(Vector(at: maxima + index, count: count, filler: -.infinity) - maximum)
      total += scale * Vector(at: sums + index, count: count)
      scale.store(to: maxima + index, count: count)
      index += 8
    }
    let sum = total.total
    let logSumExp = maximum + logarithm(Vector(repeating: sum))[0]
    logSumExps?[row] = logSumExp
    let target = Int(targets[row])
    losses[row] = target < 0 ? 0 : target < vocabulary ? logSumExp - targetLogits[row] : .nan
    guard let lossGradients else { return }
    let factor = target < 0 ? 0 : target < vocabulary ? lossGradients[row] / sum : .nan
    for block in 0..<blocks { maxima[block] *= factor }
  }

  /// Makes the gradient of a row's logits in some blocks, given by their tokens.
  func scale(row: Int, blocks ranges: [Range<Int>], firstBlock: Int) {
    let numbers = logits + row * stride
    var block = firstBlock
    for range in ranges {
      let factor = maxima[row * blocks + block]
      var column = range.lowerBound
      while column + 8 <= range.upperBound {
        (Vector(at: numbers + column) * factor).store(to: numbers + column)
        column += 8
      }
      while column < range.upperBound {
        numbers[column] *= factor
        column += 1
      }
      let target = Int(targets[row])
      if range.contains(target), let lossGradients { numbers[target] -= lossGradients[row] }
      block += 1
    }
  }
}
