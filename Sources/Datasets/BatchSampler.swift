import Core

/// Windows of tokens for training, in an order that is a function of the seed and the number of the sample alone.
///
/// A sample is a window of `contextLength` inputs and, one token further on, as many targets. Its place depends on its
/// number, not on what was drawn before: the number of samples consumed is the whole data position of a checkpoint.
public struct BatchSampler: Sendable {
  /// In which order windows come.
  public enum Order: String, Sendable, CaseIterable {
    /// Anywhere, with replacement, as nanoGPT does.
    case random
    /// Each token once an epoch: windows side by side, in another order and from another start each epoch.
    case epochs
  }

  /// The tokens that windows are cut from.
  public let tokens: TokenSequence
  /// How many tokens a sample has.
  public let contextLength: Int
  /// In which order windows come.
  public let order: Order
  /// How many windows lie side by side in the tokens: the samples of an epoch.
  public let samplesPerEpoch: Int

  private let key: RandomKey

  /// A sampler over tokens, of which there must be more than `contextLength`.
  ///
  /// Throws: `MartletError` if there are not.
  public init(_ tokens: TokenSequence, contextLength: Int, order: Order, seed: UInt64) throws {
    guard contextLength > 0 else {
      throw MartletError(.invalidArgument, "the context length must be at least 1, not \(contextLength)")
    }
    guard tokens.count > contextLength else {
      throw MartletError(
        .invalidArgument,
        "\(tokens.count) training tokens are too few for a context of \(contextLength): one more than that is needed",
        remedy: "Give more text, or a shorter context.")
    }
    self.tokens = tokens
    self.contextLength = contextLength
    self.order = order
    samplesPerEpoch = (tokens.count - 1) / contextLength
    key = RandomKey(seed: seed).named("batches")
  }

  /// Fills rows with the samples `firstSample`, `firstSample + 1`, ...
  ///
  /// Shape: inputs and targets are [rows, contextLength], row-major; the number of rows follows from their size.
  /// Throws: `MartletError` if the tokens on the disk are damaged. Complexity: O(rows x contextLength), no memory is taken.
  @discardableResult
  public func fill(
    inputs: UnsafeMutableBufferPointer<Int32>, targets: UnsafeMutableBufferPointer<Int32>, firstSample: UInt64
  ) throws -> Int {
    let rows = try batchRows(inputs, targets, contextLength)
    guard let inputs = inputs.baseAddress, let targets = targets.baseAddress else { return 0 }
    for row in 0..<rows {
      let start = windowStart(of: firstSample &+ UInt64(row))
      try copyWindow(
        tokens, start..<start + contextLength + 1, inputs + row * contextLength, targets + row * contextLength)
    }
    return contextLength
  }

  /// The number of the first token of a sample.
  public func windowStart(of sample: UInt64) -> Int {
    switch order {
    case .random:
      let words = key.block(sample, stream: 0x7261_6e64)
      let number = UInt64(words.x) | UInt64(words.y) << 32
      // The high half of a product is uniform up to 2^-64 x the count.
      return Int(number.multipliedFullWidth(by: UInt64(tokens.count - contextLength)).high)
    case .epochs:
      let epoch = sample / UInt64(samplesPerEpoch)
      let epochKey = key.numbered(epoch)
      let permutation = IndexPermutation(count: samplesPerEpoch, key: epochKey)
      let slack = tokens.count - 1 - samplesPerEpoch * contextLength
      let words = epochKey.block(1, stream: 0x7368_6966)
      let shift = Int((UInt64(words.x) | UInt64(words.y) << 32).multipliedFullWidth(by: UInt64(slack + 1)).high)
      return shift + permutation(Int(sample % UInt64(samplesPerEpoch))) * contextLength
    }
  }
}

/// Every window of the tokens once, in order: each token but the first is a target exactly once.
public struct EvaluationBatches: Sendable {
  /// The target of places without a token; a loss leaves these out.
  public static let ignoredTarget: Int32 = -100

