import BenchmarkOptions
import CPUBackend
import Core
import Datasets
import Documents
import Foundation
import Inference
import Layers
import Models
import TensorGraph
import Tokenizers
import Training

// Trains a small T5 from nothing to translate, and translates a test set: a folder has train.SOURCE.gz, train.TARGET.gz and
// test files named on the command line. Writes the model, its tokenizer and the translations, one a line.
let options = BenchmarkOptions(
  """
  usage: translation-bench DATA SOURCE TARGET TEST OUTPUT [--epochs N] [--minutes N] [--layers N] [--width N] [--heads N]
    [--inner N] [--vocabulary N] [--tokens N] [--beams N] [--threads N] [--rate N] [--dropout N] [--gated]
  TEST is the name of a test set, as in DATA/TEST.SOURCE.gz. --rate is the largest learning rate in millionths, --dropout in
  hundredths; --tokens are those of a batch's targets.
  """, operands: 5...5)
let (data, output) = (options.operands[0], options.operands[4])
let (from, to, test) = (options.operands[1], options.operands[2], options.operands[3])

do { try translate() } catch {
  FileHandle.standardError.write(Data("translation-bench: \(error)\n".utf8))
  exit(1)
}

/// The lines of a file, compressed or not.
@MainActor func lines(_ set: String, _ language: String) throws -> [String] {
  guard let file = try InputFile.list(["\(data)/\(set).\(language).gz"]).first else { return [] }
  let input = try file.open()
  var bytes: [UInt8] = []
  while case let piece = try input.read(), !piece.isEmpty { bytes += piece }
  return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    .dropLast().map(String.init)
}

@MainActor func learnTokenizer(_ texts: [String]) throws -> Tokenizer {
  var trainer = try TokenizerTrainer(.init(.unigram, vocabularySize: options.number("--vocabulary") ?? 6000))
  try trainer.add(texts.map { Array($0.utf8) })
  return try trainer.train()
}

@MainActor func configuration(_ tokenizer: Tokenizer) throws -> any EncoderDecoderConfiguration {
  let width = options.number("--width") ?? 256
  let heads = options.number("--heads") ?? 4
  return try ModelFamilies.encoderDecoder(
    JSONFields(
      [
        "model_type": .string("t5"), "vocab_size": .integer(tokenizer.vocabularySize), "d_model": .integer(width),
        "d_kv": .integer(width / heads), "num_heads": .integer(heads),
        "d_ff": .integer(options.number("--inner") ?? 4 * width),
        "num_layers": .integer(options.number("--layers") ?? 3),
        "feed_forward_proj": .string(options.has("--gated") ? "gated-gelu" : "relu"),
        "dropout_rate": .double(Double(options.number("--dropout") ?? 15) / 100),
        "pad_token_id": .integer(Int(tokenizer.paddingID ?? 0)),
        "eos_token_id": .integer(Int(tokenizer.endOfTextID ?? 1)),
      ], file: "the command line"))
}

@MainActor func translate() throws {
  let clock = ContinuousClock()
  let start = clock.now
  func say(_ text: String) {
    let time = String(format: "%6.0f s  ", (clock.now - start) / .seconds(1))
    FileHandle.standardOutput.write(Data((time + text + "\n").utf8))
  }
  let (sources, targets) = (try lines("train", from), try lines("train", to))
  guard sources.count == targets.count, !sources.isEmpty else {
    throw MartletError(.mismatch, "\(sources.count) and \(targets.count) lines are no pairs", at: data)
  }
  let tokenizer = try learnTokenizer(sources + targets)
  let configuration = try configuration(tokenizer)
  let end = [configuration.endToken]
  let pairs = zip(tokenizer.encode(sources), tokenizer.encode(targets)).map { ($0 + end, $1 + end) }
  let parameterCount = try configuration.parameters.elementCount
  say("\(pairs.count) pairs, \(tokenizer.vocabularySize) tokens, \(parameterCount) parameters")

  let backend = CPU(threads: options.number("--threads"))
  let key = RandomKey(seed: 1)
  let epochs = options.number("--epochs") ?? 10
  let buckets = try Buckets(
    pairs, configuration, tokensOfBatch: options.number("--tokens") ?? 2048, key: key, on: backend)
  let rate = Double(options.number("--rate") ?? 1500) / 1e6
  let limit = options.number("--minutes").map { Double($0) * 60 }
  let total = epochs * buckets.batchesOfEpoch
  var step = 0
  training: for epoch in 0..<epochs {
    var (lossSum, count) = (0.0, 0)
    for batch in buckets.batches(ofEpoch: epoch) {
      // The schedule follows the clock where there is a limit.
      let elapsed = (clock.now - start) / .seconds(1)
      let progress = max(Double(step) / Double(total), limit.map { elapsed / $0 } ?? 0)
      if progress >= 1 { break training }
      let warmUp = min(1, Double(step + 1) / 400)
      let result = try buckets.step(
        batch, learningRate: rate * warmUp * (1 - progress), appliedSteps: step, key: key.numbered(UInt64(step)))
      lossSum += Double(result.loss) * Double(result.tokenCount)
      count += result.tokenCount
      step += 1
    }
    say("epoch \(epoch + 1): loss \(lossSum / Double(count)), \(step) steps")
  }
  let generator = SequenceGenerator(configuration, parameters: buckets.states, on: backend, batchSize: 64)
  try ModelFolder.write(configuration, parameters: buckets.states, to: output)
  try tokenizer.save(to: output)
  let transformer = try TextTransformer(generator, tokenizer)
  for beams in Set([1, options.number("--beams") ?? 4]).sorted() {
    let found = try transformer(
      lines(test, from), SequenceOptions(beamCount: beams, lengthPenalty: 1, maxNewTokens: 64))
    try AtomicFile.write(Array((found.joined(separator: "\n") + "\n").utf8), to: "\(output)/\(test).\(beams).\(to)")
    say("\(found.count) translations with \(beams) beams")
  }
}

