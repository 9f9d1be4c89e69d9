import Core
import Foundation
import Tokenizers

// The first pass over the text: the tokenizer is learned from it, where none is given.
extension DataPreparation {
  func givenTokenizer() throws -> Tokenizer? {
    guard case .file(let path) = settings.tokenizer else { return nil }
    return try Tokenizer.load(path)
  }

  /// What became of a tokenizer that was trained.
  public struct TrainedTokenizer: Sendable {
    /// The tokenizer.
    public var tokenizer: Tokenizer
    /// How many different words were left out because they did not fit in memory.
    public var droppedWords = 0
    /// How often those words were met together.
    public var droppedOccurrences: UInt64 = 0
  }

  /// Trains the tokenizer that the settings ask for, and does nothing else.
  ///
  /// Throws: `MartletError` if settings or files are unfit, the system refuses, or the run is cancelled.
  public mutating func trainTokenizer() throws -> TrainedTokenizer {
    try settings.validate()
    var warnings: [String] = []
    return try trainTokenizer(try gather(&warnings))
  }

  mutating func trainTokenizer(_ input: TextInput) throws -> TrainedTokenizer {
    phaseStart = .now()
    var reader = DocumentReader()
    let total = input.bytes
    var marks: [String] = []
    if case .token(let token) = settings.endOfDocument { marks = [token] }
    if case .trained(var options) = settings.tokenizer {
      if let mark = marks.first {
        options.specialTokens = options.algorithm == .byteLevelBytePair ? [mark] : options.specialTokens + [mark]
        options.roles = SpecialTokenRoles(beginningOfText: mark, endOfText: mark)
      }
      var trainer = try TokenizerTrainer(options)
      try readBatches(&reader, input, .countingWords, total) { try trainer.add($0.map(\.bytes)) }
      phaseStart = .now()
      let size = options.vocabularySize
      let outcome = try trainer.learn { tokens in
        if tokens % 64 == 0 || options.algorithm == .unigram {
          try report(.learning, documents: 0, done: min(tokens, size), total: size)
        }
      }
      return TrainedTokenizer(
        tokenizer: outcome.tokenizer, droppedWords: outcome.droppedWords,
        droppedOccurrences: outcome.droppedOccurrences)
    }
    var trainer = CharacterTrainer()
    trainer.specialTokens = marks
    if let mark = marks.first { trainer.roles = SpecialTokenRoles(beginningOfText: mark, endOfText: mark) }
    try readBatches(&reader, input, .countingWords, total) { parts in
      for part in parts { part.bytes.withUnsafeBufferPointer { trainer.add($0) } }
    }
    return TrainedTokenizer(tokenizer: try trainer.train())
  }

  /// Reads all documents, some megabytes of parts at a time.
  func readBatches(
    _ reader: inout DocumentReader, _ input: TextInput, _ phase: DataProgress.Phase, _ total: Int,
    _ body: ([DocumentPart]) throws -> Void
  ) throws {
    var parts: [DocumentPart] = []
    var size = 0
    var documents = 0
    var bytes = 0
    try reader.read(input) { part in
      parts.append(part)
      size += part.bytes.count
      bytes += part.bytes.count
      if part.endsDocument { documents += 1 }
      guard size >= 4 << 20 || parts.count >= 4096 else { return }
      try body(parts)
      parts.removeAll(keepingCapacity: true)
      size = 0
      try report(phase, documents: documents, done: bytes, total: total)
    }
    try body(parts)
    try report(phase, documents: documents, done: total, total: total)
  }
}
