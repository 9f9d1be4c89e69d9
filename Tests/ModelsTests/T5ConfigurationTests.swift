import Core
import Layers
import Models
import TestSupport
import Testing

@Suite struct T5ConfigurationTests {
  private func configuration(_ object: JSONObject) throws -> any EncoderDecoderConfiguration {
    var object = object
    object["model_type"] = object["model_type"] ?? .string("t5")
    return try ModelFamilies.encoderDecoder(JSONFields(object, file: "config.json"))
  }

  /// The keys of the published configurations that differ from the defaults.
  @Test(
    arguments: [
      ([:], 60_506_624),
      (
        [
          "d_model": .integer(768), "d_ff": .integer(3072), "num_layers": .integer(12), "num_heads": .integer(12),
          "num_decoder_layers": .integer(12),
        ], 222_903_552
      ),
      (
        [
          "d_ff": .integer(1024), "num_layers": .integer(8), "num_decoder_layers": .integer(8),
          "num_heads": .integer(6), "feed_forward_proj": .string("gated-gelu"), "tie_word_embeddings": .bool(false),
        ], 76_961_152
      ),
    ] as [(JSONObject, Int)])
  func sizesOfKnownModelsAreThoseOfTransformers(_ object: JSONObject, _ count: Int) throws {
    #expect(try configuration(object).parameters.elementCount == count)
  }

  @Test func theHeadIsScaledWhereItIsTiedUnlessTheFileSaysOtherwise() throws {
    func settings(_ object: JSONObject) throws -> T5Settings {
      try #require(try configuration(object) as? T5Configuration).settings
    }
    let tied = try settings([:])
    #expect(tied.tiesEmbeddings && tied.scalesOutput && tied.activation == .relu && !tied.isGated)
    let own = try settings(["tie_word_embeddings": .bool(false), "feed_forward_proj": .string("gated-gelu")])
    #expect(!own.tiesEmbeddings && !own.scalesOutput && own.activation == .geluNew && own.isGated)
    #expect(try !settings(["scale_decoder_outputs": .bool(false)]).scalesOutput)
    #expect(try settings(["feed_forward_proj": .string("gated-silu")]).activation == .silu)
    #expect(try settings(["feed_forward_proj": .string("gelu")]).activation == .gelu)
    #expect(try settings(["num_layers": .integer(3)]).decoderLayerCount == 3)
  }

  @Test(
    arguments: [
      (["num_heads": .integer(0)], "num_heads"), (["d_kv": .string("64")], "d_kv"),
      (["feed_forward_proj": .string("gated-magic")], "feed_forward_proj"),
      (["dropout_rate": .double(1)], "dropout_rate"),
      (["relative_attention_num_buckets": .integer(3)], "relative_attention_num_buckets"),
      (["relative_attention_max_distance": .integer(16)], "relative_attention_max_distance"),
      (["relative_attention_num_buckets": .integer(256)], "relative_attention_num_buckets"),
      (["vocab_size": .integer(30), "eos_token_id": .integer(30)], "eos_token_id"),
      (["decoder_start_token_id": .integer(-1)], "decoder_start_token_id"),
      (["architectures": .array([.string("T5EncoderModel")])], "architectures"),
      (["model_type": .string("bert")], "bert"), (["model_type": .string("t6")], "t6"),
    ] as [(JSONObject, String)])
  func whatIsWrongIsNamed(_ object: JSONObject, _ key: String) {
    #expect {
      try configuration(object)
    } throws: {
      ($0 as? MartletError)?.message.contains(key) ?? false
    }
  }
}
