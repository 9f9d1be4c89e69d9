import CPUBackend
import Core
import Training

private let steps = Option<Int?>.integer("steps", "steps to time; 20 unless given", in: 1...1_000_000)

/// `martlet bench step`: the time of a training step.
let benchCommand = Command(
  name: "bench",
  summary: "time training steps of a GPT of any size",
  positionals: [
    .init(name: "what", help: "`step`: a whole training step"),
    .init(name: "layers", help: "transformer blocks"),
    .init(name: "hidden", help: "hidden size"),
    .init(name: "heads", help: "attention heads"),
    .init(name: "context", help: "tokens in a sequence"),
    .init(name: "batch", help: "sequences in a batch"),
    .init(name: "vocabulary", help: "tokens in the vocabulary"),
  ],
  options: [SharedOption.threads, steps],
  notes: [
    "A step is forward, backward, clipping to norm 1 and AdamW, in fp32, without dropout, on random tokens. Prints one",
    "line of JSON with the median; FLOPs are (6 P + 12 L D T) a token, P = 12 L D^2 + V D.",
  ],
  examples: ["martlet bench step 6 384 6 256 8 8192"]
) { arguments in
  guard arguments.positional(0) == "step" else {
    throw MartletError(
      .invalidArgument, "bench knows only `step`, found '\(arguments.positional(0) ?? "")'", at: "martlet bench",
      remedy: "Write it as: martlet bench step 6 384 6 256 8 8192")
  }
  let names = ["<layers>", "<hidden>", "<heads>", "<context>", "<batch>", "<vocabulary>"]
  let sizes = try names.enumerated().map { index, name in
    try wholeNumber(arguments.positional(index + 1) ?? "", of: name, in: 1...1 << 24)
  }
  let result = try StepBenchmark(
    layers: sizes[0], hiddenSize: sizes[1], heads: sizes[2], contextLength: sizes[3], batchSize: sizes[4],
    vocabularySize: sizes[5], steps: arguments[steps] ?? 20
  ).run(on: SharedOption.processor(threads: arguments[SharedOption.threads]))
  print(JSONValue.object(result).text())
  return Program.Status.success
}
