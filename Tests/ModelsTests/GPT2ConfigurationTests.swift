import Core
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

@Suite struct GPT2ConfigurationTests {
  private func configuration(_ object: JSONObject) throws -> GPT2Configuration {
    try GPT2Configuration(JSONFields(object, file: "config.json"))
  }

  @Test func defaultsAreThoseOfGPT2() throws {
    let c = try configuration([:])
    #expect(c.vocabularySize == 50257 && c.positionCount == 1024 && c.hiddenSize == 768)
    #expect(c.layerCount == 12 && c.headCount == 12 && c.innerSize == 3072 && c.activation == .geluNew)
    #expect(c.residualDropout == 0.1 && c.tiesEmbeddings && c.initializerRange == 0.02)
    #expect(try c.parameters.elementCount == 124_439_808)
    #expect(c.object["eos_token_id"]?.integerValue == 50256)
    #expect(c.object["model_type"]?.stringValue == "gpt2")
  }

  @Test func namesOfOtherModelsAreUnderstood() throws {
    let c = try configuration([
      "hidden_size": .integer(32), "num_attention_heads": .integer(4), "num_hidden_layers": .integer(2),
      "max_position_embeddings": .integer(24), "vocab_size": .integer(61),
    ])
    #expect(c.hiddenSize == 32 && c.headCount == 4 && c.layerCount == 2 && c.positionCount == 24)
    #expect(c.object["n_embd"]?.integerValue == 32 && c.object["hidden_size"] == nil)
    // Token ids of the default vocabulary would lie outside of this one.
    #expect(c.object["eos_token_id"] == .null)
  }

  @Test func keysThatMartletDoesNotKnowAreKept() throws {
    let c = try configuration(["summary_type": .string("cls_index"), "n_inner": .null])
    #expect(c.object["summary_type"]?.stringValue == "cls_index")
    #expect(c.innerSize == 3072)
  }

  @Test(
    arguments: [
      (["n_head": .integer(7)], "n_embd (768) must be a multiple of n_head (7)"),
      (["n_embd": .integer(0)], "key n_embd must be a whole number, 1 to 1048576, found 0"),
      (["n_embd": .string("768")], #"key n_embd must be a whole number, 1 to 1048576, found "768""#),
      (
        ["vocab_size": .integer(1 << 60)],
        "key vocab_size must be a whole number, 1 to 16777216, found 1152921504606846976"
      ),
      (["n_layer": .integer(-3)], "key n_layer must be a whole number, 1 to 1024, found -3"),
      (["n_layer": .null], "key n_layer must be a whole number, 1 to 1024, found null"),
      (["resid_pdrop": .integer(1)], "key resid_pdrop must be a number, 0 or more, below 1, found 1"),
      (
        ["activation_function": .string("gleu")],
        "key activation_function must be one of gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, quick_gelu, relu, relu2, "
          + #"silu, swish, tanh, sigmoid, linear, found "gleu""#
      ),
      (["tie_word_embeddings": .integer(1)], "key tie_word_embeddings must be true or false, found 1"),
      (
        ["n_embd": .integer(64), "hidden_size": .integer(64)],
        "key hidden_size must be left out, because n_embd says the same, found 64"
      ),
      (
        ["add_cross_attention": .bool(true)],
        "key add_cross_attention is true: attention to an encoder is not supported in GPT-2"
      ),
    ] as [(JSONObject, String)])
  func badKeysAreNamed(_ object: JSONObject, _ message: String) {
    #expect {
      try configuration(object)
    } throws: {
      ($0 as? MartletError)?.message == message && ($0 as? MartletError)?.place == "config.json"
    }
  }

  @Test func unknownModelTypesAreRefused() {
    #expect {
      try ModelFamilies.configuration(JSONFields(["model_type": .string("gptx")], file: "config.json"))
    } throws: {
      let families = ModelFamilies.all + ModelFamilies.encoderDecoders
      let known = families.map { $0.modelType }.joined(separator: ", ")
      return "\($0)" == "config.json: there is no model of the type 'gptx'\n  Known types: \(known)."
    }
  }

  @Test func sequencesLongerThanThePositionsAreRefused() throws {
    let c = try GPT2Configuration(vocabularySize: 10, positionCount: 8, hiddenSize: 4, layerCount: 1, headCount: 2)
    try c.requireLength(8)
    #expect {
      try c.requireLength(9)
    } throws: {
      ($0 as? MartletError)?.message == "sequences of 9 tokens are longer than the model's n_positions, 8"
    }
    #expect {
      try Trace.program { trace in
        _ = c.model(Scope(trace)).logits(trace.input("tokens", TensorType([1, 9], .i32)))
      }
    } throws: {
      ($0 as? MartletError)?.message == "sequences of 9 tokens are longer than n_positions, 8"
    }
  }

  @Test func parametersDecayAndInitialiseAsGPT2s() throws {
    let c = try GPT2Configuration(vocabularySize: 10, positionCount: 8, hiddenSize: 4, layerCount: 2, headCount: 2)
    let parameters = Dictionary(uniqueKeysWithValues: try c.parameters.map { ($0.name, $0) })
    #expect(parameters.count == 2 + 2 * 12 + 2)
    #expect(parameters["transformer.wte.weight"]?.role == .embedding)
    #expect(parameters["transformer.wpe.weight"]?.initialization == .normal(0.02))
    let fused = try #require(parameters["transformer.h.1.attn.c_attn.weight"])
    #expect(fused.type == TensorType([4, 12]) && fused.role == .matrix(.inputOutput, parts: 3) && fused.decays)
    // 2 layers add to the residual stream four times.
    #expect(parameters["transformer.h.0.attn.c_proj.weight"]?.initialization == .normal(0.01))
    #expect(parameters["transformer.h.1.mlp.c_proj.weight"]?.initialization == .normal(0.01))
    #expect(parameters["transformer.h.0.ln_1.weight"]?.initialization == .ones)
    for (name, parameter) in parameters { #expect(parameter.decays == (parameter.type.rank == 2), "\(name)") }
  }

  @Test func untiedHeadsHaveWeightsOfTheirOwn() throws {
    let c = try configuration([
      "vocab_size": .integer(10), "n_positions": .integer(8), "n_embd": .integer(4), "n_layer": .integer(1),
      "n_head": .integer(1), "tie_word_embeddings": .bool(false),
    ])
    #expect(try c.parameters.contains { $0.name == "lm_head.weight" && $0.role == .embedding })
    #expect(c.parameterName(ofStored: "lm_head.weight") == "lm_head.weight")
  }
}
