import Core
import Formats
import Foundation
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

/// Models of Llama's kind against `transformers`: Tools/golden/decoders.py.
@Suite struct DecoderGoldenTests {
  static let names = ((try? FileSystem.list(fixture("decoders"))) ?? []).filter { !$0.hasSuffix(".json") }.sorted()

  struct Golden {
    let folder: ModelFolder
    let expected: SafetensorsFile
    let batch: [Int32]
    /// Tokens in a sequence of the batch, the last target included.
    let length: Int

    init(_ name: String) throws {
      folder = try ModelFolder(fixture("decoders/\(name)"))
      expected = try SafetensorsFile(fixture("decoders/\(name)/expected.safetensors"))
      let tensor = try #require(expected["batch"])
      batch = try tensor.integers().map(Int32.init)
      length = tensor.shape[1]
    }

    func floats(_ name: String) throws -> [Float] { try #require(expected[name]).floats() }
  }

  @Test func everyVariantIsThere() { #expect(DecoderGoldenTests.names.count == 8) }

  @Test(arguments: names, TestBackend.all)
  func logitsLossAndAllGradientsAreThoseOfTransformers(_ name: String, _ backend: TestBackend) throws {
    let golden = try Golden(name)
    let length = golden.length - 1
    let program = try lossProgram(golden.folder.decoder(), batch: 2, length: length)
    let executable = try backend.backend.compile(
      program.optimized(), states: golden.folder.loadParameters(on: backend.backend))
    let rows = (0..<2).map { golden.batch[$0 * golden.length..<($0 + 1) * golden.length] }
    executable.input("tokens")?.write(rows.flatMap { Array($0.dropLast()) })
    executable.input("targets")?.write(rows.flatMap { Array($0.dropFirst()) })
    try executable.run()
    func found(_ name: String) throws -> [Float] { try #require(executable.output(name)).read(as: Float.self) }
    #expect(relativeDifference(try found("logits"), try golden.floats("logits")) < 1e-5)
    #expect(relativeDifference(try found("loss"), try golden.floats("loss")) < 1e-5)
    let parameters = try golden.folder.configuration.parameters
    #expect(golden.expected.tensors.count { $0.name.hasPrefix("gradient.") } == parameters.count)
    for parameter in parameters {
      let name = "gradient.\(parameter.name)"
      #expect(relativeDifference(try found(name), try golden.floats(name)) < 1e-4, "\(name)")
    }
  }

  @Test(arguments: names) func whatIsSavedIsReadAgain(_ name: String) throws {
    let golden = try Golden(name)
    let backend = TestBackend.all[0].backend
    try withTemporaryFolder { folder in
      let parameters = try golden.folder.loadParameters(on: backend)
      try ModelFolder.write(golden.folder.configuration, parameters: parameters, to: folder)
      let again = try ModelFolder(folder)
      #expect(again.configuration.object["rope_parameters"] == nil)
      #expect(again.configuration.object["rope_theta"]?.doubleValue == 10000)
      let (one, other) = try (golden.folder.configuration.parameters, again.configuration.parameters)
      #expect(one == other)
      let loaded = try again.loadParameters(on: backend)
      for (name, buffer) in parameters {
        #expect(try #require(loaded[name]).read(as: Float.self) == buffer.read(as: Float.self), "\(name)")
      }
    }
  }
}
