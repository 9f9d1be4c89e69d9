import Core
import Formats
import Foundation
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

/// Encoder-decoders against `transformers`: Tools/golden/encoder_decoders.py.
@Suite struct EncoderDecoderGoldenTests {
  static let names = ["t5", "t5_gated"]

  private struct Golden {
    let folder: ModelFolder
    let configuration: any EncoderDecoderConfiguration
    let expected: SafetensorsFile

    init(_ name: String) throws {
      folder = try ModelFolder(fixture("encoder_decoders/\(name)"))
      configuration = try folder.encoderDecoder()
      expected = try SafetensorsFile(fixture("encoder_decoders/\(name)/expected.safetensors"))
    }

    func floats(_ name: String) throws -> [Float] { try #require(expected[name]).floats() }
    func integers(_ name: String) throws -> [Int32] { try #require(expected[name]).integers().map(Int32.init) }

    /// Runs the model on the recorded batch: logits, loss and all gradients.
    func run(on backend: any Backend, countsPadding: Bool) throws -> [String: [Float]] {
      let (source, target) = (try #require(expected["source"]).shape, try #require(expected["targets"]).shape)
      let program = try Trace.program { trace in
        let scope = Scope(trace)
        let model = configuration.model(scope)
        let tokens = trace.input("source", TensorType(source, .i32))
        let input =
          countsPadding
          ? EncoderInput(tokens: tokens, paddingID: configuration.paddingToken)
          : EncoderInput(tokens: tokens, lengths: trace.input("lengths", TensorType([source[0]], .i32)))
        let inputs = trace.input("inputs", TensorType(target, .i32))
        let targets = trace.input("targets", TensorType(target, .i32))
        trace.output("logits", model.logits(input, inputs))
        let loss = model.losses(input, inputs, targets: targets).mean(over: targets.countedTargets())
        trace.output("loss", loss)
        let states = scope.parameters.map { trace.state($0.name, $0.type) }
        for (parameter, gradient) in zip(scope.parameters, gradients(of: loss, by: states)) {
          trace.output("gradient.\(parameter.name)", gradient)
        }
      }
      let executable = try backend.compile(program.optimized(), states: folder.loadParameters(on: backend))
      for name in ["source", "lengths", "targets"] { executable.input(name)?.write(try integers(name)) }
      let targets = try integers("targets")
      executable.input("inputs")?.write(
        targets.indices.map { place -> Int32 in
          place % target[1] == 0 ? configuration.startToken : max(0, targets[place - 1])
        })
      try executable.run()
      var outputs: [String: [Float]] = [:]
      for name in program.outputs.map(\.name) {
        outputs[name] = try #require(executable.output(name)).read(as: Float.self)
      }
      return outputs
    }
  }

  @Test(arguments: names, TestBackend.all)
  func logitsLossAndAllGradientsAreThoseOfTransformers(_ name: String, _ backend: TestBackend) throws {
    let golden = try Golden(name)
    let parameters = try golden.configuration.parameters
    #expect(golden.expected.tensors.count { $0.name.hasPrefix("gradient.") } == parameters.count)
    for countsPadding in [false, true] {
      let outputs = try golden.run(on: backend.backend, countsPadding: countsPadding)
      for key in ["logits", "loss"] {
        #expect(relativeDifference(try #require(outputs[key]), try golden.floats(key)) < 1e-5, "\(key)")
      }
      for parameter in parameters {
        let key = "gradient.\(parameter.name)"
        #expect(relativeDifference(try #require(outputs[key]), try golden.floats(key)) < 1e-4, "\(key)")
      }
    }
  }

  /// Folders that are written are read again; where `MARTLET_WRITE_ENCODER_DECODERS` names a folder,
  /// Tools/golden/encoder_decoders.py checks there what `transformers` makes of them.
  @Test(arguments: names) func whatIsSavedIsReadAgain(_ name: String) throws {
    let golden = try Golden(name)
    let backend = TestBackend.all[0].backend
    let parameters = try golden.folder.loadParameters(on: backend)
    func check(_ folder: String) throws {
      try ModelFolder.write(golden.configuration, parameters: parameters, to: folder)
      let again = try ModelFolder(folder)
      #expect(try again.configuration.parameters == golden.configuration.parameters)
      #expect(again.configuration.object["decoder_start_token_id"] == .integer(0))
      // Names, shapes and values are those that transformers wrote.
      let (written, original) = (try again.folder.weights().tensors, try golden.folder.folder.weights().tensors)
      #expect(Set(written.map(\.name)) == Set(original.map(\.name)))
      for tensor in original {
        let own = try #require(written.first { $0.name == tensor.name })
        #expect(own.shape == tensor.shape)
        #expect(try own.floats() == tensor.floats(), "\(tensor.name)")
      }
      let generation = try #require(try again.folder.generationConfiguration())
      #expect(generation.object["decoder_start_token_id"] == .integer(0))
    }
    if let folder = ProcessInfo.processInfo.environment["MARTLET_WRITE_ENCODER_DECODERS"] {
      try check(joinPath(folder, name))
    } else {
      try withTemporaryFolder { try check(joinPath($0, name)) }
    }
  }

  @Test func distancesAreInTheBucketsOfTransformers() throws {
    let tables = try JSONFields(file: fixture("encoder_decoders/manifest.json")).objects("buckets")
    #expect(tables.count == 6)
    for table in tables {
      let buckets = try RelativePositionBuckets(
        count: table.integer("count"), maximumDistance: table.integer("maximum"),
        isBidirectional: table.bool("bidirectional"))
      let first = try table.integer("first_distance", in: Int.min...Int.max)
      let expected = try #require(table.object["buckets"]?.arrayValue).compactMap(\.integerValue)
      #expect(expected.indices.map { buckets.bucket(of: first + $0) } == expected)
    }
    // What no file may ask for is no trap either.
    for (count, maximum) in [(1, 1), (2, 1), (3, 0), (4, 1), (5, 2)] {
      for isBidirectional in [false, true] {
        let buckets = RelativePositionBuckets(
          count: count, maximumDistance: maximum, isBidirectional: isBidirectional)
        #expect((-40...40).allSatisfy { (0..<count).contains(buckets.bucket(of: $0)) })
      }
    }
  }

  @Test func headsUnderOtherNamesAreReadOnceAndOwnOnesAreNotTied() throws {
    let backend = TestBackend.all[0].backend
    let golden = try Golden("t5")
    let tensors = try golden.folder.folder.weights().tensors
    func sources(_ rename: (String) -> [String]) throws -> [TensorSource] {
      try tensors.flatMap { tensor in
        try rename(tensor.name).map { TensorSource(name: $0, shape: tensor.shape, floats: try tensor.floats()) }
      }
    }
    let names = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"]
    func folder(_ tensors: [TensorSource], _ body: (ModelFolder) throws -> Void) throws {
      try withTemporaryFolder { path in
        for (name, bytes) in ModelFolder.configurationFiles(golden.configuration) {
          try AtomicFile.write(bytes, to: joinPath(path, name))
        }
        try SafetensorsWriter.writeFolder(tensors, to: path)
        try body(ModelFolder(path))
      }
    }
    let expected = try #require(golden.folder.loadParameters(on: backend)["shared.weight"]).read(as: Float.self)
    for kept in [names, ["shared.weight"] + names, [names[0]]] {
      try folder(sources { $0 == "shared.weight" ? kept : [$0] }) { folder in
        let parameters = try folder.loadParameters(on: backend)
        #expect(try #require(parameters["shared.weight"]).read(as: Float.self) == expected)
        #expect(parameters["lm_head.weight"] == nil)
      }
    }
    // As transformers 5 saves T5 1.1: the keys say that the head is tied, but there is another one.
    let other = TensorSource(
      name: "lm_head.weight", shape: [41, 16], floats: (0..<41 * 16).map { Float($0) / 1000 })
    try folder(sources { [$0] } + [other]) { folder in
      let parameters = try folder.loadParameters(on: backend)
      #expect(try #require(parameters["lm_head.weight"]).read(as: Float.self)[100] == 0.1)
      #expect(folder.configuration.object["scale_decoder_outputs"] == .bool(true))
    }
  }
}
