import Core
import Synchronization
import Tokenizers

/// How an example lies in a row of a batch.
struct ExampleRows: Sendable {
  let examples: ExampleSequence
  let contextLength: Int
  let paddingID: Int32

  /// Writes an example, or an empty row for nil; returns how many tokens it has.
  func write(
    _ index: Int?, to row: Int, _ inputs: UnsafeMutableBufferPointer<Int32>,
    _ targets: UnsafeMutableBufferPointer<Int32>
  ) throws -> Int {
    let example = try index.map { try examples($0) } ?? (inputs: [], targets: [])
    func fill(_ buffer: UnsafeMutableBufferPointer<Int32>, _ values: [Int32], _ filler: Int32) {
      for place in 0..<contextLength {
        buffer[row * contextLength + place] = place < values.count ? values[place] : filler
      }
    }
    fill(inputs, example.inputs, paddingID)
    fill(targets, example.targets, EvaluationBatches.ignoredTarget)
    return min(contextLength, max(example.inputs.count, example.targets.count))
  }
}

/// Examples for training, each at most once an epoch: batches hold examples of like lengths, in a random order.
///
/// In an epoch examples are permuted; stretches of many batches are sorted by length, and their batches permuted again.
/// What would not fill a batch is left out, in each epoch something else.
public final class ExampleSampler: TrainingBatches, Sendable {
  /// How many tokens a row has.
  public var contextLength: Int { rows.contextLength }
  /// How many examples fill whole batches; all where there are fewer than in a batch.
  public let samplesPerEpoch: Int
  private let rows: ExampleRows
  private let batchSize: Int
  private let key: RandomKey
  private let cache = Mutex<(epoch: UInt64, stretch: Int, order: [Int])?>(nil)

  /// How many batches are sorted together: enough that lengths are alike, and few enough that epochs differ.
  private static let batchesOfStretch = 64

  /// A sampler over examples.
  ///
  /// Throws: `MartletError` if there are none, or the tokenizer has no padding.
  public init(
    _ examples: ExampleSequence, _ tokenizer: Tokenizer, contextLength: Int, batchSize: Int, seed: UInt64
  ) throws {
    guard examples.count > 0 else {
      throw MartletError(.invalidArgument, "there are no examples to train on")
    }
    rows = ExampleRows(examples: examples, contextLength: contextLength, paddingID: try tokenizer.requirePadding())
    self.batchSize = max(1, batchSize)
    let count = examples.count
    samplesPerEpoch = count < self.batchSize ? count : count - count % self.batchSize
    key = RandomKey(seed: seed).named("examples")
  }

  /// Fills rows with samples.
  public func fill(
    inputs: UnsafeMutableBufferPointer<Int32>, targets: UnsafeMutableBufferPointer<Int32>, firstSample: UInt64
  ) throws -> Int {
    var length = 1
    for row in 0..<inputs.count / contextLength {
      length = max(length, try rows.write(example(of: firstSample &+ UInt64(row)), to: row, inputs, targets))
    }
    return length
  }

  /// The example that is sample `number`.
  func example(of number: UInt64) throws -> Int {
    let epoch = number / UInt64(samplesPerEpoch)
    let place = Int(number % UInt64(samplesPerEpoch))
    let size = batchSize * Self.batchesOfStretch
    let stretch = place / size
    let known = cache.withLock { $0 }
    if let known, known.epoch == epoch, known.stretch == stretch { return known.order[place % size] }
    let order = try self.order(epoch, stretch * size..<min(samplesPerEpoch, (stretch + 1) * size))
    cache.withLock { $0 = (epoch, stretch, order) }
    return order[place % size]
  }

  private func order(_ epoch: UInt64, _ range: Range<Int>) throws -> [Int] {
    let epochKey = key.numbered(epoch)
    let permutation = IndexPermutation(count: rows.examples.count, key: epochKey)
    let sorted = try range.map { permutation($0) }
      .map { (length: try rows.examples.length($0), index: $0) }.sorted { $0 < $1 }.map(\.index)
    let count = sorted.count / batchSize
    guard count > 1 else { return sorted }
    let batches = IndexPermutation(count: count, key: epochKey.numbered(UInt64(range.lowerBound)))
    return (0..<count).flatMap { sorted[batches($0) * batchSize..<(batches($0) + 1) * batchSize] }
  }
}

/// Every example once, those of like lengths together.
public struct ExampleEvaluation: ValidationBatches {
  /// How many tokens a row has.
  public var contextLength: Int { rows.contextLength }
  /// How many rows a batch has.
  public let batchSize: Int
  /// How many batches there are.
  public var batchCount: Int { (order.count + batchSize - 1) / batchSize }
  private let rows: ExampleRows
  private let order: [Int]

  /// Batches over examples.
  ///
  /// Throws: `MartletError` if the tokens on the disk are damaged, or the tokenizer has no padding.
  public init(_ examples: ExampleSequence, _ tokenizer: Tokenizer, contextLength: Int, batchSize: Int) throws {
    rows = ExampleRows(examples: examples, contextLength: contextLength, paddingID: try tokenizer.requirePadding())
    self.batchSize = max(1, batchSize)
    order = try (0..<examples.count).map { (length: try examples.length($0), index: $0) }.sorted { $0 < $1 }
      .map(\.index)
  }

  /// Fills batch `index`.
  public func fill(
    inputs: UnsafeMutableBufferPointer<Int32>, targets: UnsafeMutableBufferPointer<Int32>, batch index: Int
  ) throws -> Int {
    var length = 1
    for row in 0..<batchSize {
      let place = index * batchSize + row
      let example = order.indices.contains(place) ? order[place] : nil
      length = max(length, try rows.write(example, to: row, inputs, targets))
    }
    return length
  }
}
