import Core
import Formats
import Foundation
import Layers
import Models
import TensorGraph
import TestSupport
import Testing

@Suite struct EncoderFolderTests {
  private let backend = ReferenceBackend()

  /// Calls `body` with a copy of a golden model's folder whose tensors have other names.
  private func withFolder(
    _ name: String, renaming rename: (String) -> String, adding more: [TensorSource] = [],
    _ body: (String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let file = try SafetensorsFile(fixture("encoders/\(name)/model.safetensors"))
      try SafetensorsWriter.write(
        file.tensors.map { TensorSource($0, name: rename($0.name)) } + more, to: folder + "/model.safetensors")
      try FileManager.default.copyItem(
        atPath: fixture("encoders/\(name)/config.json"), toPath: folder + "/config.json")
      try body(folder)
    }
  }

  private func values(_ buffers: [String: any Buffer]) -> [String: [Float]] {
    buffers.mapValues { $0.read(as: Float.self) }
  }

  @Test(arguments: ["bert_words", "roberta_words", "bert_embeddings"]) func oldAndBareNamesAreUnderstood(_ name: String)
    throws
  {
    let golden = try ModelFolder(fixture("encoders/\(name)"))
    let expected = values(try golden.loadParameters(on: backend))
    let prefix = type(of: try golden.encoder()).prefix + "."
    let more = [
      TensorSource(name: "embeddings.position_ids", shape: [1, 2], floats: [0, 1]),
      TensorSource(name: "cls.seq_relationship.weight", shape: [2, 8], floats: [Float](repeating: 0, count: 16)),
    ]
    let renames: [(String) -> String] = [
      { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 },
      { $0.hasPrefix("embeddings") || $0.hasPrefix("encoder") || $0.hasPrefix("pooler") ? prefix + $0 : $0 },
      {
        $0.replacingOccurrences(of: "LayerNorm.weight", with: "LayerNorm.gamma")
          .replacingOccurrences(of: "LayerNorm.bias", with: "LayerNorm.beta")
      },
    ]
    for rename in renames {
      try withFolder(name, renaming: rename, adding: more) { folder in
        let found = values(try ModelFolder(folder).loadParameters(on: backend))
        #expect(found == expected)
      }
    }
  }

  @Test(arguments: ["bert", "roberta", "distilbert", "modernbert"])
  func anEncoderIsTakenOverForAnotherTaskAndItsHeadDrawn(_ family: String) throws {
    let words = try ModelFolder(fixture("encoders/\(family)_words"))
    let adapted = try words.encoder().adapted(to: .textLabels, labels: ["no", "yes", "perhaps"])
    #expect(adapted.labels == ["no", "yes", "perhaps"] && adapted.task == .textLabels)
    let old = values(try words.loadParameters(on: backend))
    let new = values(try words.loadParameters(for: adapted, key: RandomKey(seed: 7), on: backend))
    let names = try adapted.parameters.map(\.name)
    #expect(Set(new.keys) == Set(names))
    let head = new.keys.filter { old[$0] == nil }
    #expect(head.allSatisfy { $0.contains("classifier") || $0.contains("pooler") })
    for (name, values) in new where !head.contains(name) { #expect(values == old[name], "\(name)") }
    let again = values(try words.loadParameters(for: adapted, key: RandomKey(seed: 7), on: backend))
    #expect(new == again)
    // The file of another task's labels gives none for these.
    let tags = try ModelFolder(fixture("encoders/\(family)_tokens"))
    let relabelled = try tags.encoder().adapted(to: .tokenLabels, labels: ["A", "B"])
    let drawn = values(try tags.loadParameters(for: relabelled, key: RandomKey(seed: 7), on: backend))
    #expect(drawn["classifier.weight"]?.count == 2 * 8)
  }

  @Test func whatIsMissingOrUnknownIsNamed() throws {
    func expect(_ message: String, _ rename: @escaping (String) -> String) throws {
      try withFolder("bert_words", renaming: rename) { folder in
        #expect {
          try ModelFolder(folder).loadParameters(on: backend)
        } throws: {
          ($0 as? MartletError)?.message == message && ($0 as? MartletError)?.place == folder
        }
      }
    }
    try expect(#"the weights lack "cls.predictions.bias""#) {
      $0 == "cls.predictions.bias" ? "cls.predictions.decoder.bias" : $0
    }
    try expect(#"the weights lack "bert.embeddings.LayerNorm.bias""#) {
      $0 == "bert.embeddings.LayerNorm.bias" ? "pooler.dense.bias" : $0
    }
    let golden = try ModelFolder(fixture("encoders/bert_words"))
    try withFolder(
      "bert_words", renaming: { $0 }, adding: [TensorSource(name: "adapter.weight", shape: [1], floats: [0])]
    ) { folder in
      #expect {
        try ModelFolder(folder).loadParameters(on: backend)
      } throws: {
        ($0 as? MartletError)?.message == #"the model has no place for "adapter.weight""#
      }
    }
    #expect(throws: MartletError.self) { try golden.encoder().adapted(to: .textLabels) }
    #expect(throws: MartletError.self) { try golden.encoder().adapted(to: .tokenLabels, labels: ["a", "a"]) }
    #expect {
      _ = try ModelFolder(fixture("gpt2")).encoder()
    } throws: {
      ($0 as? MartletError)?.message == "a model of the type 'gpt2' is no encoder"
    }
  }
}
