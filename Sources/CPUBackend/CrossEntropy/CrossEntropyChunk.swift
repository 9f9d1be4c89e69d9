/// The launches for one chunk of rows.
struct CrossEntropyChunk {
  private let plan: CrossEntropyPlan
  private let rows: Int
  private let hiddenStates: UnsafePointer<Float>
  private let weight: UnsafePointer<Float>
  private let workspace: UnsafeMutablePointer<Float>
  private let logits: UnsafeMutablePointer<Float>
  private let softmax: CrossEntropySoftmax
  /// The first row of the chunk.
  private let first: Int
  /// For each stage, the columns where blocks begin, counted from the stage's first.
  private let blockColumns: [[Int]]

  init(
    _ plan: CrossEntropyPlan, rows: Range<Int>, hiddenStates: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, targets: UnsafePointer<Int32>, losses: UnsafeMutablePointer<Float>,
    logSumExps: UnsafeMutablePointer<Float>?, lossGradients: UnsafePointer<Float>?,
    workspace: UnsafeMutablePointer<Float>
  ) {
    self.plan = plan
    self.rows = rows.count
    self.first = rows.lowerBound
    self.hiddenStates = hiddenStates + rows.lowerBound * plan.loss.hidden
    self.weight = weight
    self.workspace = workspace
    logits = workspace
    blockColumns = plan.stages.map { plan.logitsProduct(rows: rows.count, stage: $0).blockColumns() }
    softmax = CrossEntropySoftmax(
      logits: workspace, stride: plan.stride, maxima: workspace + plan.maximaOffset,
      sums: workspace + plan.sumsOffset, targetLogits: workspace + plan.targetLogitsOffset,
      blocks: blockColumns.reduce(0) { $0 + $1.count }, vocabulary: plan.loss.vocabulary, bias: bias,
      targets: targets + rows.lowerBound, losses: losses + rows.lowerBound,
      logSumExps: logSumExps.map { $0 + rows.lowerBound }, lossGradients: lossGradients.map { $0 + rows.lowerBound })
  }

  /// Makes the exponentials of one stage's logits, with their maxima and sums.
  func logits(stage index: Int) -> [Launch] {
    let stage = plan.stages[index]
    let softmax = self.softmax
    let keeps = plan.gradients
    let firstBlock = blockColumns[..<index].reduce(0) { $0 + $1.count }
    var blockOfPanel = [Int](repeating: 0, count: (stage.count + 15) / 16)
    for (block, column) in blockColumns[index].enumerated() { blockOfPanel[column / 16] = firstBlock + block }
    let target = logits + (keeps ? stage.lowerBound : 0)
    return plan.logitsProduct(rows: rows, stage: stage).launches(
      a: hiddenStates, b: weight + stage.lowerBound * plan.loss.hidden, c: target,
      workspace: workspace + plan.matMulOffset
    ) { block in
      softmax.exponentiate(
        target + block.column, rows: block.row..<block.row + block.rows, columns: block.columns,
        firstToken: stage.lowerBound + block.column, block: blockOfPanel[block.column / 16], keeps: keeps)
    }
  }

  /// Makes the losses, and where there is one stage only the gradient of the logits too.
  func finishing() -> Launch {
    let softmax = self.softmax
    let rows = self.rows
    let scalesAtOnce = plan.gradients && plan.stages.count == 1
    let ranges = blockRanges(stage: 0)
    let group = scalesAtOnce ? rowsOfTile(columns: plan.loss.vocabulary) : 32
    return Launch(tiles: (rows + group - 1) / group) { tile, _ in
      for row in tile * group..<min(rows, (tile + 1) * group) {
        softmax.finish(row: row)
        if scalesAtOnce { softmax.scale(row: row, blocks: ranges, firstBlock: 0) }
      }
    }
  }

  /// Turns a stage's exponentials into the gradient of its logits, and multiplies that.
  func gradients(
    stage index: Int, hiddenGradient: UnsafeMutablePointer<Float>, weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?, accumulate: Bool
  ) -> [Launch] {
    let stage = plan.stages[index]
    let hidden = plan.loss.hidden
    var launches: [Launch] = []
    if plan.stages.count > 1 {
      let softmax = self.softmax
      let rows = self.rows
      let ranges = blockRanges(stage: index)
      let firstBlock = blockColumns[..<index].reduce(0) { $0 + $1.count }
      let group = rowsOfTile(columns: stage.count)
      launches.append(
        Launch(tiles: (rows + group - 1) / group) { tile, _ in
          for row in tile * group..<min(rows, (tile + 1) * group) {
            softmax.scale(row: row, blocks: ranges, firstBlock: firstBlock)
          }
        })
    }
    let logitsGradient = UnsafePointer(logits + stage.lowerBound)
    var weightProduct = plan.weightGradientProduct(rows: rows, stage: stage)
    weightProduct.accumulate = accumulate
    let matMulWorkspace = workspace + plan.matMulOffset
    launches += plan.hiddenGradientProduct(rows: rows, stage: stage).launches(
      a: logitsGradient, b: weight + stage.lowerBound * hidden, c: hiddenGradient + first * hidden,
      workspace: matMulWorkspace)
    if let weightGradient {
      launches += weightProduct.launches(
        a: logitsGradient, b: hiddenStates, c: weightGradient + stage.lowerBound * hidden, workspace: matMulWorkspace)
    }
    if let biasGradient {
      launches.append(
        columnSums(
          logitsGradient, columns: stage.count, to: biasGradient + stage.lowerBound, accumulate: accumulate))
    }
    return launches
  }

  /// Adds up the rows of a stage's gradient of logits.
  private func columnSums(
    _ numbers: UnsafePointer<Float>, columns: Int, to sums: UnsafeMutablePointer<Float>, accumulate: Bool
  ) -> Launch {
    let (rows, stride) = (self.rows, plan.stride)
    let group = 512
    return Launch(tiles: (columns + group - 1) / group) { tile, _ in
      let first = tile * group
      let count = min(group, columns - first)
      if !accumulate { (sums + first).update(repeating: 0, count: count) }
      for row in 0..<rows {
        CrossEntropySoftmax.add(numbers + row * stride + first, to: sums + first, count)
      }
    }
  }

  /// The tokens of a stage's blocks.
  private func blockRanges(stage index: Int) -> [Range<Int>] {
    let stage = plan.stages[index]
    let starts = blockColumns[index].map { stage.lowerBound + $0 }
    return starts.indices.map { starts[$0]..<($0 + 1 < starts.count ? starts[$0 + 1] : stage.upperBound) }
  }

  private func rowsOfTile(columns: Int) -> Int { max(1, 16384 / max(1, columns)) }
}
