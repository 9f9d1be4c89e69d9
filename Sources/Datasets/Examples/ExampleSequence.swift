import Core

/// Examples on the disk: for each the tokens that a model reads and what it is to say of them.
public final class ExampleSequence: Sendable {
  private let inputs, targets: TokenSequence
  /// How many examples there are.
  public let count: Int
  /// The largest number of targets plus one: labels, or tokens of a vocabulary.
  public var targetCount: Int { targets.vocabularySize }

  /// Puts the documents of two sequences together.
  ///
  /// Throws: `MartletError(.corrupted)` if they have not as many documents.
  public init(inputs: TokenSequence, targets: TokenSequence) throws {
    guard inputs.documentCount == targets.documentCount else {
      throw MartletError(
        .corrupted, "there are \(inputs.documentCount) texts and \(targets.documentCount) targets of texts",
        at: inputs.shards.first?.path, remedy: "Run `martlet data` again to write the tokens anew.")
    }
    self.inputs = inputs
    self.targets = targets
    count = inputs.documentCount
  }

  /// Compares what is on the disk with its hashes.
  ///
  /// Throws: `MartletError` for the first shard that is damaged. Complexity: O(bytes).
  func verify() throws {
    try inputs.verify()
    try targets.verify()
  }

  /// How many tokens example `index` has.
  ///
  /// Throws: `MartletError` if the tokens on the disk are damaged. Complexity: O(log(shards)).
  public func length(_ index: Int) throws -> Int { try inputs.document(index).count }

  /// Example `index`.
  ///
  /// Throws: `MartletError` if the tokens on the disk are damaged. Complexity: O(length).
  public func callAsFunction(_ index: Int) throws -> (inputs: [Int32], targets: [Int32]) {
    func read(_ sequence: TokenSequence) throws -> [Int32] {
      let range = try sequence.document(index)
      var values = [Int32](repeating: 0, count: range.count)
      try values.withUnsafeMutableBufferPointer { buffer in
        if let base = buffer.baseAddress { try sequence.copy(range, to: base) }
      }
      return values
    }
    return (try read(inputs), try read(targets))
  }
}
