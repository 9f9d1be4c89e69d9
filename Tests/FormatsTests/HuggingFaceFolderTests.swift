import Core
import Formats
import TestSupport
import Testing

@Suite struct HuggingFaceFolderTests {
  @Test func readsTheFolderThatTransformersWrote() throws {
    let folder = try HuggingFaceFolder(fixture("gpt2"))
    let configuration = try folder.configuration()
    #expect(try configuration.modelType == "gpt2")
    #expect(try configuration.fields.integer("n_layer") > 0)
    #expect(try folder.weights()["transformer.wte.weight"] != nil)
  }

  @Test func unknownKeysAreKeptAndTheFileIsWrittenLikeTransformersDoes() throws {
    let text = """
      {
        "_future": {
          "b": [
            1.50,
            "x"
          ],
          "a": null
        },
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_layer": 2
      }

      """
    try withTemporaryFolder { folder in
      let path = folder + "/config.json"
      try AtomicFile.write(text, to: path)
      var configuration = try HuggingFaceFolder(folder).configuration()
      try configuration.write(to: path)
      #expect(try FileSystem.readText(path, limit: 1000) == text)
      configuration.object["n_layer"] = .integer(3)
      configuration.object["bos_token_id"] = .integer(0)
      try configuration.write(to: path)
      #expect(
        try FileSystem.readText(path, limit: 1000)
          == text.replacing("\"n_layer\": 2", with: "\"n_layer\": 3")
          .replacing("  \"layer_norm", with: "  \"bos_token_id\": 0,\n  \"layer_norm"))
    }
  }

  @Test func errorsNameFileAndKey() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/config.json"
      let none = #expect(throws: MartletError.self) { try HuggingFaceFolder(folder).configuration() }
      #expect(none?.description.hasPrefix("\(folder): no config.json") == true)
      try AtomicFile.write("{\"n_layer\": \"six\"}", to: path)
      let wrong = #expect(throws: MartletError.self) {
        try HuggingFaceFolder(folder).configuration().fields.integer("n_layer")
      }
      #expect(wrong?.place == path)
      #expect(wrong?.message == "key n_layer must be a positive integer, found \"six\"")
      try AtomicFile.write("[1]", to: path)
      let array = #expect(throws: MartletError.self) { try HuggingFaceFolder(folder).configuration() }
      #expect(array?.message == "the top of the file must be a JSON object, {...}")
      try AtomicFile.write([UInt8](repeating: 0x20, count: 5 << 20), to: path)
      let large = #expect(throws: MartletError.self) { try HuggingFaceFolder(folder).configuration() }
      #expect(large?.message == "the file is larger than the 4.1 MB that are allowed here")
      let weights = #expect(throws: MartletError.self) { try HuggingFaceFolder(folder).weights() }
      #expect(weights?.message == "no model.safetensors and no pytorch_model.bin, nor an index of either")
      #expect(try HuggingFaceFolder(folder).generationConfiguration() == nil)
    }
    let missing = #expect(throws: MartletError.self) { try HuggingFaceFolder("gpt2-medium") }
    #expect(missing?.code == .notFound)
  }
}
