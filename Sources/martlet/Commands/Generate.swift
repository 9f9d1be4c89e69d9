import CPUBackend
import Core
import Foundation
import Inference
import Training

private let model = Option<String?>.text(
  "model", "<folder>", "the model: a folder in Hugging Face's layout, a run's folder, or a checkpoint; required")
private let prompt = Option<String?>.text(
  "prompt", "<text>", "the text to go on from; `-` reads it from standard input")
private let maxNewTokens = Option<Int?>.integer(
  "max-new-tokens", "tokens to generate; 200 unless given", in: 0...1 << 30)
private let temperature = Option<Double?>.number(
  "temperature", "what logits are divided by: lower is safer, 0 always takes the likeliest token; 0.8 unless given",
  in: 0...1000)
private let topK = Option<Int?>.integer(
  "top-k", "choose among this many of the likeliest tokens; 0 for all", in: 0...1 << 30)
private let topP = Option<Double?>.number(
  "top-p", "choose among the likeliest tokens that have this probability together", in: 1e-9...1)
private let minP = Option<Double?>.number(
  "min-p", "leave out tokens below this share of the likeliest token's probability", in: 0...1)
private let repetitionPenalty = Option<Double?>.number(
  "repetition-penalty", "make tokens of the text so far less likely; 1 has no effect", in: 1e-3...1000)
private let stop = Option<[String]>.list("stop", "<text>", "a text that ends the generation; may be repeated")
private let seed = Option<Int?>.integer(
  "seed", "the same seed gives the same text; chosen at random unless given", in: 0...Int.max)
private let samples = Option<Int?>.integer("samples", "how many texts to generate; 1 unless given", in: 1...10_000)

/// `martlet generate`: text from a model.
let generateCommand = Command(
  name: "generate",
  summary: "write text with a model",
  options: [
    model, prompt, maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, stop, seed, samples,
    SharedOption.threads,
  ],
  notes: ["The text appears on standard output as it is written."],
  examples: [
    "martlet generate --model runs/shakespeare --prompt \"To be\" --temperature 0.7 --top-p 0.95",
    "martlet generate --model my-model --prompt \"Dear\" --samples 3 --seed 1 --stop \"Yours\"",
  ]
) { arguments in
  guard let path = arguments[model] else {
    throw MartletError(
      .invalidArgument, "--model is missing", at: "martlet generate",
      remedy: "Give the folder of a model or of a run: --model runs/shakespeare")
  }
  Interruption.install()
  let backend = SharedOption.processor(threads: arguments[SharedOption.threads])
  let generator = try Generator(folder: RunFolder.model(in: path, warn: Program.warn), on: backend)
  var options = GenerationOptions()
  options.sampling = SamplingOptions(
    temperature: arguments[temperature] ?? 0.8, topK: arguments[topK].flatMap { $0 > 0 ? $0 : nil },
    topP: arguments[topP] ?? 1,
    minP: arguments[minP] ?? 0, repetitionPenalty: arguments[repetitionPenalty] ?? 1)
  options.maxNewTokens = arguments[maxNewTokens] ?? 200
  options.stopStrings = arguments[stop]
  options.seed = arguments[seed].map(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
  var text = arguments[prompt] ?? ""
  if text == "-" { text = try standardInput() }
  for warning in generator.warnings(for: text, options) { Program.warn(warning) }
  let count = arguments[samples] ?? 1
  let output = FileHandle.standardOutput
  for number in 0..<count {
    if count > 1 { output.write(Data("\(number > 0 ? "\n" : "")--- \(number + 1) ---\n".utf8)) }
    output.write(Data(text.utf8))
    var sampleOptions = options
    sampleOptions.seed = options.seed &+ UInt64(number)
    _ = try generator.generate(text, sampleOptions) { _, piece in
      try Interruption.check()
      output.write(Data(piece.utf8))
    }
    output.write(Data("\n".utf8))
  }
  return Program.Status.success
}

private func standardInput() throws -> String {
  let data = FileHandle.standardInput.readDataToEndOfFile()
  guard let text = String(validating: data, as: UTF8.self) else {
    throw MartletError(
      .malformedFile, "the prompt is not valid UTF-8", at: "standard input", remedy: "Convert it to UTF-8.")
  }
  // A text file ends with a line feed that is not meant.
  return text.hasSuffix("\n") ? String(text.dropLast()) : text
}
