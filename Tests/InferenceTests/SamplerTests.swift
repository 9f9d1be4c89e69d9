import Core
import Inference
import TestSupport
import Testing

@Suite struct SamplerTests {
  private func numbers(_ value: JSONValue) -> [Float] {
    (value.arrayValue ?? []).map { $0.doubleValue.map { Float($0) } ?? -.infinity }
  }

  @Test func transformsAreThoseOfTransformers() throws {
    let file = try JSONFields(file: fixture("sampling/processors.json"))
    let logits = try #require(file.object["logits"]?.arrayValue).map(numbers)
    let history = try #require(file.object["history"]?.arrayValue).map { numbers($0).map { Int32($0) } }
    let cases = try #require(file.object["cases"]?.arrayValue).compactMap(\.objectValue)
    #expect(cases.count == 23)
    for element in cases {
      let fields = try JSONFields(element, file: file.file).fields("options")
      let options = SamplingOptions(
        temperature: try fields.number("temperature", default: 1),
        topK: fields.object["top_k"]?.integerValue, topP: try fields.number("top_p", default: 1),
        minP: try fields.number("min_p", default: 0),
        repetitionPenalty: try fields.number("repetition_penalty", default: 1))
      let sampler = try Sampler(options, key: RandomKey(seed: 0))
      let expected = try #require(element["scores"]?.arrayValue).map(numbers)
      for (row, scores) in expected.enumerated() {
        var own = logits[row]
        sampler.transform(&own, history: history[row])
        for (token, (a, b)) in zip(own, scores).enumerated() {
          #expect(a == b || abs(a - b) <= 1e-5 * abs(b), "\(options), row \(row), token \(token): \(a), expected \(b)")
        }
      }
    }
  }

  @Test func frequenciesFollowTheProbabilities() throws {
    let logits: [Float] = [0, 1, 2, -.infinity, 3]
    let weights = [1.0, 2.718281828, 7.389056099, 0, 20.08553692]
    let total = weights.reduce(0, +)
    let sampler = try Sampler(SamplingOptions(), key: RandomKey(seed: 11))
    var counts = [Int](repeating: 0, count: 5)
    let draws = 40_000
    for step in 0..<draws {
      var copy = logits
      counts[Int(try sampler.token(from: &copy, history: [], step: step))] += 1
    }
    for (count, weight) in zip(counts, weights) {
      let p = weight / total
      let deviation = (p * (1 - p) * Double(draws)).squareRoot()
      #expect(abs(Double(count) - p * Double(draws)) <= 5 * deviation)
    }
  }

  @Test func greedyTakesTheFirstOfTheLikeliest() throws {
    let sampler = try Sampler(.greedy, key: RandomKey(seed: 1))
    var logits: [Float] = [1, 7, 7, 0]
    #expect(try sampler.token(from: &logits, history: [], step: 0) == 1)
    let penalizing = try Sampler(SamplingOptions(temperature: 0, repetitionPenalty: 2), key: RandomKey(seed: 1))
    logits = [4, 7, 5, -1]
    #expect(try penalizing.token(from: &logits, history: [1, 1], step: 0) == 2)
  }

  @Test func aStepDependsOnTheKeyAlone() throws {
    let logits = [Float](repeating: 0, count: 1000)
    func tokens(_ seed: UInt64) throws -> [Int32] {
      let sampler = try Sampler(SamplingOptions(), key: RandomKey(seed: seed))
      return try (0..<20).map { step in
        var copy = logits
        return try sampler.token(from: &copy, history: [], step: step)
      }
    }
    #expect(try tokens(5) == tokens(5))
    #expect(try tokens(5) != tokens(6))
    #expect(Set(try tokens(5)).count > 10)
  }

  @Test func topKOfLargeVocabulariesIsExact() throws {
    var stream = RandomStream(RandomKey(seed: 8))
    let logits = (0..<5000).map { _ in Float(stream.unit()) }
    let limit = logits.sorted(by: >)[39]
    var kept = logits
    try Sampler(SamplingOptions(topK: 40), key: RandomKey(seed: 0)).transform(&kept, history: [])
    #expect(zip(logits, kept).allSatisfy { $0 >= limit ? $1 == $0 : $1 == -.infinity })
  }

  @Test func topPOfLargeVocabulariesIsTheShortestHead() throws {
    var stream = RandomStream(RandomKey(seed: 9))
    let logits = (0..<3000).map { _ in Float(8 * stream.unit()) }
    for p in [0.01, 0.3, 0.9, 0.999] {
      var kept = logits
      try Sampler(SamplingOptions(topP: p), key: RandomKey(seed: 0)).transform(&kept, history: [])
      let largest = logits.max() ?? 0
      let sorted = logits.map { exponential(Double($0 - largest)) }.sorted(by: >)
      let total = sorted.reduce(0, +)
      var (sum, count) = (0.0, 0)
      while sum < p {
        sum += sorted[count] / total
        count += 1
      }
      #expect(kept.filter(\.isFinite).count == count, "\(p)")
      #expect((kept.filter(\.isFinite).min() ?? 0) >= (zip(logits, kept).filter { !$1.isFinite }.map(\.0).max() ?? 0))
    }
  }

  @Test(arguments: [
    (SamplingOptions(temperature: -0.1), "temperature must be a number of 0 or more, found -0.1"),
    (SamplingOptions(temperature: .nan), "temperature must be a number of 0 or more, found nan"),
    (SamplingOptions(topK: 0), "top_k must be 1 or more, found 0"),
    (SamplingOptions(topP: 0), "top_p must be above 0 and at most 1, found 0.0"),
    (SamplingOptions(minP: 1.5), "min_p must be from 0 to 1, found 1.5"),
    (SamplingOptions(repetitionPenalty: 0), "repetition_penalty must be above 0, found 0.0"),
  ])
  func optionsOutOfRangeAreNamed(_ options: SamplingOptions, _ message: String) {
    #expect {
      try Sampler(options, key: RandomKey(seed: 0))
    } throws: {
      ($0 as? MartletError)?.message == message
    }
  }

  @Test(arguments: [[.nan, 1], [-.infinity, -.infinity], []] as [[Float]]) func logitsThatAreNoNumbersAreRefused(
    _ logits: [Float]
  ) {
    #expect {
      var copy = logits
      _ = try Sampler(.greedy, key: RandomKey(seed: 0)).token(from: &copy, history: [], step: 0)
    } throws: {
      ($0 as? MartletError)?.code == .divergence
    }
  }
}

/// The exponential by its series, so that the test shares nothing with what it tests.
private func exponential(_ x: Double) -> Double {
  let part = x / 1024
  var (term, sum) = (1.0, 1.0)
  for n in 1...20 {
    term *= part / Double(n)
    sum += term
  }
  return (0..<10).reduce(sum) { value, _ in value * value }
}
