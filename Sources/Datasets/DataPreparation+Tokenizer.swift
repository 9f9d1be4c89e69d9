import Core
import Foundation
import Tokenizers

// The first pass over the text: the tokenizer is learned from it, where none is given.
extension DataPreparation {
  func givenTokenizer() throws -> Tokenizer? {
    guard case .file(let path) = settings.tokenizer else { return nil }
    return try Tokenizer.load(path)
  }

  mutating func trainTokenizer(_ files: [SourceFile]) throws -> Tokenizer {
    phaseStart = .now()
    var reader = DocumentReader(settings)
    let total = files.reduce(0) { $0 + $1.bytes }
    var marks: [String] = []
    if case .token(let token) = settings.endOfDocument { marks = [token] }
    if case .bytePair(let size) = settings.tokenizer {
      var options = BytePairTrainer.Options(vocabularySize: size)
      if let mark = marks.first {
        options.specialTokens = [mark]
        options.roles = SpecialTokenRoles(beginningOfText: mark, endOfText: mark)
      }
      var trainer = try BytePairTrainer(options)
      try readBatches(&reader, files, .countingWords, total) { trainer.add($0.map(\.bytes)) }
      phaseStart = .now()
      return try trainer.train { tokens in
        if tokens % 64 == 0 { try report(.learning, documents: 0, done: tokens, total: size) }
      }
    }
    var trainer = CharacterTrainer()
    trainer.specialTokens = marks
    if let mark = marks.first { trainer.roles = SpecialTokenRoles(beginningOfText: mark, endOfText: mark) }
    try readBatches(&reader, files, .countingWords, total) { parts in
      for part in parts { part.bytes.withUnsafeBufferPointer { trainer.add($0) } }
    }
    return try trainer.train()
  }

  /// Reads all documents, some megabytes of parts at a time.
  func readBatches(
    _ reader: inout DocumentReader, _ files: [SourceFile], _ phase: DataProgress.Phase, _ total: Int,
    _ body: ([DocumentPart]) throws -> Void
  ) throws {
    var parts: [DocumentPart] = []
    var size = 0
    var documents = 0
    var bytes = 0
    try reader.read(files) { part in
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
