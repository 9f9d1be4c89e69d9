import Core
import Inference
import Models
import TensorGraph

/// Times the reading of prompts and the writing of tokens one by one with a language model.
public struct GenerationBenchmark {
  /// The model's configuration.
  public let configuration: any LanguageModelConfiguration
  /// How many texts run at once.
  public let rowCount: Int
  /// How many tokens the prompt has, and how many are written after it.
  public let promptTokens, newTokens: Int
  private let model: CachedModel

  /// A benchmark of a model with these parameters, or with random ones.
  ///
  /// Throws: `MartletError(.invalidArgument)` when the tokens do not fit in the model's context; `MartletError(.resource)`
  /// when memory is short.
  public init(
    _ configuration: any LanguageModelConfiguration, parameters: [String: any Buffer]?, on backend: any Backend,
    rowCount: Int, promptTokens: Int, newTokens: Int
  ) throws {
    let (key, limit) = (type(of: configuration).lengthKey, configuration.maximumLength)
    guard promptTokens + newTokens <= limit else {
      throw MartletError(
        .invalidArgument,
        "a prompt of \(promptTokens) tokens and \(newTokens) new ones are more than the model's \(key) (\(limit))",
        remedy: "Give fewer with --prompt-tokens and --new-tokens.")
    }
    self.configuration = configuration
    self.rowCount = rowCount
    self.promptTokens = promptTokens
    self.newTokens = newTokens
    if parameters == nil {
      let bytes = try configuration.parameters.reduce(0) { $0 + $1.type.byteCount }
      try Machine.requireMemory(bytes, remedy: "Give smaller sizes.")
    }
    let parameters =
      try parameters ?? backend.makeParameters(configuration.parameters, key: RandomKey(seed: 1))
    model = try CachedModel(configuration, parameters: parameters, on: backend, rowCount: rowCount)
  }

  /// Reads the prompt and writes the tokens, always the likeliest, `rounds` times after one that is not timed; gives the
  /// medians, the tokens that the first text was given, and if asked for, where the time of the tokens written went in
  /// the last round.
  ///
  /// Throws: `MartletError` as the model does.
  public func run(rounds: Int, isProfiling: Bool = false) throws -> (figures: JSONObject, profiles: StepProfiles?) {
    var profiles = isProfiling ? StepProfiles() : nil
    let clock = ContinuousClock()
    // The same tokens in every implementation that is compared.
    let vocabulary = configuration.vocabularySize
    let prompt = (0..<promptTokens).map { Int32(($0 * 7919 + 11) % vocabulary) }
    var (promptTimes, decodeTimes): ([Double], [Double]) = ([], [])
    var written: [Int32] = []
    for round in 0...rounds {
      model.reset()
      written = []
      if round == rounds, isProfiling {
        model.onProfile = { tokens, profile in
          if tokens > 1 { return }
          profiles?.beginStep()
          profiles?.add(profile, of: "decode")
        }
      }
      defer { model.onProfile = nil }
      var logits: [[Float]] = []
      let promptTime = try clock.measure {
        logits = try model.read([[Int32]](repeating: prompt, count: rowCount))
      }
      let decodeTime = try clock.measure {
        for _ in 0..<newTokens {
          let next = logits.map(Self.likeliest)
          written.append(next[0])
          logits = try model.read(next.map { [$0] })
        }
      }
      if round > 0 {
        promptTimes.append(promptTime / .seconds(1))
        decodeTimes.append(decodeTime / .seconds(1))
      }
    }
    func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }
    let tokenSeconds = median(decodeTimes) / Double(newTokens)
    let weightBytes = try configuration.parameters.reduce(0) { $0 + $1.type.byteCount }
    let rows = Double(rowCount)
    let figures: JSONObject = [
      "prompt_tokens_per_second": .double(rows * Double(promptTokens) / median(promptTimes)),
      "decode_tokens_per_second": .double(rows / tokenSeconds),
      "milliseconds_per_token": .double(tokenSeconds * 1e3),
      "weight_megabytes": .double(Double(weightBytes) / 1e6),
      "weight_gigabytes_per_second": .double(Double(weightBytes) / tokenSeconds / 1e9),
      "peak_memory_megabytes": .double(Double(Machine.peakResidentBytes) / 1e6),
      "tokens": .array(written.prefix(16).map { .integer(Int($0)) }),
    ]
    return (figures, profiles)
  }

  private static func likeliest(_ logits: [Float]) -> Int32 {
    logits.withUnsafeBufferPointer { logits in
      var best = 0
      for index in logits.indices where logits[index] > logits[best] { best = index }
      return Int32(best)
    }
  }
}
