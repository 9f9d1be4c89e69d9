import BenchmarkOptions
import CPUBackend
import Core
import Foundation
import Layers
import Models
import TensorGraph
import Training

// Times training steps on random tokens: forward, backward, clipping and AdamW, with the usual dropout. `words` lets BERT find
// 15% of the tokens of full texts; `texts` gives each text, from a quarter of the length to all of it, one of two labels;
// `pairs` lets T5 write targets as long as their sources.

let options = BenchmarkOptions(
  """
  usage: encoder-bench words|texts|pairs LAYERS HIDDEN HEADS LENGTH BATCH VOCABULARY [--steps N] [--warm-up N] [--threads N]
    [--profile]
  """, operands: 7...7)
let task = options.operands[0]
guard ["words", "texts", "pairs"].contains(task) else { options.refuse() }
let sizes = (1..<7).compactMap { options.number($0) }
let (length, batchSize, vocabulary) = (sizes[3], sizes[4], sizes[5])
/// The token of padding, and the first that stands for text.
let (padding, firstWord) = (0, 5)

do { print(try measured().text()) } catch {
  FileHandle.standardError.write(Data("encoder-bench: \(error)\n".utf8))
  exit(1)
}

/// The median time of a step and the peak memory.
@MainActor func measured() throws -> JSONValue {
  guard vocabulary > firstWord else {
    throw MartletError(
      .invalidArgument, "the vocabulary has \(vocabulary) tokens", remedy: "Give more than \(firstWord).")
  }
  let most = max(1, length * 15 / 100)
  let programs = try TrainingPrograms(
    .init(
      batchSize: batchSize, sequenceLength: task == "pairs" ? 2 * length : length,
      optimizer: .adamW(weightDecay: 0.01)), losses: task == "pairs" ? pairLosses() : textLosses(most))
  let processor = CPU(threads: options.number("--threads"))
  let key = RandomKey(seed: 1)
  let executor = try TrainingExecutor(
    programs, on: processor, states: try processor.makeParameters(programs.parameters, key: key))
  let batch = batch(key, most)
  let warmUpSteps = options.number("--warm-up") ?? 1
  var times: [Double] = []
  var loss: Float = 0
  for step in 0..<warmUpSteps + (options.number("--steps") ?? 10) {
    if step == warmUpSteps, options.has("--profile") { executor.profiles = StepProfiles() }
    let time = try ContinuousClock().measure {
      loss = try executor.step(
        [batch], learningRate: 1e-4, appliedSteps: step, key: key.numbered(UInt64(step))
      ).loss
    }
    if step >= warmUpSteps { times.append(time / .seconds(1)) }
  }
  for line in executor.profiles?.lines() ?? [] { print(line) }
  let median = times.sorted()[times.count / 2]
  return .object([
    "milliseconds_per_step": .double((median * 1e6).rounded() / 1000),
    "tokens_per_second": .double((Double(batchSize * length) / median).rounded()),
    "peak_memory_megabytes": .double((Double(Machine.peakResidentBytes) / 1e5).rounded() / 10),
    "loss": .double((Double(loss) * 1000).rounded() / 1000),
  ])
}

/// The losses of BERT.
@MainActor func textLosses(_ most: Int) throws -> TrainingPrograms.Losses {
  let isForWords = task == "words"
  let kind = isForWords ? EncoderTask.maskedWords : .textLabels
  let padding = Int32(padding)
  let configuration = try ModelFamilies.encoder(
    JSONFields(
      [
        "model_type": .string("bert"), "architectures": .array([.string("Bert" + kind.rawValue)]),
        "num_hidden_layers": .integer(sizes[0]), "hidden_size": .integer(sizes[1]),
        "num_attention_heads": .integer(sizes[2]), "intermediate_size": .integer(4 * sizes[1]),
        "max_position_embeddings": .integer(length), "vocab_size": .integer(vocabulary),
      ], file: "the command line"))
  return { scope, tokens, targets in
    let model = configuration.model(scope)
    return isForWords
      ? model.losses(EncoderInput(tokens: tokens), targets: targets, mostOfText: most)
      : model.losses(
        EncoderInput(tokens: tokens, paddingID: padding), targets: targets.slice(axis: 1, start: 0, length: 1))
  }
}

/// The losses of T5.
@MainActor func pairLosses() throws -> TrainingPrograms.Losses {
  let (padding, length) = (Int32(padding), length)
  let configuration = try ModelFamilies.encoderDecoder(
    JSONFields(
      [
        "model_type": .string("t5"), "num_layers": .integer(sizes[0]), "d_model": .integer(sizes[1]),
        "num_heads": .integer(sizes[2]), "d_kv": .integer(max(1, sizes[1] / sizes[2])),
        "d_ff": .integer(4 * sizes[1]), "vocab_size": .integer(vocabulary),
      ], file: "the command line"))
  return { scope, tokens, targets in
    configuration.model(scope).losses(ofRows: tokens, targets: targets, sourceLength: length, paddingToken: padding)
  }
}

/// Random tokens, with hidden ones or padding.
@MainActor func batch(_ key: RandomKey, _ most: Int) -> TrainingExecutor.Batch {
  var random = RandomStream(key.named("tokens"))
  var (tokens, targets): ([Int32], [Int32]) = ([], [])
  for row in 0..<batchSize {
    var text = (0..<length).map { _ in Int32.random(in: Int32(firstWord)..<Int32(vocabulary), using: &random) }
    var right = [Int32](repeating: -100, count: length)
    if task == "pairs" {
      let target = (0..<length).map { _ in Int32.random(in: Int32(firstWord)..<Int32(vocabulary), using: &random) }
      text += [Int32(padding)] + target.dropLast()
      right += target
    } else if task == "words" {
      for place in (0..<length).shuffled(using: &random).prefix(most) {
        (right[place], text[place]) = (text[place], 4)
      }
    } else {
      right[0] = Int32(row % 2)
      let used = max(1, length / 4 + row * (length - length / 4) / max(1, batchSize - 1))
      for place in min(used, length)..<length { text[place] = Int32(padding) }
    }
    tokens += text
    targets += right
  }
  return .init(tokens: tokens, targets: targets)
}
