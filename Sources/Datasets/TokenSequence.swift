import Core

/// The tokens of several shards, one after the other.
public final class TokenSequence: Sendable {
  /// The shards in order.
  public let shards: [TokenShard]
  /// How many tokens there are.
  public let count: Int

  /// How many documents end in them.
  public let documentCount: Int

  /// The number of the first token of each shard, and behind them the count.
  private let starts: [Int]
  /// The same of documents.
  private let documentStarts: [Int]

  /// Puts shards together; all must come from one tokenizer.
  ///
  /// Throws: `MartletError` if they do not.
  public init(_ shards: [TokenShard]) throws {
    self.shards = shards
    var starts = [0]
    for shard in shards {
      if let first = shards.first, shard.header.tokenizerFingerprint != first.header.tokenizerFingerprint {
        throw MartletError(
          .mismatch, "the tokens were made by another tokenizer than those of \(fileName(of: first.path))",
          at: shard.path, remedy: "Run `martlet data` again to write all shards anew.")
      }
      let (sum, overflow) = (starts.last ?? 0).addingReportingOverflow(shard.header.tokenCount)
      guard !overflow else { throw MartletError(.malformedFile, "more than 2^63 tokens", at: shard.path) }
      starts.append(sum)
    }
    self.starts = starts
    count = starts.last ?? 0
    // Each document takes eight bytes of a file, so that their number is no larger than memory has addresses.
    documentStarts = shards.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.header.documentCount) }
    documentCount = documentStarts.last ?? 0
  }

  /// The size of the vocabulary of the shards; 0 without any.
  public var vocabularySize: Int { shards.first?.header.vocabularySize ?? 0 }

  /// Copies the ids of a range of tokens.
  ///
  /// Throws: `MartletError` if the range leaves the sequence, or an id is not in the vocabulary.
  /// Complexity: O(range + log(shards)), no memory is taken.
  public func copy(_ range: Range<Int>, to target: UnsafeMutablePointer<Int32>) throws {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw MartletError(.invalidArgument, "tokens \(range) were asked for, there are \(count)")
    }
    var shard = Self.last(starts, atOrBefore: range.lowerBound)
    var position = range.lowerBound
    while position < range.upperBound {
      let end = min(range.upperBound, starts[shard + 1])
      if end > position {
        let local = position - starts[shard]..<end - starts[shard]
        try shards[shard].copy(local, to: target + (position - range.lowerBound))
        position = end
      }
      shard += 1
    }
  }

  /// The tokens of a document, which may go over several shards.
  ///
  /// Throws: `MartletError` if there is no such document, or its ends are out of order. Complexity: O(log(shards)).
  public func document(_ index: Int) throws -> Range<Int> {
    guard index >= 0, index < documentCount else {
      throw MartletError(.invalidArgument, "document \(index) was asked for, there are \(documentCount)")
    }
    func end(_ index: Int) throws -> Int {
      let shard = Self.last(documentStarts, atOrBefore: index)
      return starts[shard] + (try shards[shard].documentEnd(index - documentStarts[shard]))
    }
    let (first, last) = (index == 0 ? 0 : try end(index - 1), try end(index))
    // Within a shard ends are in order, and shards follow each other.
    return first..<last
  }

  /// The last shard that starts at or before a token or document, and has any where one of the number exists.
  private static func last(_ starts: [Int], atOrBefore number: Int) -> Int {
    var low = 0
    var high = starts.count - 2
    while low < high {
      let middle = (low + high + 1) / 2
      if starts[middle] <= number { low = middle } else { high = middle - 1 }
    }
    return max(0, low)
  }

  /// Reads everything and compares it with the hashes.
  ///
  /// Throws: `MartletError` for the first shard that is damaged. Complexity: O(bytes).
  public func verify() throws {
    for shard in shards { try shard.verify() }
  }
}
