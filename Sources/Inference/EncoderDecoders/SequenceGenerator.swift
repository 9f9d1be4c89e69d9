import Core
import Models
import TensorGraph
import Tokenizers

/// What is asked of a generator that writes a target for each source.
public struct SequenceOptions: Sendable, Hashable {
  /// How tokens are chosen where there is one beam; always the likeliest unless asked otherwise.
  public var sampling: SamplingOptions
  /// The number of texts that are followed at once; above 1, the likeliest text is searched for.
  public var beamCount: Int
  /// The power of the length that the scores of beams are divided by: above 0 favours long texts, below 0 short ones.
  public var lengthPenalty: Double
  /// When a search ends.
  public var earlyStopping: EarlyStopping
  /// No sequence of so many tokens comes twice in a text; 0 for no limit.
  public var noRepeatNGramSize: Int
  /// The largest number of tokens of a target.
  public var maxNewTokens: Int
  /// Tokens that end a target beside the model's own.
  public var endTokens: [Int32]
  /// The seed: the same seed gives the same texts.
  public var seed: UInt64

  /// Options, checked when they are used.
  public init(
    sampling: SamplingOptions = .greedy, beamCount: Int = 1, lengthPenalty: Double = 1,
    earlyStopping: EarlyStopping = .likely, noRepeatNGramSize: Int = 0, maxNewTokens: Int = 128,
    endTokens: [Int32] = [], seed: UInt64 = 0
  ) {
    self.sampling = sampling
    self.beamCount = beamCount
    self.lengthPenalty = lengthPenalty
    self.earlyStopping = earlyStopping
    self.noRepeatNGramSize = noRepeatNGramSize
    self.maxNewTokens = maxNewTokens
    self.endTokens = endTokens
    self.seed = seed
  }

  /// Checks the ranges.
  ///
  /// Throws: `MartletError(.invalidArgument)`, naming the option.
  public func validate() throws {
    try sampling.validate()
    func check(_ holds: Bool, _ name: String, _ value: some CustomStringConvertible, _ expected: String) throws {
      if !holds { throw MartletError(.invalidArgument, "\(name) must be \(expected), found \(value)") }
    }
    try check((1...1024).contains(beamCount), "num_beams", beamCount, "from 1 to 1024")
    try check(lengthPenalty.isFinite, "length_penalty", lengthPenalty, "a number")
    try check(noRepeatNGramSize >= 0, "no_repeat_ngram_size", noRepeatNGramSize, "0 or more")
    try check((1...1 << 20).contains(maxNewTokens), "max_new_tokens", maxNewTokens, "from 1 to \(1 << 20)")
    try check(
      beamCount == 1 || sampling == .greedy, "temperature", sampling.temperature,
      "0, without other options of sampling, where there are several beams")
  }
}

/// A target that was generated.
public struct GeneratedSequence: Sendable, Hashable {
  /// The tokens, with the one that ends the text if it came.
  public var tokens: [Int32]
  /// The logarithm of the text's probability, divided by the power of its length that was asked for; with one beam, 0.
  public var score: Float
  /// Whether the model ended the text, and not the limit of its length.
  public var isComplete: Bool
}

/// Writes a target for each source with an encoder-decoder: translates, summarises, answers.
///
/// Sources run in batches of like lengths. It belongs to one thread at a time.
public final class SequenceGenerator {
  /// The model's configuration.
  public let configuration: any EncoderDecoderConfiguration
  /// The number of sources that run at once.
  public let batchSize: Int
  private let parameters: [String: any Buffer]
  private let backend: any Backend
  private var model: CachedEncoderDecoder?

  /// A generator for a model whose parameters are in `parameters` by name; the weights are shared, not copied.
  public init(
    _ configuration: any EncoderDecoderConfiguration, parameters: [String: any Buffer], on backend: any Backend,
    batchSize: Int = 32
  ) {
    self.configuration = configuration
    self.parameters = parameters
    self.backend = backend
    self.batchSize = max(1, batchSize)
  }

  /// The targets of sources, given as tokens with those that end them, in their order.
  ///
  /// A target depends on its source, the options and, where tokens are drawn, the source's number.
  ///
  /// Throws: `MartletError(.invalidArgument)` for options out of range or an empty source, `MartletError(.mismatch)` for
  /// a token outside of the vocabulary, `MartletError(.divergence)` when the logits are not numbers.
  public func generate(
    _ sources: [[Int32]], _ options: SequenceOptions = SequenceOptions(), allowedTokens: Int? = nil
  ) throws -> [GeneratedSequence] {
    try options.validate()
    let model = try model(options, sources.count)
    let (endTokens, allowed) = (Set(options.endTokens + [configuration.endToken]), allowedTokens ?? Int.max)
    let none = GeneratedSequence(tokens: [], score: 0, isComplete: false)
    var targets = [GeneratedSequence](repeating: none, count: sources.count)
    // Long ones first: what runs at once is of like length, and memory is short at once where it is.
    var waiting = sources.indices.sorted { (sources[$0].count, $1) > (sources[$1].count, $0) }[...]
    while !waiting.isEmpty {
      let batch = Array(waiting.prefix(model.sourceCount))
      waiting = waiting.dropFirst(batch.count)
      try model.begin(batch.map { sources[$0] }, targetLength: options.maxNewTokens)
      let found =
        options.beamCount > 1
        ? try search(batch.count, model, options, endTokens, allowed)
        : try choose(batch, model, options, endTokens, allowed)
      for (place, target) in zip(batch, found) { targets[place] = target }
    }
    return targets
  }

