/// Batches for training: what a sample is follows from its number, whatever was drawn before.
public protocol TrainingBatches: Sendable {
  /// How many tokens a sample has, padding included.
  var contextLength: Int { get }
  /// How many samples an epoch has.
  var samplesPerEpoch: Int { get }
  /// Fills rows with the samples `firstSample`, `firstSample + 1`, ...
  ///
  /// Shape: inputs and targets are [rows, contextLength], row-major; the number of rows follows from their size.
  /// Targets that are negative do not count.
  /// Returns: behind how many columns all is padding. Throws: `MartletError` if the tokens on the disk are damaged.
  func fill(
    inputs: UnsafeMutableBufferPointer<Int32>, targets: UnsafeMutableBufferPointer<Int32>, firstSample: UInt64
  ) throws -> Int
}

/// Batches to measure a model on, always the same ones.
public protocol ValidationBatches: Sendable {
  /// How many tokens a row has, padding included.
  var contextLength: Int { get }
  /// How many rows a batch has.
  var batchSize: Int { get }
  /// How many batches there are; rows of the last one that have no text are padding.
  var batchCount: Int { get }
  /// Fills batch `index`, as `TrainingBatches.fill` does.
  func fill(
    inputs: UnsafeMutableBufferPointer<Int32>, targets: UnsafeMutableBufferPointer<Int32>, batch index: Int
  ) throws -> Int
}

extension BatchSampler: TrainingBatches {}
extension EvaluationBatches: ValidationBatches {}