/// Pairs in batches of like lengths, each length with programs of its own; all share the weights.
final class Buckets {
  typealias Pair = (source: [Int32], target: [Int32])
  struct Batch {
    let bucket: Int
    let pairs: [Int]
  }
  private static let lengths = [12, 16, 20, 26, 36, 64]
  private let pairs: [Pair]
  private let rows: [SequencePairs]
  private var executors: [TrainingExecutor] = []
  private let members: [[Int]]
  private let key: RandomKey

  init(
    _ pairs: [Pair], _ configuration: any EncoderDecoderConfiguration, tokensOfBatch: Int, key: RandomKey,
    on backend: any Backend
  ) throws {
    self.pairs = pairs
    self.key = key
    rows = try Self.lengths.map {
      try SequencePairs(
        sourceLength: $0, targetLength: $0, startToken: configuration.startToken,
        paddingToken: configuration.paddingToken)
    }
    members = Self.lengths.indices.map { bucket in
      pairs.indices.filter { place in
        let length = max(pairs[place].source.count, pairs[place].target.count)
        return length <= Self.lengths[bucket] && (bucket == 0 || length > Self.lengths[bucket - 1])
      }
    }
    var states: [String: any Buffer] = try backend.makeParameters(configuration.parameters, key: key)
    for pairs in rows {
      let programs = try TrainingPrograms(
        .init(
          batchSize: max(1, tokensOfBatch / pairs.targetLength), sequenceLength: pairs.rowLength,
          optimizer: .adamW(weightDecay: 0.01), maximumGradientNorm: 1)
      ) { scope, tokens, targets in
        configuration.model(scope).losses(
          ofRows: tokens, targets: targets, sourceLength: pairs.sourceLength, paddingToken: pairs.paddingToken,
          labelSmoothing: scope.isTraining ? 0.1 : 0)
      }
      let executor = try TrainingExecutor(programs, on: backend, states: states)
      states = executor.states
      executors.append(executor)
    }
  }

  var states: [String: any Buffer] { executors.last?.states ?? [:] }
  var batchesOfEpoch: Int { batches(ofEpoch: 0).count }

  /// All pairs once, in an order of the epoch's own; the last batch of each length is not full.
  func batches(ofEpoch epoch: Int) -> [Batch] {
    var random = RandomStream(key.named("order").numbered(UInt64(epoch)))
    var batches: [Batch] = []
    for (bucket, executor) in executors.enumerated() {
      let size = executor.programs.settings.batchSize
      let order = members[bucket].shuffled(using: &random)
      for start in stride(from: 0, to: order.count, by: size) {
        batches.append(Batch(bucket: bucket, pairs: Array(order[start..<min(start + size, order.count)])))
      }
    }
    return batches.shuffled(using: &random)
  }

  func step(
    _ batch: Batch, learningRate: Double, appliedSteps: Int, key: RandomKey
  ) throws -> TrainingExecutor.StepResult {
    let (executor, pairs) = (executors[batch.bucket], rows[batch.bucket])
    var made = TrainingExecutor.Batch(tokens: [], targets: [])
    for row in 0..<executor.programs.settings.batchSize {
      let pair = row < batch.pairs.count ? self.pairs[batch.pairs[row]] : ([], [])
      let (tokens, targets) = pairs.row(source: pair.0, target: pair.1)
      made.tokens += tokens
      made.targets += targets
    }
    return try executor.step([made], learningRate: learningRate, appliedSteps: appliedSteps, key: key)
  }
}
