import Core
import Foundation

/// Chooses tokens from logits. The choice is a function of the logits, the history, the key and the step.
public struct Sampler: Sendable {
  /// How tokens are chosen.
  public let options: SamplingOptions
  private let key: RandomKey

  /// A sampler with a random key.
  ///
  /// Throws: `MartletError(.invalidArgument)`, naming the option that is out of range.
  public init(_ options: SamplingOptions, key: RandomKey) throws {
    try options.validate()
    self.options = options
    self.key = key
  }

  /// The error that logits are not numbers.
  static let divergence = MartletError(
    .divergence, "the model's logits are not numbers",
    remedy: "The training diverged or the weights are damaged: use an earlier checkpoint.")

  /// The token of step `step` of a text.
  ///
  /// - Parameters:
  ///   - logits: of each token; they are changed to those that the token is drawn from.
  ///   - history: the tokens of the text so far.
  ///
  /// Throws: `MartletError(.divergence)` when the logits are not numbers. Complexity: O(V log V) for V tokens at most.
  public func token(from logits: inout [Float], history: [Int32], step: Int) throws -> Int32 {
    guard logits.contains(where: \.isFinite), !logits.contains(where: \.isNaN) else {
      throw Self.divergence
    }
    transform(&logits, history: history)
    if options.temperature == 0 { return Int32(Self.likeliest(logits)) }
    return draw(logits, step)
  }

  /// Applies the options to logits; tokens that cannot be chosen get minus infinity.
  public func transform(_ logits: inout [Float], history: [Int32]) {
    penalize(&logits, history)
    if options.temperature == 0 { return }
    if options.temperature != 1 {
      let temperature = Float(options.temperature)
      for i in logits.indices { logits[i] /= temperature }
    }
    if let k = options.topK, k < logits.count { keepLargest(k, &logits) }
    if options.topP < 1 { keepNucleus(&logits) }
    if options.minP > 0 { keepRelative(&logits) }
  }

  private func penalize(_ logits: inout [Float], _ history: [Int32]) {
    let penalty = Float(options.repetitionPenalty)
    if penalty == 1 { return }
    for token in Set(history) where logits.indices.contains(Int(token)) {
      let logit = logits[Int(token)]
      logits[Int(token)] = logit < 0 ? logit * penalty : logit / penalty
    }
  }

  private func keepLargest(_ k: Int, _ logits: inout [Float]) {
    var heap = SmallestOfLargest(capacity: k)
    for logit in logits { heap.insert(logit) }
    let limit = heap.smallest
    for i in logits.indices where logits[i] < limit { logits[i] = -.infinity }
  }

  /// Keeps each token before which, in falling order, the probabilities sum to less than top-p.
  private func keepNucleus(_ logits: inout [Float]) {
    let probabilities = Self.softmax(logits)
    // Tokens below this sum to at most 1 - p together, so that none of them stays: most need no sorting.
    let tail = (1 - options.topP) / Double(max(logits.count, 1))
    let candidates = logits.indices.filter { probabilities[$0] >= tail }
      .sorted { (probabilities[$0], $1) > (probabilities[$1], $0) }
    var kept = [Bool](repeating: false, count: logits.count)
    var sum = 0.0
    for (rank, token) in candidates.enumerated() where rank == 0 || sum < options.topP {
      kept[token] = true
      sum += probabilities[token]
    }
    for i in logits.indices where !kept[i] { logits[i] = -.infinity }
  }

  private func keepRelative(_ logits: inout [Float]) {
    // p < min_p * p_max, as a bound on logits.
    let limit = Double(logits.max() ?? 0) + log(options.minP)
    for i in logits.indices where Double(logits[i]) < limit { logits[i] = -.infinity }
  }

  private func draw(_ logits: [Float], _ step: Int) -> Int32 {
    let probabilities = Self.softmax(logits)
    let words = key.block(UInt64(step))
    let unit = Double((UInt64(words.x) | UInt64(words.y) << 32) >> 11) * 0x1p-53
    var rest = unit * probabilities.reduce(0, +)
    var last = Self.likeliest(logits)
    for (token, probability) in probabilities.enumerated() where probability > 0 {
      last = token
      rest -= probability
      if rest < 0 { break }
    }
    return Int32(last)
  }

  static func likeliest(_ logits: [Float]) -> Int {
    var best = 0
    for i in logits.indices where logits[i] > logits[best] { best = i }
    return best
  }

  static func softmax(_ logits: [Float]) -> [Double] {
    let largest = Double(logits.max() ?? 0)
    var values = logits.map { exp(Double($0) - largest) }
    let sum = values.reduce(0, +)
    for i in values.indices { values[i] /= sum }
    return values
  }
}

/// The smallest of the `capacity` largest numbers seen: a heap with the smallest on top.
private struct SmallestOfLargest {
  private let capacity: Int
  private var heap: [Float] = []

  init(capacity: Int) {
    self.capacity = capacity
    heap.reserveCapacity(capacity)
  }

  var smallest: Float { heap.first ?? -.infinity }

  mutating func insert(_ value: Float) {
    if heap.count < capacity {
      heap.append(value)
      var child = heap.count - 1
      while child > 0, heap[child] < heap[(child - 1) / 2] {
        heap.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
    } else if value > heap[0] {
      heap[0] = value
      var parent = 0
      while true {
        var least = parent
        for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
          least = child
        }
        if least == parent { return }
        heap.swapAt(parent, least)
        parent = least
      }
    }
  }
}
