import Core
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

@Suite struct EncoderConfigurationTests {
  private func configuration(_ type: String, _ object: JSONObject) throws -> any EncoderConfiguration {
    var object = object
    object["model_type"] = .string(type)
    return try ModelFamilies.encoder(JSONFields(object, file: "config.json"))
  }

  private func named(_ architecture: String) -> JSONValue { .array([.string(architecture)]) }

  @Test(
    arguments: [
      ("bert", [:], 109_482_240),
      ("bert", ["architectures": .array([.string("BertForMaskedLM")])], 109_514_298),
      ("bert", ["architectures": .array([.string("BertForSequenceClassification")])], 109_483_778),
      ("roberta", ["max_position_embeddings": .integer(514), "type_vocab_size": .integer(1)], 124_645_632),
      ("distilbert", [:], 66_362_880),
      ("modernbert", ["architectures": .array([.string("ModernBertForMaskedLM")])], 149_655_232),
    ] as [(String, JSONObject, Int)])
  func sizesOfKnownModelsAreThoseOfTransformers(_ type: String, _ object: JSONObject, _ count: Int) throws {
    #expect(try configuration(type, object).parameters.elementCount == count)
  }

  @Test func taskAndLabelsAreReadFromTheFile() throws {
    let names: JSONObject = ["0": .string("bad"), "1": .string("so-so"), "2": .string("good")]
    let texts = try configuration(
      "roberta", ["architectures": named("RobertaForSequenceClassification"), "id2label": .object(names)])
    #expect(texts.task == .textLabels && texts.labels == ["bad", "so-so", "good"])
    let old = try configuration(
      "bert", ["architectures": named("BertForTokenClassification"), "num_labels": .integer(3)])
    #expect(old.task == .tokenLabels && old.labels == ["LABEL_0", "LABEL_1", "LABEL_2"])
    #expect(try configuration("bert", ["architectures": named("BertForPreTraining")]).task == .maskedWords)
    #expect(try configuration("distilbert", [:]).task == .embeddings)
    let spans = try configuration("modernbert", ["architectures": named("ModernBertForQuestionAnswering")])
    #expect(spans.task == .spans && spans.labels.count == 2)
  }

  @Test(
    arguments: [
      ("bert", ["num_attention_heads": .integer(7)], "hidden_size (768) must be a multiple of num_attention_heads (7)"),
      ("distilbert", ["n_heads": .integer(7)], "dim (768) must be a multiple of n_heads (7)"),
      (
        "modernbert", ["hidden_size": .integer(36), "num_attention_heads": .integer(12)],
        "hidden_size / num_attention_heads (3) must be even, as pairs of elements are turned"
      ),
      ("bert", ["is_decoder": .bool(true)], "key is_decoder is true: a decoder of this kind"),
      (
        "bert", ["position_embedding_type": .string("relative_key")], "key position_embedding_type is 'relative_key'"
      ),
      (
        "roberta", ["max_position_embeddings": .integer(2)],
        "max_position_embeddings (2) must be above pad_token_id + 1 (2), the first position"
      ),
      (
        "bert", ["tie_word_embeddings": .bool(false)],
        "key tie_word_embeddings is false: an output layer apart from the embedding"
      ),
      (
        "distilbert", ["sinusoidal_pos_embds": .bool(true)],
        "key sinusoidal_pos_embds is true: positions that are not learnt"
      ),
      ("bert", ["architectures": .array([.string("BertForJokes")])], "key architectures is 'BertForJokes'"),
      (
        "bert", ["architectures": .array([.string("BertForTokenClassification")]), "id2label": .object([:])],
        "key id2label must be names of labels by number, found an object"
      ),
      (
        "bert",
        ["architectures": .array([.string("BertForTokenClassification")]), "id2label": .object(["1": .string("x")])],
        "key id2label.0 must be a string, it is missing"
      ),
      (
        "modernbert", ["layer_types": .array([.string("full_attention")])],
        "key layer_types must be 22 times sliding_attention or full_attention, found an array"
      ),
      (
        "modernbert",
        ["rope_parameters": .object(["full_attention": .object(["rope_type": .string("yarn")])])],
        "key rope_parameters.full_attention.rope_type is 'yarn'"
      ),
      (
        "bert", ["hidden_size": .integer(1 << 40)],
        "key hidden_size must be a whole number, 1 to 1048576, found \(1 << 40)"
      ),
    ] as [(String, JSONObject, String)])
  func badKeysAreNamed(_ type: String, _ object: JSONObject, _ message: String) {
    #expect {
      _ = try configuration(type, object)
    } throws: {
      ($0 as? MartletError)?.message == message
    }
  }

  @Test func layersWithWindowsAreThoseThatTheFileNames() throws {
    let every = try #require(configuration("modernbert", [:]) as? ModernBertConfiguration)
    #expect(every.settings.localLayers == Set((0..<22).filter { $0 % 3 != 0 }) && every.settings.window == 65)
    let types = (0..<4).map { JSONValue.string($0 == 1 ? "sliding_attention" : "full_attention") }
    let chosen = try #require(
      configuration("modernbert", ["num_hidden_layers": .integer(4), "layer_types": .array(types)])
        as? ModernBertConfiguration)
    #expect(chosen.settings.localLayers == [1])
    let bases = try #require(
      configuration("modernbert", ["global_rope_theta": .integer(5000), "local_rope_theta": .null])
        as? ModernBertConfiguration)
    #expect(bases.settings.globalRotary == bases.settings.localRotary)
  }

  @Test func longTextsAreRefused() throws {
    let roberta = try configuration("roberta", ["max_position_embeddings": .integer(20)])
    #expect(roberta.maximumLength == 18)
    #expect {
      try Trace.program { trace in
        let model = roberta.model(Scope(trace))
        trace.output("y", model.embeddings(EncoderInput(tokens: trace.input("x", TensorType([1, 19], .i32)))))
      }
    } throws: {
      "\($0)".contains("sequences of 19 tokens are longer than the model's positions, 18")
    }
  }
}