  /// The tokens that windows are cut from.
  public let tokens: TokenSequence
  /// How many tokens a row has.
  public let contextLength: Int
  /// How many rows a batch has.
  public let batchSize: Int
  /// How many windows there are, the last of which may be shorter.
  public let windowCount: Int

  /// Batches over tokens, of which there must be at least two.
  ///
  /// Throws: `MartletError` if there are not.
  public init(_ tokens: TokenSequence, contextLength: Int, batchSize: Int) throws {
    guard contextLength > 0, batchSize > 0 else {
      throw MartletError(
        .invalidArgument, "the context length and the batch size must be at least 1, not \(contextLength), \(batchSize)"
      )
    }
    guard tokens.count > 1 else {
      throw MartletError(
        .invalidArgument, "\(tokens.count) validation tokens are too few to evaluate on: 2 are needed",
        remedy: "Give more text, or a larger validation fraction.")
    }
    self.tokens = tokens
    self.contextLength = contextLength
    self.batchSize = batchSize
    windowCount = (tokens.count - 1 + contextLength - 1) / contextLength
  }

  /// How many batches there are; rows of the last one that have no window are padding.
  public var batchCount: Int { (windowCount + batchSize - 1) / batchSize }

  /// Fills batch `index`; returns the length of its longest window.
  ///
  /// Shape: inputs and targets are [batchSize, contextLength], row-major; padding is input 0 and target -100.
  /// Throws: `MartletError` if the tokens on the disk are damaged. Complexity: O(batchSize x contextLength).
  public func fill(
    inputs: UnsafeMutableBufferPointer<Int32>, targets: UnsafeMutableBufferPointer<Int32>, batch index: Int
  ) throws -> Int {
    let rows = try batchRows(inputs, targets, contextLength)
    guard rows == batchSize else {
      throw MartletError(.invalidArgument, "room for \(rows) rows was given, a batch has \(batchSize)")
    }
    guard index >= 0, index < batchCount else {
      throw MartletError(.invalidArgument, "batch \(index) was asked for, there are \(batchCount)")
    }
    guard let inputs = inputs.baseAddress, let targets = targets.baseAddress else { return 0 }
    var longest = 0
    for row in 0..<batchSize {
      let window = index * batchSize + row
      let start = min(window, windowCount) * contextLength
      let length = window < windowCount ? min(contextLength, tokens.count - 1 - start) : 0
      let (rowInputs, rowTargets) = (inputs + row * contextLength, targets + row * contextLength)
      if length > 0 { try copyWindow(tokens, start..<start + length + 1, rowInputs, rowTargets) }
      for place in length..<contextLength {
        rowInputs[place] = 0
        rowTargets[place] = EvaluationBatches.ignoredTarget
      }
      longest = max(longest, length)
    }
    return longest
  }
}

/// How many rows the buffers of a batch have.
private func batchRows(
  _ inputs: UnsafeMutableBufferPointer<Int32>, _ targets: UnsafeMutableBufferPointer<Int32>, _ contextLength: Int
) throws -> Int {
  guard inputs.count == targets.count, inputs.count % contextLength == 0 else {
    throw MartletError(
      .invalidArgument,
      "inputs (\(inputs.count)) and targets (\(targets.count)) must both be rows of \(contextLength) tokens")
  }
  return inputs.count / contextLength
}

/// Copies a window of one token more than a row: all but the last to the inputs, all but the first to the targets.
private func copyWindow(
  _ tokens: TokenSequence, _ range: Range<Int>, _ inputs: UnsafeMutablePointer<Int32>,
  _ targets: UnsafeMutablePointer<Int32>
) throws {
  try tokens.copy(range.lowerBound..<range.upperBound - 1, to: inputs)
  targets.update(from: inputs + 1, count: range.count - 2)
  try tokens.copy(range.upperBound - 1..<range.upperBound, to: targets + (range.count - 2))
}
