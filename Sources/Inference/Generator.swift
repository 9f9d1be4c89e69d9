import Core
import Models
import TensorGraph
import Tokenizers

/// What is asked of a generator beside the prompt.
public struct GenerationOptions: Sendable, Hashable {
  /// What happens when a text fills the model's context.
  public enum Overflow: String, Sendable, Hashable, CaseIterable {
    /// The model goes on with the second half of what it has seen.
    case slide
    /// The text ends.
    case stop
  }

  /// How tokens are chosen.
  public var sampling: SamplingOptions
  /// The largest number of tokens to generate.
  public var maxNewTokens: Int
  /// Texts that end the generation; they are not part of the result.
  public var stopStrings: [String]
  /// Tokens that end the generation beside the tokenizer's own end of text.
  public var endTokens: [Int32]
  /// The seed: the same seed gives the same text.
  public var seed: UInt64
  /// What happens when a text fills the model's context.
  public var overflow: Overflow

  /// Options, checked when they are used.
  public init(
    sampling: SamplingOptions = SamplingOptions(), maxNewTokens: Int = 100, stopStrings: [String] = [],
    endTokens: [Int32] = [], seed: UInt64 = 0, overflow: Overflow = .slide
  ) {
    self.sampling = sampling
    self.maxNewTokens = maxNewTokens
    self.stopStrings = stopStrings
    self.endTokens = endTokens
    self.seed = seed
    self.overflow = overflow
  }
}

/// A generated text.
public struct Generation: Sendable, Hashable {
  /// Why a text ended.
  public enum FinishReason: Sendable, Hashable {
    /// The model gave the token that ends a text.
    case endOfText
    /// A stop string came.
    case stopString(String)
    /// As many tokens as asked for were generated.
    case length
    /// The model's context is full.
    case contextFull
  }

  /// The generated tokens, without the prompt, with the one that ended the text if there was one.
  public var tokens: [Int32]
  /// The text of the tokens, without special tokens and up to the stop string.
  public var text: String
  /// Why it ended.
  public var finishReason: FinishReason
  /// How many tokens of the prompt were left out at its beginning, because the context is shorter.
  public var droppedPromptTokens: Int
}

/// Continues texts with a language model.
///
/// It belongs to one thread at a time.
public final class Generator {
  /// The model.
  public let model: CachedModel
  /// The tokenizer.
  public let tokenizer: Tokenizer

  /// A generator.
  ///
  /// Throws: `MartletError(.mismatch)` when the tokenizer has tokens that the model does not know.
  public init(_ model: CachedModel, _ tokenizer: Tokenizer) throws {
    let size = model.configuration.vocabularySize
    guard tokenizer.vocabularySize <= size else {
      throw MartletError(
        .mismatch, "the tokenizer has \(tokenizer.vocabularySize) tokens, the model knows \(size)",
        remedy: "Use the tokenizer that belongs to the model.")
    }
    self.model = model
    self.tokenizer = tokenizer
  }

  /// Continues a text; an empty one begins with the token that the tokenizer begins texts with.
  ///
  /// - Parameters:
  ///   - samples: how many continuations to generate; they run in groups as large as the model's number of rows, and
  ///     each depends on the seed and its own number alone.
  ///   - onText: is called with the number of the sample and each new piece of its text; what it throws ends all.
  ///
  /// Throws: `MartletError(.invalidArgument)` for options out of range, an empty prompt without a token to begin with,
  /// or a prompt that fills the context where the overflow is `stop`.
  public func generate(
    _ prompt: String, _ options: GenerationOptions = GenerationOptions(), samples: Int = 1,
    onText: (_ sample: Int, _ text: String) throws -> Void = { _, _ in }
  ) throws -> [Generation] {
    var tokens = tokenizer.encode(prompt)
    if tokens.isEmpty, let first = tokenizer.beginningOfTextID ?? tokenizer.endOfTextID { tokens = [first] }
    return try generate(tokens, options, samples: samples, onText: onText)
  }

  /// What a person should know of a prompt before it is continued, in sentences: characters that the tokenizer does not
  /// know, which the model never sees, and a beginning that does not fit into the context.
  public func warnings(for prompt: String, _ options: GenerationOptions = GenerationOptions()) -> [String] {
    var warnings: [String] = []
    let unknown = tokenizer.unknownCharacters(in: prompt)
    if !unknown.isEmpty {
      let shown = unknown.prefix(20).map { "\(String($0).debugDescription)" }.joined(separator: ", ")
      let more = unknown.count > 20 ? " and \(unknown.count - 20) more" : ""
      warnings.append("the tokenizer does not know \(shown)\(more): the model does not see these characters")
    }
    let count = tokenizer.encode(prompt).count
    if options.overflow == .slide, let kept = keptCount(of: count) {
      let (key, limit) = (type(of: model.configuration).lengthKey, model.configuration.maximumLength)
      warnings.append(
        "the prompt has \(count) tokens, the model's \(key) is \(limit): the model sees only the last \(kept)")
    }
    return warnings
  }

  /// How many tokens of a prompt the model is given where the context slides, or nil for all.
  private func keptCount(of count: Int) -> Int? {
    let limit = model.configuration.maximumLength
    return count <= limit ? nil : max(limit / 2, 1)
  }

