/// How a cross-entropy is cut, and where its workspace holds what; all from the sizes alone.
struct CrossEntropyPlan {
  let loss: LinearCrossEntropy
  let gradients: Bool
  /// Rows that are taken together, and parts of the vocabulary.
  let chunks: [Range<Int>]
  let stages: [Range<Int>]
  /// The distance between rows of logits.
  let stride: Int
  /// How many blocks of logits in a row have a maximum and a sum of their own, at most.
  let blockCount: Int

  /// 48 MiB of logits, of which those for the losses alone need only one stage, and keep it in cache.
  private static let logitsWithGradients = 12 << 20
  private static let logitsOfStage = 4 << 20
  private static let mostRows = 1024

  init(_ loss: LinearCrossEntropy, gradients: Bool) {
    self.loss = loss
    self.gradients = gradients
    let fitting = gradients ? Self.logitsWithGradients / max(1, loss.vocabulary) : Self.mostRows
    let rows = min(max(RegisterTile.rows, min(fitting, Self.mostRows)), max(1, loss.tokens))
    let chunks = Self.cut(loss.tokens, atMost: rows, unit: RegisterTile.rows)
    self.chunks = chunks
    let columns = max(768, Self.logitsOfStage / max(1, rows + loss.hidden))
    let stages = Self.cut(loss.vocabulary, atMost: columns, unit: RegisterTile.rows * RegisterTile.columns / 2)
    self.stages = stages
    // An odd number of cache lines, so that rows do not compete for the same places of a cache.
    let width = gradients ? loss.vocabulary : stages.first?.count ?? 0
    stride = ((width + 15) / 16 | 1) * 16
    blockCount =
      Set(chunks.map(\.count)).map { rows in
        stages.reduce(0) { $0 + Self.logitsProduct(loss, rows: rows, stage: $1, stride: 0).blockColumns().count }
      }.max() ?? 0
  }

  var rows: Int { chunks.first?.count ?? 0 }

  var workspaceFloats: Int {
    matMulOffset + (products.map { $0.workspaceFloats() }.max() ?? 0)
  }

  // The workspace: logits, maxima and sums of blocks, logits of targets, then what the products need.
  var maximaOffset: Int { rows * stride }
  var sumsOffset: Int { maximaOffset + rows * blockCount }
  var targetLogitsOffset: Int { sumsOffset + rows * blockCount }
  var matMulOffset: Int { (targetLogitsOffset + rows + 15) / 16 * 16 }

  private var products: [MatMul] {
    Set(chunks.map(\.count)).flatMap { rows in
      stages.flatMap { stage in
        [Self.logitsProduct(loss, rows: rows, stage: stage, stride: stride)]
          + (gradients
            ? [
              hiddenGradientProduct(rows: rows, stage: stage), weightGradientProduct(rows: rows, stage: stage),
            ] : [])
      }
    }
  }

  func logitsProduct(rows: Int, stage: Range<Int>) -> MatMul {
    Self.logitsProduct(loss, rows: rows, stage: stage, stride: stride)
  }

  private static func logitsProduct(
    _ loss: LinearCrossEntropy, rows: Int, stage: Range<Int>, stride: Int
  ) -> MatMul {
    var product = MatMul(m: rows, n: stage.count, k: loss.hidden, transposeB: true)
    product.ldc = stride
    return product
  }

  func hiddenGradientProduct(rows: Int, stage: Range<Int>) -> MatMul {
    var product = MatMul(m: rows, n: loss.hidden, k: stage.count)
    product.lda = stride
    product.accumulate = stage.lowerBound > 0
    return product
  }

  func weightGradientProduct(rows: Int, stage: Range<Int>) -> MatMul {
    var product = MatMul(m: stage.count, n: loss.hidden, k: rows, transposeA: true)
    product.lda = stride
    return product
  }

  /// About equal ranges whose bounds are multiples of a unit.
  private static func cut(_ length: Int, atMost: Int, unit: Int) -> [Range<Int>] {
    guard length > 0 else { return [] }
    let largest = max(unit, atMost / unit * unit)
    let count = (length + largest - 1) / largest
    let step = ((length + count - 1) / count + unit - 1) / unit * unit
    return Swift.stride(from: 0, to: length, by: step).map { $0..<min(length, $0 + step) }
  }
}
