import CPUBackend
import Core
import Training

/// `martlet merge`: a whole model of adapters and the model they belong to.
let mergeCommand = Command(
  name: "merge",
  summary: "write a whole model from a model and its LoRA adapter",
  positionals: [
    Command.Positional(name: "base", help: "the folder of the model that was adapted"),
    Command.Positional(name: "adapter", help: "the folder of the adapter, in PEFT's layout, or of a run with LoRA"),
    Command.Positional(name: "out", help: "the folder to write"),
  ],
  options: [SharedOption.maxShardSize],
  notes: [
    "The result is a folder in Hugging Face's layout that needs neither the adapter nor PEFT. `martlet generate` takes an",
    "adapter's folder as it is, where the model that its adapter_config.json names is on this machine.",
  ],
  examples: ["martlet merge gpt2 runs/poems poems-gpt2"]
) { arguments in
  let (base, adapter) = (arguments.positional(0) ?? "", arguments.positional(1) ?? "")
  let target = arguments.positional(2) ?? ""
  try RunFolder.merge(
    base: base, adapter: adapter, to: target, on: CPU(threads: 1),
    shardLimit: SharedOption.shardLimit(arguments), warn: Program.warn)
  print("Wrote \(target) from \(base) and \(adapter)")
  return Program.Status.success
}
