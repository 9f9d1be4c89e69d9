import Core
import Formats
import Inference
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

/// Greedy texts and beam searches against `transformers`: Tools/golden/encoder_decoders.py.
@Suite struct SequenceGenerationTests {
  private static let names = ["t5", "t5_gated"]
  private static let searches = [
    "greedy", "greedy_ends", "greedy_ngrams", "beams", "beams_ends", "long", "short", "exact", "never", "early",
    "likely",
  ]

  private static func model(
    _ name: String
  ) throws -> (folder: ModelFolder, configuration: any EncoderDecoderConfiguration, sources: [[Int32]]) {
    let expected = try SafetensorsFile(fixture("encoder_decoders/\(name)/expected.safetensors"))
    let source = try #require(expected["source"])
    let tokens = try source.integers().map(Int32.init)
    let lengths = try #require(expected["lengths"]).integers()
    let sources = lengths.indices.map { row in
      Array(tokens[row * source.shape[1]..<row * source.shape[1] + lengths[row]])
    }
    let folder = try ModelFolder(fixture("encoder_decoders/\(name)"))
    return (folder, try folder.encoderDecoder(), sources)
  }

  private static func options(_ fields: JSONFields, often: Int) throws -> SequenceOptions {
    let early = fields.object["early_stopping"]
    return SequenceOptions(
      beamCount: try fields.integer("num_beams", default: 1),
      lengthPenalty: try fields.number("length_penalty", default: 1),
      earlyStopping: early?.stringValue == "never" ? .never : early?.boolValue == true ? .immediate : .likely,
      noRepeatNGramSize: try fields.integer("no_repeat_ngram_size", default: 0),
      maxNewTokens: try fields.integer("max_new_tokens"),
      endTokens: try fields.bool("ends_often", default: false) ? [Int32(often)] : [])
  }

  @Test(arguments: names, searches) func textsAreThoseOfTransformers(_ name: String, _ search: String) throws {
    let manifest = try JSONFields(file: fixture("encoder_decoders/manifest.json"))
    let recorded = try manifest.fields("generated").fields(name)
    #expect(Set(recorded.object.keys) == Set(Self.searches))
    let often = try manifest.fields("often").integer(name)
    let options = try Self.options(manifest.fields("searches").fields(search), often: often)
    let expected = try recorded.fields(search)
    let texts = try #require(expected.object["texts"]?.arrayValue).map { text in
      (text.arrayValue ?? []).compactMap { $0.integerValue.map(Int32.init) }
    }
    let (folder, configuration, sources) = try Self.model(name)
    for backend in TestBackend.all {
      // Together, in two batches, and alone.
      for batchSize in [4, 3, 1] {
        let generator = SequenceGenerator(
          configuration, parameters: try folder.loadParameters(on: backend.backend), on: backend.backend,
          batchSize: batchSize)
        let found = try generator.generate(sources, options)
        #expect(found.map(\.tokens) == texts, "\(backend), \(batchSize) at once")
        #expect(found.map(\.isComplete) == texts.map { ([1] + options.endTokens).contains($0.last ?? 0) })
        guard let scores = expected.object["scores"]?.arrayValue else { continue }
        #expect(relativeDifference(found.map(\.score), scores.compactMap { $0.doubleValue.map(Float.init) }) < 1e-4)
      }
    }
  }

  @Test func drawnTextsDependOnSeedAndNumberAlone() throws {
    let (folder, configuration, sources) = try Self.model("t5")
    let backend = TestBackend.all[1].backend
    func texts(_ seed: UInt64, batchSize: Int) throws -> [[Int32]] {
      let generator = SequenceGenerator(
        configuration, parameters: try folder.loadParameters(on: backend), on: backend, batchSize: batchSize)
      let options = SequenceOptions(
        sampling: SamplingOptions(temperature: 1.5, topK: 20), maxNewTokens: 12, seed: seed)
      return try generator.generate(sources + sources, options).map(\.tokens)
    }
    let first = try texts(7, batchSize: 8)
    #expect(try texts(7, batchSize: 3) == first)
    #expect(try texts(8, batchSize: 8) != first)
    #expect(Array(first.prefix(4)) != Array(first.suffix(4)))
  }

  @Test func optionsAndSourcesAreChecked() throws {
    let (folder, configuration, sources) = try Self.model("t5")
    let backend = TestBackend.all[1].backend
    let generator = SequenceGenerator(
      configuration, parameters: try folder.loadParameters(on: backend), on: backend)
    #expect(try generator.generate([]).isEmpty)
    for options in [
      SequenceOptions(beamCount: 0), SequenceOptions(lengthPenalty: .nan), SequenceOptions(noRepeatNGramSize: -1),
      SequenceOptions(maxNewTokens: 0), SequenceOptions(sampling: SamplingOptions(), beamCount: 2),
      SequenceOptions(sampling: SamplingOptions(temperature: -1)),
    ] {
      #expect(throws: MartletError.self) { try generator.generate(sources, options) }
    }
    #expect(throws: MartletError.self) { try generator.generate([[]]) }
    #expect(throws: MartletError.self) { try generator.generate([[5, 41]]) }
    #expect(throws: MartletError.self) { try generator.generate([[5, -1]]) }
    // What was refused leaves no trace.
    #expect(try generator.generate(sources, SequenceOptions(maxNewTokens: 3)).map(\.tokens.count).max() == 3)
    let lacking = SequenceGenerator(configuration, parameters: [:], on: backend)
    #expect(throws: MartletError.self) { try lacking.generate(sources) }
  }

  @Test func targetsFollowTheirParents() throws {
    let (folder, configuration, sources) = try Self.model("t5_gated")
    let backend = TestBackend.all[1].backend
    let model = try CachedEncoderDecoder(
      configuration, parameters: folder.loadParameters(on: backend), on: backend, sourceCount: 2, targetCount: 2)
    let size = configuration.vocabularySize
    func row(_ index: Int) -> [Float] { Array(model.logits[index * size..<(index + 1) * size]) }
    try model.begin(Array(sources.prefix(2)), targetLength: 20)
    try model.step([0, 0, 0, 0])
    #expect(row(0) == row(1) && row(2) == row(3) && row(0) != row(2))
    try model.step([5, 6, 7, 8])
    try model.step([9, 9, 9, 9], parents: [1, 0, 2, 2])
    let swapped = (0..<4).map(row)
    try model.begin(Array(sources.prefix(2)), targetLength: 20)
    try model.step([0, 0, 0, 0])
    try model.step([6, 5, 7, 7])
    try model.step([9, 9, 9, 9])
    #expect((0..<4).map(row) == swapped)
    #expect(throws: MartletError.self) { try model.step([0]) }
    #expect(throws: MartletError.self) { try model.begin([], targetLength: 20) }
  }
}
