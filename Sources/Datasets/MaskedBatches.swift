import Core
import Tokenizers

/// Windows of text with hidden words, each between the marks that the tokenizer puts around a text.
///
/// Source: Devlin et al., "BERT", 2019; Liu et al., "RoBERTa", 2019, section 4.2 (full sentences across documents, other
/// words hidden each time).
struct MaskedWindows: Sendable {
  let masking: WordMasking
  let paddingID: Int32
  private let before, after: [Int32]

  /// Throws: `MartletError(.invalidArgument)` if the tokenizer has no mask or no padding, or a context has no room for text.
  init(_ masking: WordMasking, _ tokenizer: Tokenizer, contextLength: Int) throws {
    self.masking = masking
    paddingID = try tokenizer.requirePadding()
    (before, after) = try tokenizer.marksAroundText()
    guard contextLength > before.count + after.count else {
      throw MartletError(
        .invalidArgument, "a context of \(contextLength) tokens has no room for text between its marks",
        remedy: "Give a longer context.")
    }
  }

  /// How many tokens of text a context has.
  func textLength(of contextLength: Int) -> Int { contextLength - before.count - after.count }

  /// Writes a text with hidden words and padding to a row.
  func write(
    _ text: ArraySlice<Int32>, key: RandomKey, inputs: UnsafeMutableBufferPointer<Int32>,
    targets: UnsafeMutableBufferPointer<Int32>
  ) {
    let masked = text.isEmpty ? (inputs: [], targets: []) : masking(before + text + after, key: key)
    for place in inputs.indices {
      let isText = place < masked.inputs.count
      inputs[place] = isText ? masked.inputs[place] : paddingID
      targets[place] = isText ? masked.targets[place] : EvaluationBatches.ignoredTarget
    }
  }
}

/// Windows of text with hidden words for training.
public struct MaskedSampler: TrainingBatches {
  /// How many tokens a sample has, marks included.
  public let contextLength: Int
  /// How many windows lie side by side in the tokens.
  public var samplesPerEpoch: Int { sampler.samplesPerEpoch }
  private let sampler: BatchSampler
  private let windows: MaskedWindows
  private let key: RandomKey

  /// A sampler over tokens.
  ///
  /// Throws: `MartletError` if there are too few, or the tokenizer has no mask or no padding.
  public init(
    _ tokens: TokenSequence, _ masking: WordMasking, _ tokenizer: Tokenizer, contextLength: Int,
    order: BatchSampler.Order, seed: UInt64
  ) throws {
    windows = try MaskedWindows(masking, tokenizer, contextLength: contextLength)
    self.contextLength = contextLength
    sampler = try BatchSampler(
      tokens, contextLength: windows.textLength(of: contextLength), order: order, seed: seed)
    key = RandomKey(seed: seed).named("masks")
  }

  /// Fills rows with samples whose hidden words are a function of their numbers too.
  public func fill(
    inputs: UnsafeMutableBufferPointer<Int32>, targets: UnsafeMutableBufferPointer<Int32>, firstSample: UInt64
  ) throws -> Int {
    let (length, rows) = (sampler.contextLength, inputs.count / contextLength)
    var (texts, unused) = ([Int32](repeating: 0, count: rows * length), [Int32](repeating: 0, count: rows * length))
    try texts.withUnsafeMutableBufferPointer { texts in
      try unused.withUnsafeMutableBufferPointer { unused in
        _ = try sampler.fill(inputs: texts, targets: unused, firstSample: firstSample)
      }
    }
    for row in 0..<rows {
      let range = row * contextLength..<(row + 1) * contextLength
      windows.write(
        texts[row * length..<(row + 1) * length], key: key.numbered(firstSample &+ UInt64(row)),
        inputs: .init(rebasing: inputs[range]), targets: .init(rebasing: targets[range]))
    }
    return contextLength
  }
}

/// Every window of the tokens once, with words hidden in always the same places.
public struct MaskedEvaluation: ValidationBatches {
  /// How many tokens a row has, marks included.
  public let contextLength: Int
  /// How many rows a batch has.
  public var batchSize: Int { batches.batchSize }
  /// How many batches there are.
  public var batchCount: Int { batches.batchCount }
  private let batches: EvaluationBatches
  private let windows: MaskedWindows
  private let key = RandomKey(seed: 0).named("validation masks")

  /// Batches over tokens.
  ///
  /// Throws: as `MaskedSampler.init`.
  public init(
    _ tokens: TokenSequence, _ masking: WordMasking, _ tokenizer: Tokenizer, contextLength: Int, batchSize: Int
  ) throws {
    windows = try MaskedWindows(masking, tokenizer, contextLength: contextLength)
    self.contextLength = contextLength
    batches = try EvaluationBatches(
      tokens, contextLength: windows.textLength(of: contextLength), batchSize: batchSize)
  }

  /// Fills batch `index`.
  public func fill(
    inputs: UnsafeMutableBufferPointer<Int32>, targets: UnsafeMutableBufferPointer<Int32>, batch index: Int
  ) throws -> Int {
    let length = batches.contextLength
    var texts = [Int32](repeating: 0, count: batchSize * length)
    var following = texts
    try texts.withUnsafeMutableBufferPointer { texts in
      try following.withUnsafeMutableBufferPointer { following in
        _ = try batches.fill(inputs: texts, targets: following, batch: index)
      }
    }
    for row in 0..<batchSize {
      let start = row * length
      let count = following[start..<start + length].count { $0 != EvaluationBatches.ignoredTarget }
      let range = row * contextLength..<(row + 1) * contextLength
      windows.write(
        texts[start..<start + count], key: key.numbered(UInt64(index * batchSize + row)),
        inputs: .init(rebasing: inputs[range]), targets: .init(rebasing: targets[range]))
    }
    return contextLength
  }
}

extension Tokenizer {
  /// The tokens that are put before and after a text for a model.
  ///
  /// Throws: `MartletError` if the tokenizer cannot encode a text for a model.
  func marksAroundText() throws -> (before: [Int32], after: [Int32]) {
    let encoding = try encodeForModel(Input("a"))
    let marks = zip(encoding.ids, encoding.specialTokensMask)
    let before = marks.prefix { $0.1 }.map(\.0)
    let after = marks.reversed().prefix { $0.1 && $0.0 != paddingID }.map(\.0)
    return (before, before.count == encoding.ids.count ? [] : after.reversed())
  }

  /// The token that fills places without text.
  ///
  /// Throws: `MartletError(.invalidArgument)` if there is none.
  func requirePadding() throws -> Int32 {
    guard let paddingID else {
      throw MartletError(
        .invalidArgument, "the tokenizer has no token for padding",
        remedy: "Use one that was made for such models, or name a pad_token in tokenizer_config.json.")
    }
    return paddingID
  }
}