  private func model(_ options: SequenceOptions, _ count: Int) throws -> CachedEncoderDecoder {
    let sourceCount = max(1, min(batchSize, count))
    if let model, model.sourceCount == sourceCount, model.targetCount == options.beamCount { return model }
    model = nil
    let made = try CachedEncoderDecoder(
      configuration, parameters: parameters, on: backend, sourceCount: sourceCount, targetCount: options.beamCount)
    model = made
    return made
  }

  /// One token after the other of each target.
  private func choose(
    _ batch: [Int], _ model: CachedEncoderDecoder, _ options: SequenceOptions, _ endTokens: Set<Int32>, _ allowed: Int
  ) throws -> [GeneratedSequence] {
    let key = RandomKey(seed: options.seed).named("sampling")
    let samplers = try batch.map { try Sampler(options.sampling, key: key.numbered(UInt64($0))) }
    let size = configuration.vocabularySize
    // The token that targets begin with counts as one that came before, as it does in transformers.
    var histories = [[Int32]](repeating: [configuration.startToken], count: batch.count)
    var isComplete = [Bool](repeating: false, count: batch.count)
    var next = [Int32](repeating: configuration.startToken, count: model.sourceCount)
    for step in 0..<options.maxNewTokens where !isComplete.allSatisfy({ $0 }) {
      try model.step(next)
      for row in batch.indices where !isComplete[row] {
        var logits = Array(model.logits[row * size..<row * size + min(size, allowed)])
        for token in RepeatedTokens.completingSequence(of: options.noRepeatNGramSize, after: histories[row])
        where logits.indices.contains(Int(token)) { logits[Int(token)] = -.infinity }
        let token = try samplers[row].token(from: &logits, history: histories[row], step: step)
        histories[row].append(token)
        next[row] = token
        isComplete[row] = endTokens.contains(token)
      }
    }
    return batch.indices.map {
      GeneratedSequence(tokens: Array(histories[$0].dropFirst()), score: 0, isComplete: isComplete[$0])
    }
  }

  /// The likeliest target of each source.
  private func search(
    _ count: Int, _ model: CachedEncoderDecoder, _ options: SequenceOptions, _ endTokens: Set<Int32>, _ allowed: Int
  ) throws -> [GeneratedSequence] {
    let (beamCount, size) = (options.beamCount, configuration.vocabularySize)
    let searched = BeamSearch.Options(
      beamCount: beamCount, lengthPenalty: options.lengthPenalty, earlyStopping: options.earlyStopping,
      maxNewTokens: options.maxNewTokens)
    var searches = (0..<count).map { _ in BeamSearch(searched, endTokens: endTokens) }
    var next = [Int32](repeating: configuration.startToken, count: model.sourceCount * beamCount)
    var parents = next.indices.map(Int32.init)
    while !searches.allSatisfy(\.isOver) {
      try model.step(next, parents: parents)
      guard !model.logSums.prefix(count * beamCount).contains(where: \.isNaN) else { throw Sampler.divergence }
      var logits = model.logits
      for (source, search) in searches.enumerated() where options.noRepeatNGramSize > 0 && !search.isOver {
        for (beam, text) in search.beams.enumerated() {
          let history = [configuration.startToken] + text.tokens
          for token in RepeatedTokens.completingSequence(of: options.noRepeatNGramSize, after: history) {
            logits[(source * beamCount + beam) * size + Int(token)] = -.infinity
          }
        }
      }
      logits.withUnsafeBufferPointer { all in
        guard let start = all.baseAddress else { return }
        for source in searches.indices where !searches[source].isOver {
          let first = source * beamCount
          let sums = Array(model.logSums[first..<first + beamCount])
          searches[source].step(start + first * size, logSums: sums, size: size, allowed: allowed)
          for (beam, text) in searches[source].beams.enumerated() {
            next[first + beam] = text.tokens.last ?? configuration.endToken
            parents[first + beam] = Int32(first + searches[source].parents[beam])
          }
        }
      }
    }
    return searches.map { search in
      let best = search.best
      let tokens = best?.tokens ?? []
      return GeneratedSequence(
        tokens: tokens, score: best?.score ?? 0, isComplete: tokens.last.map(endTokens.contains) ?? false)
    }
  }
}
