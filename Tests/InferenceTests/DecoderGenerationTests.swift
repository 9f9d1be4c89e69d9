import Core
import Formats
import Inference
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

/// Models of Llama's kind with a cache against `transformers`: Tools/golden/decoders.py.
@Suite struct DecoderGenerationTests {
  static let names = ((try? FileSystem.list(fixture("decoders"))) ?? []).filter { !$0.hasSuffix(".json") }.sorted()

  @Test(arguments: names, TestBackend.all)
  func greedyTextsAreThoseOfTransformers(_ name: String, _ backend: TestBackend) throws {
    let folder = try ModelFolder(fixture("decoders/\(name)"))
    let batch = try #require(SafetensorsFile(fixture("decoders/\(name)/expected.safetensors"))["batch"]).integers()
    let manifest = try JSONFields(file: fixture("decoders/manifest.json"))
    let expected = try #require(manifest.fields("greedy").object[name]?.arrayValue).compactMap(\.integerValue)
    let model = try CachedModel(
      folder.decoder(), parameters: folder.loadParameters(on: backend.backend), on: backend.backend)
    var next = batch.prefix(7).map(Int32.init)
    var tokens: [Int] = []
    for _ in expected {
      let logits = try model.read([next])[0]
      let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
      tokens.append(best)
      next = [Int32(best)]
    }
    #expect(!expected.isEmpty && tokens == expected)
  }

  @Test func theCacheGrowsWithTheText() throws {
    let configuration = try ModelFamilies.decoder(
      JSONFields(
        [
          "model_type": .string("llama"), "vocab_size": .integer(31), "hidden_size": .integer(8),
          "intermediate_size": .integer(8), "num_hidden_layers": .integer(2), "num_attention_heads": .integer(2),
          "num_key_value_heads": .integer(1), "max_position_embeddings": .integer(1 << 20),
        ], file: "config.json"))
    let backend = TestBackend.all[TestBackend.all.count - 1].backend
    let parameters = try backend.makeParameters(configuration.parameters, key: RandomKey(seed: 3))
    let count = 2100
    let texts: [[Int32]] = (0..<2).map { (row: Int) -> [Int32] in
      (0..<count).map { (place: Int) -> Int32 in Int32((place * 17 + row * 5 + place / 7) % 31) }
    }
    let whole = try backend.compile(
      Trace.program { trace in
        let tokens = trace.input("tokens", TensorType([2, count], .i32))
        trace.output("logits", configuration.model(Scope(trace)).logits(tokens))
      }.optimized(), states: parameters)
    whole.input("tokens")?.write(texts.flatMap { $0 })
    try whole.run()
    let expected = try #require(whole.output("logits")).read(as: Float.self)
    let model = try CachedModel(configuration, parameters: parameters, on: backend, rowCount: 2)
    var start = 0
    for piece in [1000, 23, 1, 1, 5, 1018, 51, 1] {
      let logits = try model.read(texts.map { Array($0[start..<start + piece]) })
      start += piece
      for row in 0..<2 {
        let place = (row * count + start - 1) * 31
        #expect(relativeDifference(logits[row], Array(expected[place..<place + 31])) < 1e-4, "\(start) tokens")
      }
    }
    #expect(start == count)
  }
}
