import Core
import Datasets

/// What a model comes to on the validation set.
package struct ValidationResult: Codable, Sendable, Equatable {
  /// The mean loss, nats a target.
  package var loss: Double
  /// The share of targets that it finds, where that is measured.
  package var accuracy: Double?
}

/// The batches of validation, and the loss over them.
struct ValidationSet {
  private let batches: any ValidationBatches
  private var inputs: [Int32]
  private var targets: [Int32]

  init(_ batches: any ValidationBatches) {
    self.batches = batches
    inputs = [Int32](repeating: 0, count: batches.contextLength * batches.batchSize)
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
  ) throws -> ValidationResult? {
    var sum = TrainingExecutor.LossSum(lossSum: 0, tokenCount: 0)
    for index in 0..<count {
      if isStopping() { throw MartletError(.interrupted, "the evaluation was given up") }
      let batch = try self.batch(index * batches.batchCount / count)
      let part = try executor.evaluate(batch, averaged: averaged)
      sum.lossSum += part.lossSum
      sum.tokenCount += part.tokenCount
      if let hits = part.hitCount { sum.hitCount = (sum.hitCount ?? 0) + hits }
    }
    let count = Double(sum.tokenCount)
    guard count > 0 else { return nil }
    return ValidationResult(loss: sum.lossSum / count, accuracy: sum.hitCount.map { Double($0) / count })
  }

  /// Batch `index`.
  mutating func batch(_ index: Int) throws -> TrainingExecutor.Batch {
    let batches = batches
    let length = try inputs.withUnsafeMutableBufferPointer { inputs in
      try targets.withUnsafeMutableBufferPointer { targets in
        try batches.fill(inputs: inputs, targets: targets, batch: index)
      }
    }
    return TrainingExecutor.Batch(tokens: inputs, targets: targets, length: length)
  }
}