  /// Continues a text given as tokens; see the method for strings.
  public func generate(
    _ prompt: [Int32], _ options: GenerationOptions = GenerationOptions(), samples: Int = 1,
    onText: (_ sample: Int, _ text: String) throws -> Void = { _, _ in }
  ) throws -> [Generation] {
    guard !prompt.isEmpty else {
      throw MartletError(
        .invalidArgument, "the prompt is empty, and the tokenizer has no token that begins a text",
        remedy: "Give a prompt.")
    }
    guard options.maxNewTokens >= 0 else {
      throw MartletError(.invalidArgument, "max_new_tokens must be 0 or more, found \(options.maxNewTokens)")
    }
    let kept = try fit(prompt, options)
    var results: [Generation] = []
    for start in stride(from: 0, to: samples, by: model.rowCount) {
      let numbers = Array(start..<min(start + model.rowCount, samples))
      results += try generateGroup(prompt, Array(kept), options, numbers, onText)
    }
    return results
  }

  /// The part of the prompt that the model is given.
  private func fit(_ prompt: [Int32], _ options: GenerationOptions) throws -> ArraySlice<Int32> {
    let (key, limit) = (type(of: model.configuration).lengthKey, model.configuration.maximumLength)
    guard let keptCount = keptCount(of: prompt.count) else { return prompt[...] }
    if options.overflow == .stop {
      throw MartletError(
        .invalidArgument, "the prompt has \(prompt.count) tokens, the model's \(key) is \(limit)",
        remedy: "Give a shorter prompt, or let the context slide.")
    }
    return prompt.suffix(keptCount)
  }

  private func generateGroup(
    _ prompt: [Int32], _ kept: [Int32], _ options: GenerationOptions, _ numbers: [Int],
    _ onText: (Int, String) throws -> Void
  ) throws -> [Generation] {
    let key = RandomKey(seed: options.seed).named("sampling")
    var rows = try numbers.map { number in
      Row(number, try Sampler(options.sampling, key: key.numbered(UInt64(number))), prompt, options, tokenizer)
    }
    let limit = model.configuration.maximumLength
    model.reset()
    // Rows beyond the samples repeat the last one, unseen.
    func spread(_ tokens: [[Int32]]) -> [[Int32]] {
      tokens + repeatElement(tokens[tokens.count - 1], count: model.rowCount - tokens.count)
    }
    var next = [[Int32]](repeating: kept, count: rows.count)
    for step in 0..<options.maxNewTokens {
      if model.length + next[0].count > limit {
        if options.overflow == .stop {
          for i in rows.indices { try rows[i].finish(.contextFull, onText) }
          break
        }
        model.reset()
        // Rows that have ended follow one that has not, only to stay in step.
        let tails = rows.map { Array($0.history.suffix(max(limit / 2, 1))) }
        let going = rows.firstIndex { $0.reason == nil } ?? 0
        next = rows.indices.map { rows[$0].reason == nil ? tails[$0] : tails[going] }
      }
      let logits = try model.read(spread(next))
      for i in rows.indices { try rows[i].take(logits[i], step, onText) }
      if rows.allSatisfy({ $0.reason != nil }) { break }
      next = rows.map { [$0.history[$0.history.count - 1]] }
    }
    for i in rows.indices { try rows[i].finish(.length, onText) }
    return rows.map { $0.generation(droppedPromptTokens: prompt.count - kept.count) }
  }
}

/// One text while it is generated.
private struct Row {
  let number: Int
  let sampler: Sampler
  let allowed: Int
  let endTokens: Set<Int32>
  private(set) var history: [Int32]
  private(set) var reason: Generation.FinishReason?
  private let promptCount: Int
  private var decoder: StreamingDecoder
  private var stops: StopMatcher
  private var text = ""

  init(_ number: Int, _ sampler: Sampler, _ prompt: [Int32], _ options: GenerationOptions, _ tokenizer: Tokenizer) {
    self.number = number
    self.sampler = sampler
    allowed = tokenizer.vocabularySize
    endTokens = Set(options.endTokens + [tokenizer.endOfTextID].compactMap { $0 })
    history = prompt
    promptCount = prompt.count
    decoder = tokenizer.streamingDecoder(skipsSpecialTokens: true)
    stops = StopMatcher(options.stopStrings)
    // Some decoders treat the first token of a text in their own way: let the prompt have been decoded.
    for token in prompt { _ = decoder.append(token) }
  }

  /// Chooses the next token; a row that has ended repeats its last one, to stay in step with the others.
  mutating func take(_ logits: [Float], _ step: Int, _ onText: (Int, String) throws -> Void) throws {
    if reason != nil { return }
    // A model may have more rows in its embedding than the tokenizer has tokens.
    var logits = Array(logits.prefix(allowed))
    let token = try sampler.token(from: &logits, history: history, step: step)
    history.append(token)
    if endTokens.contains(token) { return try finish(.endOfText, onText) }
    try show(stops.append(decoder.append(token)), onText)
    if let stop = stops.found { reason = .stopString(stop) }
  }

  /// Ends the text, if it has not ended, and shows what was held back.
  mutating func finish(_ reason: Generation.FinishReason, _ onText: (Int, String) throws -> Void) throws {
    if self.reason != nil { return }
    self.reason = reason
    try show(stops.append(decoder.finish()), onText)
    if let stop = stops.found { self.reason = .stopString(stop) }
    try show(stops.finish(), onText)
  }

  private mutating func show(_ piece: String, _ onText: (Int, String) throws -> Void) throws {
    if piece.isEmpty { return }
    text += piece
    try onText(number, piece)
  }

  func generation(droppedPromptTokens: Int) -> Generation {
    Generation(
      tokens: Array(history[promptCount...]), text: text, finishReason: reason ?? .length,
      droppedPromptTokens: droppedPromptTokens)
  }
}
