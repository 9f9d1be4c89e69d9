import Core
import Foundation
import Inference
import Layers
import Models
import TensorGraph
import TestSupport
import Testing
import Tokenizers

@Suite struct SentenceEncoderTests {
  static let texts = [
    "", "a", "The quick brown fox jumps over the lazy dog.", "We shall see what comes of it, won't we?",
    [String](repeating: "many words, again and again:", count: 40).joined(separator: " "), "1234567890 (one to zero)",
    "the quick brown fox jumps over the lazy dog.",
  ]

  /// Calls `body` with the folder of a small random encoder of words and its tokenizer.
  private func withFolder(_ body: (String, any EncoderConfiguration, Tokenizer) throws -> Void) throws {
    let style = try JSONFields(file: fixture("tokenizer_styles/bert_uncased.json"))
    let json = try #require(style.object["tokenizer"])
    let tokenizer = try Tokenizer(json: Array(json.text().utf8), name: "tokenizer.json")
    let configuration = try ModelFamilies.encoder(
      JSONFields(
        [
          "model_type": .string("bert"), "vocab_size": .integer(tokenizer.vocabularySize), "hidden_size": .integer(16),
          "intermediate_size": .integer(24), "num_hidden_layers": .integer(2), "num_attention_heads": .integer(2),
          "max_position_embeddings": .integer(80), "initializer_range": .double(0.3),
          "architectures": .array([.string("BertForMaskedLM")]),
        ], file: "config.json"))
    let parameters = try ReferenceBackend().makeParameters(configuration.parameters, key: RandomKey(seed: 11))
    try withTemporaryFolder { folder in
      try ModelFolder.write(configuration, parameters: parameters, to: folder)
      try tokenizer.save(to: folder)
      try body(folder, configuration, tokenizer)
    }
  }

  @Test(arguments: Pooling.allCases) func vectorsOfManyTextsAreThoseOfEachAlone(_ pooling: Pooling) throws {
    let backend = TestBackend.all[TestBackend.all.count - 1].backend
    try withFolder { folder, _, tokenizer in
      let encoder = try SentenceEncoder(folder: folder, on: backend, pooling: pooling)
      #expect(encoder.size == 16 && encoder.maximumLength == 80)
      let texts = (0..<60).flatMap { _ in Self.texts }
      let vectors = try encoder.embeddings(of: texts)
      #expect(vectors.count == texts.count && vectors.prefix(7) == vectors.suffix(7))
      let model = try ModelFolder(folder)
      let adapted = try model.encoder().adapted(to: .embeddings)
      let parameters = try model.loadParameters(for: adapted, key: RandomKey(seed: 1), on: backend)
      let cut = try tokenizer.truncating(to: 80)
      for (text, vector) in zip(Self.texts, vectors) {
        let ids = try cut.encodeForModel(Tokenizer.Input(text)).ids
        #expect(ids.count <= 80 && ids.count >= 2)
        let program = try Trace.program { trace in
          let input = EncoderInput(tokens: trace.input("tokens", TensorType([1, ids.count], .i32)))
          trace.output("vector", adapted.model(Scope(trace)).embeddings(input, pooling))
        }.optimized()
        let executable = try backend.compile(program, states: parameters)
        executable.input("tokens")?.write(ids)
        try executable.run()
        let expected = try #require(executable.output("vector")).read(as: Float.self)
        #expect(relativeDifference(vector, expected) < 1e-5, "\(text.prefix(30))")
        #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
      }
      // The tokenizer does not tell upper case from lower.
      #expect(vectors[2] == vectors[6] && vectors[2] != vectors[3])
      #expect(try encoder.embeddings(of: []).isEmpty)
    }
  }

  @Test func poolingAndLengthComeFromTheFolder() throws {
    let backend = ReferenceBackend()
    try withFolder { folder, _, _ in
      #expect(try SentenceEncoder(folder: folder, on: backend).pooling == .mean)
      try FileSystem.createFolder(folder + "/1_Pooling")
      func write(_ text: String, _ name: String) throws {
        try AtomicFile.write(Array(text.utf8), to: joinPath(folder, name))
      }
      try write(#"{"max_seq_length": 9}"#, "sentence_bert_config.json")
      try write(
        #"{"word_embedding_dimension": 16, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#,
        "1_Pooling/config.json")
      let encoder = try SentenceEncoder(folder: folder, on: backend)
      #expect(encoder.pooling == .first && encoder.maximumLength == 9)
      let vectors = try encoder.embeddings(of: ["a b c d e f g h i", "a b c d e f g x y z"])
      #expect(vectors[0] == vectors[1])
      try write(#"{"pooling_mode": "mean"}"#, "1_Pooling/config.json")
      #expect(try SentenceEncoder(folder: folder, on: backend).pooling == .mean)
      try write(#"{"pooling_mode_max_tokens": true, "pooling_mode_mean_tokens": true}"#, "1_Pooling/config.json")
      #expect {
        _ = try SentenceEncoder(folder: folder, on: backend)
      } throws: {
        ($0 as? MartletError)?.message == "key pooling_mode_max_tokens, pooling_mode_mean_tokens is true"
      }
      #expect(throws: MartletError.self) {
        try SentenceEncoder(folder: folder, on: backend, pooling: .mean, maximumLength: 81)
      }
    }
  }

  /// Real weights, where Tools/golden/sentence_embeddings.py has written what `transformers` says of them.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["MARTLET_SENTENCES"] != nil),
    arguments: TestBackend.all.suffix(1))
  func vectorsOfRealWeightsAreThoseOfTransformers(_ backend: TestBackend) throws {
    let file = try JSONFields(file: try #require(ProcessInfo.processInfo.environment["MARTLET_SENTENCES"]))
    let encoder = try SentenceEncoder(folder: file.string("model"), on: backend.backend)
    let vectors = try encoder.embeddings(of: file.strings("texts"))
    let expected = try #require(file.object["vectors"]?.arrayValue)
    #expect(expected.count == vectors.count && !vectors.isEmpty)
    var largest = 0.0
    for (vector, row) in zip(vectors, expected) {
      let numbers = try #require(row.arrayValue).compactMap(\.doubleValue)
      #expect(numbers.count == vector.count)
      for (found, number) in zip(vector, numbers) { largest = max(largest, abs(Double(found) - number)) }
    }
    print("\(vectors.count) texts, largest difference \(largest)")
    #expect(largest < 1e-4)
  }
}
