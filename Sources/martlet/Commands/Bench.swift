import CPUBackend
import Core
import Models
import Training

private let steps = Option<Int?>.integer("steps", "step: steps to time; 20 unless given", in: 1...1_000_000)
private let warmUp = Option<Int?>.integer(
  "warm-up", "step: steps before these, which are not timed; 3 unless given", in: 0...1_000_000)
private let profile = Option<Bool>.flag(
  "profile", "print where the time of a step, or of a token written, goes by operation")
private let recompute = Option<Bool>.flag(
  "gradient-checkpointing", "step: compute activations anew in the backward pass instead of keeping them")
private let model = Option<String?>.text(
  "model", "<folder>", "generate: a model in Hugging Face's layout in the place of sizes and random weights")
private let batch = Option<Int?>.integer("batch", "generate: with --model, texts at once; 1 unless given", in: 1...4096)
private let promptTokens = Option<Int?>.integer(
  "prompt-tokens", "generate: tokens of the prompt; half the context up to 512 unless given", in: 1...1 << 30)
private let newTokens = Option<Int?>.integer(
  "new-tokens", "generate: tokens that follow; a quarter of the context up to 64 unless given", in: 1...1 << 30)
private let sizeNames = ["layers", "hidden", "heads", "context", "batch", "vocabulary"]

/// `martlet bench`: the speed of training steps and of generation.
let benchCommand = Command(
  name: "bench",
  summary: "time training steps or generation of a GPT of any size",
  positionals: [
    .init(name: "what", help: "`step`: a whole training step; `generate`: reading a prompt and writing tokens"),
    .init(name: "layers", help: "transformer blocks", isRequired: false),
    .init(name: "hidden", help: "hidden size", isRequired: false),
    .init(name: "heads", help: "attention heads", isRequired: false),
    .init(name: "context", help: "tokens in a sequence", isRequired: false),
    .init(name: "batch", help: "sequences in a batch, or texts that are written at once", isRequired: false),
    .init(name: "vocabulary", help: "tokens in the vocabulary", isRequired: false),
  ],
  options: [SharedOption.threads, steps, warmUp, recompute, profile, model, batch, promptTokens, newTokens],
  notes: [
    "A step is forward, backward, clipping to norm 1 and AdamW, in fp32, without dropout, on random tokens. Prints one",
    "line of JSON with the median; FLOPs are (6 P + 12 L D T) a token, P = 12 L D^2 + V D.",
    "Generation takes the likeliest token each time, in fp32. The line has tokens a second for the prompt and for the",
    "tokens written after it, the weights read a second, and the bandwidth of memory, measured in the same run.",
  ],
  examples: [
    "martlet bench step 6 384 6 256 8 8192", "martlet bench step 6 384 6 256 8 8192 --profile",
    "martlet bench generate 12 768 12 1024 1 50257", "martlet bench generate --model runs/shakespeare/model",
  ]
) { arguments in
  let processor = SharedOption.processor(threads: arguments[SharedOption.threads])
  let result: JSONObject
  switch arguments.positional(0) {
  case "step": result = try benchStep(arguments, processor)
  case "generate": result = try benchGeneration(arguments, processor)
  default:
    throw MartletError(
      .invalidArgument, "bench knows `step` and `generate`, found '\(arguments.positional(0) ?? "")'",
      at: "martlet bench", remedy: "Write it as: martlet bench step 6 384 6 256 8 8192")
  }
  print(JSONValue.object(result).text())
  return Program.Status.success
}

private func benchStep(_ arguments: Arguments, _ processor: CPU) throws -> JSONObject {
  let sizes = try sizes(arguments)
  var benchmark = StepBenchmark(
    layers: sizes[0], hiddenSize: sizes[1], heads: sizes[2], contextLength: sizes[3], batchSize: sizes[4],
    vocabularySize: sizes[5], steps: arguments[steps] ?? 20)
  benchmark.warmUpSteps = arguments[warmUp] ?? 3
  benchmark.recomputes = arguments[recompute]
  benchmark.isProfiling = arguments[profile]
  let (result, profiles) = try benchmark.run(on: processor)
  for line in profiles?.lines() ?? [] { print(line) }
  return result
}

private func benchGeneration(_ arguments: Arguments, _ processor: CPU) throws -> JSONObject {
  let configuration: any LanguageModelConfiguration
  var folder: ModelFolder?
  var rowCount = arguments[batch] ?? 1
  if let path = arguments[model] {
    let given = try ModelFolder(RunFolder.model(in: path))
    folder = given
    configuration = try given.decoder()
  } else {
    let sizes = try sizes(arguments)
    configuration = try GPT2Configuration(
      vocabularySize: sizes[5], positionCount: sizes[3], hiddenSize: sizes[1], layerCount: sizes[0],
      headCount: sizes[2])
    rowCount = sizes[4]
  }
  let context = configuration.maximumLength
  let benchmark = try GenerationBenchmark(
    configuration, parameters: folder?.loadParameters(on: processor), on: processor, rowCount: rowCount,
    promptTokens: arguments[promptTokens] ?? max(1, min(context / 2, 512)),
    newTokens: arguments[newTokens] ?? max(1, min(context / 4, 64)))
  var (result, profiles) = try benchmark.run(rounds: 3, isProfiling: arguments[profile])
  for line in profiles?.lines() ?? [] { print(line) }
  let bandwidth = try processor.measuredBandwidth()
  result["read_gigabytes_per_second"] = .double(bandwidth.read)
  result["copy_gigabytes_per_second"] = .double(bandwidth.copy)
  return result
}

private func sizes(_ arguments: Arguments) throws -> [Int] {
  try sizeNames.enumerated().map { index, name in
    guard let text = arguments.positional(index + 1) else {
      throw MartletError(
        .invalidArgument, "<\(name)> is missing", at: "martlet bench",
        remedy: "`martlet bench --help` explains the command.")
    }
    return try wholeNumber(text, of: "<\(name)>", in: 1...1 << 24)
  }
}
