import Core
import Formats
import Foundation
import TestSupport
import Testing
import Training

@Suite("Adapting a model") struct AdaptingTests {
  private static func flags(_ settings: [String]) -> [String] { settings.flatMap { ["--set", $0] } }

  /// A trained model, and a way to train on from it with other settings; gives the folder of that run.
  private struct Base {
    let run: TinyRun

    func train(_ name: String, _ settings: [String], _ more: String...) throws -> String {
      let folder = run.folder + "/" + name
      let result = try Martlet.run(
        ["train", run.recipe] + flags(["model.from=\(run.output)/model", "train.output_dir=\(folder)"] + settings)
          + more,
        in: run.folder)
      #expect(result.status == 0, "\(result.errors)")
      return folder
    }

    static func with(_ body: (Base) throws -> Void) throws {
      try TinyRun.with(["max_steps: 60", "lr_scheduler_type: constant"]) { run in
        #expect(try run.train().status == 0)
        try body(Base(run: run))
      }
    }
  }

  private func bytes(_ path: String) throws -> [UInt8] { try FileSystem.read(path, limit: 1 << 28) }

  private func validationLoss(_ folder: String) throws -> Double {
    let line = try MetricsFile.read(folder + "/metrics.jsonl").last { $0.values["validation_loss"] != nil }
    return try #require(line?.values["validation_loss"]?.doubleValue)
  }

  @Test("Frozen weights stay, a run with them goes on as if it had not stopped, and needs no other folder")
  func freezing() throws {
    try Base.with { base in
      let settings = [
        "model.freeze=[wte, h.0.attn]", "train.average_weights=0.9", "train.max_steps=8", "train.save_steps=4",
        "train.eval_steps=0",
      ]
      let whole = try base.train("whole", settings)
      let before = try SafetensorsFile(base.run.output + "/model/model.safetensors")
      let after = try SafetensorsFile(whole + "/model/model.safetensors")
      for tensor in before.tensors {
        let isFrozen = tensor.name.contains(".wte.") || tensor.name.contains(".attn.")
        #expect(try (after[tensor.name]?.floats() == tensor.floats()) == isFrozen, "\(tensor.name)")
      }
      let step8 = whole + "/checkpoints/step-00000008/"
      let moments = try SafetensorsFile(step8 + "optimizer.safetensors").tensors.map(\.name)
      #expect(moments.contains("optimizer.m.transformer.ln_f.weight"))
      #expect(!moments.contains { $0.contains(".wte.") || $0.contains(".attn.") })

      let parts = try base.train("parts", settings + ["train.max_steps=4"])
      // The folder that it started from is gone.
      try FileSystem.remove(base.run.output)
      let result = try Martlet.run(
        ["train", base.run.recipe] + Self.flags(settings + ["train.output_dir=\(parts)", "model.from=\(parts)"])
          + ["--resume"], in: base.run.folder)
      #expect(result.status == 0, "\(result.errors)")
      for file in ["model.safetensors", "optimizer.safetensors"] {
        #expect(try bytes(parts + "/checkpoints/step-00000008/" + file) == bytes(step8 + file), "\(file)")
      }
    }
  }

