import Core
import Datasets

/// The validation tokens in batches, and the loss over them.
struct ValidationSet {
  private let batches: EvaluationBatches
  private var inputs: [Int32]
  private var targets: [Int32]

  /// The validation tokens of a data set, or nil if there are too few to measure anything.
  ///
  /// Throws: `MartletError` if sizes are not positive.
  init?(_ tokens: TokenSequence, contextLength: Int, batchSize: Int) throws {
    guard tokens.count > 1 else { return nil }
    batches = try EvaluationBatches(tokens, contextLength: contextLength, batchSize: batchSize)
    inputs = [Int32](repeating: 0, count: contextLength * batchSize)
    targets = inputs
  }

  /// How many batches an evaluation of about `tokens` tokens takes; 0 stands for all.
  func batchCount(tokens: Int) -> Int {
    let perBatch = batches.contextLength * batches.batchSize
    return tokens == 0 ? batches.batchCount : min(batches.batchCount, max(1, (tokens + perBatch - 1) / perBatch))
  }

  /// The mean loss over `count` batches that lie evenly over the whole text, always the same ones.
  ///
  /// - Parameter isStopping: asked before each batch whether to give up.
  ///
  /// Units: nats per token. Throws: `MartletError` if the tokens are damaged, or with the code `interrupted`.
  mutating func loss(
    _ executor: TrainingExecutor, batchCount count: Int, averaged: Bool, isStopping: () -> Bool
  ) throws -> Double? {
    var sum = 0.0
    var tokens = 0
    for index in 0..<count {
      if isStopping() { throw MartletError(.interrupted, "the evaluation was given up") }
      let batch = try self.batch(index * batches.batchCount / count)
      let part = try executor.evaluate(batch, averaged: averaged)
      sum += part.lossSum
      tokens += part.tokenCount
    }
    return tokens > 0 ? sum / Double(tokens) : nil
  }

  /// Batch `index`.
  mutating func batch(_ index: Int) throws -> TrainingExecutor.Batch {
    try inputs.withUnsafeMutableBufferPointer { inputs in
      try targets.withUnsafeMutableBufferPointer { targets in
        _ = try batches.fill(inputs: inputs, targets: targets, batch: index)
      }
    }
    return TrainingExecutor.Batch(tokens: inputs, targets: targets)
  }
}
