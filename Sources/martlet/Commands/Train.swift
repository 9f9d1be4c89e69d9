import CPUBackend
import Core
import Training

private let resume = Option<Bool>.flag("resume", "go on from the last checkpoint of the run; without one, begin")
private let profile = Option<Bool>.flag(
  "profile", "print where the time of the steps goes, by operation, and write the first ten as a trace")

/// `martlet train`: the main job.
let trainCommand = Command(
  name: "train",
  summary: "train a model as a recipe says",
  positionals: [.recipe],
  options: [SharedOption.set, resume, profile, SharedOption.threads],
  notes: [
    "The text is prepared first if need be. The folder of the run (train.output_dir) then holds the checkpoints,",
    "metrics.jsonl, report.html and, in `model`, the model in Hugging Face's layout. Ctrl-C saves a checkpoint and",
    "says how to go on. `martlet recipe` lists the keys of recipes. With --profile, profile.json in the folder of the",
    "run is a trace that ui.perfetto.dev and chrome://tracing open.",
  ],
  examples: [
    "martlet train recipe.yaml", "martlet train recipe.yaml --set train.learning_rate=3e-4 --set train.max_steps=500",
    "martlet train recipe.yaml --resume",
  ]
) { arguments in
  Interruption.install()
  let recipe = try SharedOption.recipe(arguments)
  let processor = SharedOption.processor(threads: recipe.train.threads)
  let trainer = Trainer(recipe, on: processor)
  trainer.isProfiling = arguments[profile]
  trainer.peakFLOPS = processor.measuredPeak()
  trainer.resumeCommand =
    "\(shellQuoted(CommandLine.arguments[0])) train \(shellQuoted(arguments.positional(0) ?? ""))"
    + arguments[SharedOption.set].map { " --set \(shellQuoted($0))" }.joined()
    + (arguments[SharedOption.threads].map { " --threads \($0)" } ?? "") + " --resume"
  let console = TrainingConsole(loggingSteps: recipe.train.loggingSteps)
  defer { console.end() }
  let summary = try trainer.train(resuming: arguments[resume], onEvent: console.show)
  console.end()
  print(SummaryText.text(summary), terminator: "")
  return Program.Status.success
}

/// A word as a shell takes it.
private func shellQuoted(_ word: String) -> String {
  let isPlain = word.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_-./=,:+".utf8.contains(byte)
    }
  }
  return isPlain && !word.isEmpty
    ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
