import Core

/// Pairs of texts as an encoder-decoder is trained on them: a row of a batch is a source and, behind it, what the decoder
/// reads; its targets are what the decoder is to say, and -100 elsewhere.
public struct SequencePairs: Sendable, Hashable {
  /// The tokens of a source, padding included.
  public let sourceLength: Int
  /// The tokens of a target, padding included.
  public let targetLength: Int
  /// The token that the decoder reads first.
  public let startToken: Int32
  /// The token that fills up.
  public let paddingToken: Int32
  /// The tokens of a row.
  public var rowLength: Int { sourceLength + targetLength }

  /// Rows for sources and targets up to these lengths.
  ///
  /// Throws: `MartletError(.invalidArgument)` where one is below 1.
  public init(sourceLength: Int, targetLength: Int, startToken: Int32, paddingToken: Int32) throws {
    guard sourceLength >= 1, targetLength >= 1 else {
      throw MartletError(
        .invalidArgument, "sources of \(sourceLength) and targets of \(targetLength) tokens", remedy: "Use 1 or more.")
    }
    self.sourceLength = sourceLength
    self.targetLength = targetLength
    self.startToken = startToken
    self.paddingToken = paddingToken
  }

  /// The row of a source and a target, each with the token that ends it; longer ones are cut in front of that token.
  public func row(source: [Int32], target: [Int32]) -> (tokens: [Int32], targets: [Int32]) {
    let (source, target) = (Self.cut(source, sourceLength), Self.cut(target, targetLength))
    func filled(_ tokens: [Int32], _ length: Int, _ filler: Int32) -> [Int32] {
      tokens + [Int32](repeating: filler, count: length - tokens.count)
    }
    let ignored = EvaluationBatches.ignoredTarget
    return (
      filled(source, sourceLength, paddingToken)
        + filled([startToken] + target.dropLast(), targetLength, paddingToken),
      filled([], sourceLength, ignored) + filled(target, targetLength, ignored)
    )
  }

  private static func cut(_ tokens: [Int32], _ length: Int) -> [Int32] {
    tokens.count <= length ? tokens : tokens.prefix(length - 1) + tokens.suffix(1)
  }
}
