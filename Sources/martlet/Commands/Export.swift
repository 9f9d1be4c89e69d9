import CPUBackend
import Core
import Training

private let format = Option<String>.choice("format", ["hf"], "the layout: hf is Hugging Face's, for `transformers`")
private let from = Option<String?>.text(
  "from", "<folder>", "a run's folder, a checkpoint or a model's folder; required")
private let to = Option<String?>.text("to", "<folder>", "the folder to write; required")

/// `martlet export`: a model for other programs.
let exportCommand = Command(
  name: "export",
  summary: "write a model for other programs",
  options: [format, from, to, SharedOption.maxShardSize],
  notes: [
    "Of a run, its best weights are taken: those with the lowest validation loss. Python then loads them with",
    "transformers.AutoModelForCausalLM.from_pretrained(folder), and the tokenizer with AutoTokenizer. A run with LoRA gives",
    "its adapter, in PEFT's layout; `martlet merge` writes a whole model.",
  ],
  examples: ["martlet export --format hf --from runs/shakespeare --to shakespeare-hf"]
) { arguments in
  guard let source = arguments[from], let target = arguments[to] else {
    throw MartletError(
      .invalidArgument, "\(arguments[from] == nil ? "--from" : "--to") is missing", at: "martlet export",
      remedy: "Write it as: martlet export --format hf --from runs/shakespeare --to shakespeare-hf")
  }
  let model = try RunFolder.model(in: source, warn: Program.warn)
  try RunFolder.export(model, to: target, on: CPU(threads: 1), shardLimit: SharedOption.shardLimit(arguments))
  print("Wrote \(target) from \(model)")
  return Program.Status.success
}
