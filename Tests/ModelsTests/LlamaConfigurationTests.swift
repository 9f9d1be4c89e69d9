import Core
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

@Suite struct LlamaConfigurationTests {
  private func configuration(_ type: String, _ object: JSONObject) throws -> any LanguageModelConfiguration {
    var object = object
    object["model_type"] = .string(type)
    return try ModelFamilies.decoder(JSONFields(object, file: "config.json"))
  }

  @Test func sizesOfKnownModelsAreRight() throws {
    // Llama 3.2 1B, Qwen2.5 0.5B and Qwen3 0.6B, by their published configurations.
    let llama = try configuration(
      "llama",
      [
        "vocab_size": .integer(128_256), "hidden_size": .integer(2048), "intermediate_size": .integer(8192),
        "num_hidden_layers": .integer(16), "num_attention_heads": .integer(32), "num_key_value_heads": .integer(8),
        "head_dim": .integer(64), "tie_word_embeddings": .bool(true),
      ])
    #expect(try llama.parameters.elementCount == 1_235_814_400)
    let qwen2 = try configuration(
      "qwen2",
      [
        "vocab_size": .integer(151_936), "hidden_size": .integer(896), "intermediate_size": .integer(4864),
        "num_hidden_layers": .integer(24), "num_attention_heads": .integer(14), "num_key_value_heads": .integer(2),
        "tie_word_embeddings": .bool(true),
      ])
    #expect(try qwen2.parameters.elementCount == 494_032_768)
    let qwen3 = try configuration(
      "qwen3",
      [
        "vocab_size": .integer(151_936), "hidden_size": .integer(1024), "intermediate_size": .integer(3072),
        "num_hidden_layers": .integer(28), "num_attention_heads": .integer(16), "num_key_value_heads": .integer(8),
        "head_dim": .integer(128), "tie_word_embeddings": .bool(true),
      ])
    #expect(try qwen3.parameters.elementCount == 596_049_920)
  }

  @Test func missingKeysOfAFileHaveTheDefaultsOfTransformers() throws {
    let mistral = try #require(configuration("mistral", [:]) as? MistralConfiguration)
    #expect(mistral.settings.window == 4096 && mistral.settings.keyHeadCount == 8)
    #expect(mistral.settings.windowedLayers.count == 32)
    let llama = try #require(configuration("llama", [:]) as? LlamaConfiguration)
    #expect(llama.settings.keyHeadCount == 32 && llama.settings.window == nil)
    #expect(llama.object["eos_token_id"]?.integerValue == 2)
    let qwen3 = try #require(configuration("qwen3", [:]) as? Qwen3Configuration)
    #expect(qwen3.settings.headSize == 128 && qwen3.settings.windowedLayers.isEmpty)
  }

  @Test func eitherFormOfRotarySettingsIsRead() throws {
    let scaling: JSONObject = ["type": .string("linear"), "factor": .integer(4)]
    let old = try #require(
      configuration("llama", ["rope_theta": .integer(500_000), "rope_scaling": .object(scaling)])
        as? LlamaConfiguration)
    let new = try #require(
      configuration(
        "llama",
        [
          "rope_parameters": .object([
            "rope_type": .string("linear"), "factor": .integer(4), "rope_theta": .integer(500_000),
          ])
        ]) as? LlamaConfiguration)
    #expect(old.settings == new.settings)
    #expect(old.settings.rotary.frequencies[0] == 0.25)
  }

  @Test(
    arguments: [
      (["num_attention_heads": .integer(30)], "hidden_size (4096) must be a multiple of num_attention_heads (30)"),
      (
        ["num_key_value_heads": .integer(3)],
        "num_attention_heads (32) must be a multiple of num_key_value_heads (3)"
      ),
      (["head_dim": .integer(7)], "head_dim (7) must be even, as pairs of elements are turned"),
      (["rope_theta": .integer(0)], "key rope_theta must be a number, above 1, up to 1000000000000, found 0"),
      (["rope_scaling": .object(["rope_type": .string("spiral")])], "key rope_scaling.rope_type is 'spiral'"),
      (
        ["rope_scaling": .object(["rope_type": .string("linear")])],
        "key rope_scaling.factor must be a number from 1e-06 to 1000000000.0, it is missing"
      ),
      (["rope_parameters": .integer(3)], "key rope_parameters must be an object"),
      (["hidden_size": .integer(1 << 40)], "key hidden_size must be a whole number, 1 to 1048576, found 1099511627776"),
    ] as [(JSONObject, String)])
  func badKeysAreNamed(_ object: JSONObject, _ message: String) {
    #expect {
      _ = try configuration("llama", object)
    } throws: {
      ($0 as? MartletError)?.message == message && ($0 as? MartletError)?.place == "config.json"
    }
  }

  @Test func windowsAreInTheLayersThatTheConfigurationNames() throws {
    let types = (0..<4).map { JSONValue.string($0 == 2 ? "sliding_attention" : "full_attention") }
    let keys: JSONObject = [
      "num_hidden_layers": .integer(4), "use_sliding_window": .bool(true), "layer_types": .array(types),
    ]
    let named = try #require(configuration("qwen2", keys) as? Qwen2Configuration)
    #expect(named.settings.windowedLayers == [2])
    var short = keys
    short["layer_types"] = .array([.string("full_attention")])
    #expect(throws: MartletError.self) { try configuration("qwen2", short) }
  }
}