  @Test("Adapters are trained, saved for PEFT, resumed to the bit, used for text, and merged")
  func lora() throws {
    try Base.with { base in
      let settings = [
        "lora.rank=2", "lora.alpha=8", "lora.dropout=0.1", "lora.targets=[c_attn, mlp]", "lora.modules_to_save=[ln_f]",
        "train.max_steps=40", "train.save_steps=20", "train.eval_steps=0", "train.learning_rate=3e-3",
      ]
      let whole = try base.train("whole", settings)
      let adapter = whole + "/model"
      let names = try SafetensorsFile(adapter + "/adapter_model.safetensors").tensors.map(\.name)
      #expect(
        names.sorted()
          == (["attn.c_attn", "mlp.c_fc", "mlp.c_proj"].flatMap { layer in
            ["A", "B"].map { "base_model.model.transformer.h.0.\(layer).lora_\($0).weight" }
          } + ["bias", "weight"].map { "base_model.model.transformer.ln_f.\($0)" }).sorted())
      let fields = try JSONFields(file: adapter + "/adapter_config.json")
      #expect(try fields.string("base_model_name_or_path") == base.run.output + "/model")
      #expect(try fields.strings("modules_to_save") == ["transformer.ln_f"])
      #expect(try fields.string("task_type") == "CAUSAL_LM" && fields.bool("fan_in_fan_out"))
      #expect(try fields.integer("r") == 2 && fields.number("lora_alpha") == 8)
      // A checkpoint holds nothing of the model that is adapted.
      let checkpoint = whole + "/checkpoints/step-00000040/"
      #expect(FileSystem.kind(of: checkpoint + "model.safetensors") == nil)
      let moments = try SafetensorsFile(checkpoint + "optimizer.safetensors").tensors.map(\.name)
      #expect(moments.count == 16 && moments.allSatisfy { $0.contains("lora_") || $0.contains("ln_f") })

      // It learns, and what was measured in training is what the merged model has.
      let still = try base.train("still", ["train.max_steps=1", "train.learning_rate=1e-9", "train.warmup_steps=0"])
      #expect(try validationLoss(whole) < validationLoss(still))
      let merged = base.run.folder + "/merged"
      let result = try Martlet.run(
        "merge", base.run.output, whole, merged, "--max-shard-size", "1", in: base.run.folder)
      #expect(result.status == 0, "\(result.errors)")
      let again = try Martlet.run(
        ["train", base.run.recipe]
          + Self.flags([
            "model.from=\(merged)", "train.output_dir=again", "train.max_steps=1", "train.learning_rate=1e-9",
            "train.warmup_steps=0",
          ]), in: base.run.folder)
      #expect(again.status == 0, "\(again.errors)")
      #expect(try abs(validationLoss(base.run.folder + "/again") - validationLoss(whole)) < 1e-4)

      let exported = base.run.folder + "/exported"
      #expect(try Martlet.run("export", "--from", whole, "--to", exported).status == 0)
      #expect(try bytes(exported + "/adapter_model.safetensors") == bytes(adapter + "/adapter_model.safetensors"))
      let texts = try [whole, adapter, exported, merged].map { model in
        let text = try Martlet.run(
          "generate", "--model", model, "--prompt", "ba", "--temperature", "0", "--max-new-tokens", "20")
        #expect(text.status == 0, "\(text.errors)")
        return text.output
      }
      #expect(Set(texts).count == 1)

      let parts = try base.train("parts", settings + ["train.max_steps=20"])
      _ = try base.train("parts", settings, "--resume")
      for file in ["adapter_model.safetensors", "optimizer.safetensors"] {
        #expect(try bytes(parts + "/checkpoints/step-00000040/" + file) == bytes(checkpoint + file), "\(file)")
      }
      let verified = try Martlet.run(
        ["verify", base.run.recipe]
          + Self.flags(settings + ["model.from=\(base.run.output)/model", "train.output_dir=\(whole)"]),
        in: base.run.folder)
      #expect(verified.status == 0, "\(verified.output) \(verified.errors)")
      // Adapters go on with the weights that they were trained for, and no others.
      let path = base.run.output + "/model/model.safetensors"
      try AtomicFile.write(bytes(merged + "/model.safetensors"), to: path)
      let refused = try Martlet.run(
        ["train", base.run.recipe, "--resume"]
          + Self.flags(
            settings + ["model.from=\(base.run.output)/model", "train.output_dir=\(parts)", "train.max_steps=50"]),
        in: base.run.folder)
      #expect(refused.status == 1)
      #expect(refused.errors.contains("the model of the adapters (by the hash of its weights) of the checkpoint is"))
    }
  }

  @Test(
    "Adapters without a model, on adapters, or for layers that are not there are refused",
    arguments: [
      (["lora.rank=2"], "lora.rank (2) is given without model.from"),
      (["lora.rank=2", "lora.targets=[q_proj]", "model.from=run"], "the pattern 'q_proj' of LoRA's targets fits none"),
      (
        ["lora.rank=2", "lora.modules_to_save=[wte]", "model.from=run"],
        "the table 'transformer.wte.weight' cannot be trained"
      ),
      (["lora.rank=2", "model.from=adapted"], "model.from is an adapter itself"),
    ])
  func refusals(_ settings: [String], _ message: String) throws {
    try TinyRun.with(["max_steps: 4"]) { run in
      #expect(try run.train().status == 0)
      if settings.contains("model.from=adapted") {
        #expect(
          try run.train("--set", "lora.rank=2", "--set", "model.from=run", "--set", "train.output_dir=adapted").status
            == 0)
      }
      let result = try Martlet.run(
        ["train", run.recipe] + Self.flags(settings + ["train.output_dir=second"]), in: run.folder)
      #expect(result.status == 1)
      #expect(result.errors.contains(message), "\(result.errors)")
    }
  }
}
