import CPUBackend
import Glibc
import Testing

@Suite struct LinearCrossEntropyTests {
  @Test(arguments: [
    (1, 8, 5), (3, 16, 65), (48, 32, 65), (130, 24, 700), (7, 8, 8300), (200, 12, 1030), (1, 1, 1), (5, 7, 17),
  ])
  func agreesWithTheExactLossAndGradients(tokens: Int, hidden: Int, vocabulary: Int) {
    CrossEntropyCase(tokens: tokens, hidden: hidden, vocabulary: vocabulary).check(on: WorkerPool(threads: 2))
  }

  /// Enough logits for several chunks of rows and several stages of the vocabulary.
  @Test func agreesAcrossChunksAndStages() {
    let test = CrossEntropyCase(tokens: 100, hidden: 8, vocabulary: 200_000, sharpness: 3)
    #expect(test.loss.workspaceFloats(gradients: true) < 100 * 200_000)
    test.check(on: WorkerPool(threads: 2))
  }

  @Test func ignoredTargetsHaveNoLossAndNoGradient() {
    var test = CrossEntropyCase(tokens: 40, hidden: 16, vocabulary: 100)
    test.targets[3] = -100
    test.targets[4] = -1
    test.targets[39] = .min
    let result = test.run(on: WorkerPool(threads: 2))
    for row in [3, 4, 39] {
      #expect(result.losses[row] == 0)
      #expect(result.hiddenGradient[row * 16..<(row + 1) * 16].allSatisfy { $0 == 0 })
    }
    test.check(on: WorkerPool(threads: 2))
    test.targets = test.targets.map { _ in -100 }
    let nothing = test.run(on: WorkerPool(threads: 1))
    #expect(nothing.losses.allSatisfy { $0 == 0 })
    #expect(nothing.hiddenGradient.allSatisfy { $0 == 0 } && nothing.weightGradient.allSatisfy { $0 == 0 })
  }

  @Test func targetsBeyondTheVocabularyGiveNaN() {
    var test = CrossEntropyCase(tokens: 20, hidden: 8, vocabulary: 33)
    test.targets[5] = 33
    test.targets[6] = .max
    let losses = test.run(on: WorkerPool(threads: 2)).losses
    #expect(losses.indices.allSatisfy { losses[$0].isNaN == ($0 == 5 || $0 == 6) })
  }

  @Test func largeLogitsDoNotOverflow() {
    CrossEntropyCase(tokens: 12, hidden: 8, vocabulary: 600, sharpness: 400).check(on: WorkerPool(threads: 2))
  }

  @Test func addsToTheWeightGradientIfAsked() {
    var test = CrossEntropyCase(tokens: 30, hidden: 16, vocabulary: 90)
    let once = test.run(on: WorkerPool(threads: 2))
    test.loss.accumulatesWeightGradient = true
    let added = test.run(on: WorkerPool(threads: 2), weightGradientBefore: 2)
    for (one, other) in zip(once.weightGradient, added.weightGradient) { #expect(abs(one + 2 - other) < 1e-6) }
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() {
    let pools = [1, 2, 5].map { WorkerPool(threads: $0) }
    for (tokens, hidden, vocabulary) in [(96, 32, 65), (1100, 16, 3000), (3, 16, 5000)] {
      let test = CrossEntropyCase(tokens: tokens, hidden: hidden, vocabulary: vocabulary)
      let results = pools.map { test.run(on: $0) }
      #expect(results[1] == results[0])
      #expect(results[2] == results[0])
    }
  }
}

private struct CrossEntropyCase {
  struct Result: Equatable {
    var losses: [Float]
    var logSumExps: [Float]
    var hiddenGradient: [Float]
    var weightGradient: [Float]
  }

  var loss: LinearCrossEntropy
  let hiddenStates: [Float]
  let weight: [Float]
  var targets: [Int32]
  let lossGradients: [Float]

  init(tokens: Int, hidden: Int, vocabulary: Int, sharpness: Float = 2) {
    var numbers = RandomNumbers(seed: UInt64(tokens + hidden + vocabulary))
    loss = LinearCrossEntropy(tokens: tokens, hidden: hidden, vocabulary: vocabulary)
    hiddenStates = numbers.floats(tokens * hidden).map { $0 * sharpness }
    weight = numbers.floats(vocabulary * hidden)
    targets = (0..<tokens).map { _ in Int32(numbers.integer(0...vocabulary - 1)) }
    lossGradients = numbers.floats(tokens)
  }

  func run(on pool: WorkerPool, weightGradientBefore: Float = .nan) -> Result {
    var result = Result(
      losses: .init(repeating: .nan, count: loss.tokens), logSumExps: .init(repeating: .nan, count: loss.tokens),
      hiddenGradient: .init(repeating: .nan, count: hiddenStates.count),
      weightGradient: .init(repeating: weightGradientBefore, count: weight.count))
    withMemory(&result) { hidden, weight, targets, losses, sums, hiddenGradient, weightGradient, workspace in
      lossGradients.withUnsafeBufferPointer { gradients in
        pool.run(
          loss.gradientLaunches(
            hiddenStates: hidden, weight: weight, targets: targets, lossGradients: gradients.baseAddress!,
            losses: losses, logSumExps: sums, hiddenGradient: hiddenGradient, weightGradient: weightGradient,
            workspace: workspace))
      }
    }
    return result
  }

  /// The losses and log-sum-exps of the form without gradients.
  func runForward(on pool: WorkerPool) -> Result {
    var result = Result(
      losses: .init(repeating: .nan, count: loss.tokens), logSumExps: .init(repeating: .nan, count: loss.tokens),
      hiddenGradient: [0], weightGradient: [0])
    withMemory(&result) { hidden, weight, targets, losses, sums, _, _, workspace in
      pool.run(
        loss.launches(
          hiddenStates: hidden, weight: weight, targets: targets, losses: losses, logSumExps: sums,
          workspace: workspace))
    }
    return result
  }

  private func withMemory(
    _ result: inout Result,
    _ body: (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Int32>, UnsafeMutablePointer<Float>,
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
      UnsafeMutablePointer<Float>
    ) -> Void
  ) {
    let floats = max(loss.workspaceFloats(gradients: true), loss.workspaceFloats(gradients: false))
    var workspace = [Float](repeating: .nan, count: floats)
    hiddenStates.withUnsafeBufferPointer { hidden in
      weight.withUnsafeBufferPointer { weight in
        targets.withUnsafeBufferPointer { targets in
          workspace.withUnsafeMutableBufferPointer { workspace in
            result.losses.withUnsafeMutableBufferPointer { losses in
              result.logSumExps.withUnsafeMutableBufferPointer { sums in
                result.hiddenGradient.withUnsafeMutableBufferPointer { hiddenGradient in
                  result.weightGradient.withUnsafeMutableBufferPointer { weightGradient in
                    body(
                      hidden.baseAddress!, weight.baseAddress!, targets.baseAddress!, losses.baseAddress!,
                      sums.baseAddress!, hiddenGradient.baseAddress!, weightGradient.baseAddress!,
                      workspace.baseAddress!)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// Compares both forms with the mathematics in double precision.
  func check(on pool: WorkerPool) {
    let result = run(on: pool)
    let forward = runForward(on: pool)
    let (tokens, hidden, vocabulary) = (loss.tokens, loss.hidden, loss.vocabulary)
    var weightGradient = [Double](repeating: 0, count: weight.count)
    var worstLoss = 0.0
    var worstSum = 0.0
    var worstHidden = 0.0
    for row in 0..<tokens {
      let x = (0..<hidden).map { Double(hiddenStates[row * hidden + $0]) }
      var logits = [Double](repeating: 0, count: vocabulary)
      for token in 0..<vocabulary {
        for k in 0..<hidden { logits[token] += x[k] * Double(weight[token * hidden + k]) }
      }
      let maximum = logits.max()!
      let sum = logits.reduce(0) { $0 + exp($1 - maximum) }
      let logSumExp = maximum + log(sum)
      let target = Int(targets[row])
      let exact = target < 0 ? 0 : logSumExp - logits[target]
      // Logits have rounding errors in proportion to their terms.
      let scale = 1 + abs(maximum) + abs(logSumExp)
      worstLoss = max(worstLoss, abs(Double(result.losses[row]) - exact) / scale)
      worstLoss = max(worstLoss, abs(Double(forward.losses[row]) - exact) / scale)
      worstSum = max(worstSum, abs(Double(result.logSumExps[row]) - logSumExp) / scale)
      worstSum = max(worstSum, abs(Double(forward.logSumExps[row]) - logSumExp) / scale)
      var hiddenGradient = [Double](repeating: 0, count: hidden)
      if target >= 0 {
        for token in 0..<vocabulary {
          let gradient =
            (exp(logits[token] - logSumExp) - (token == target ? 1 : 0)) * Double(lossGradients[row])
          for k in 0..<hidden {
            hiddenGradient[k] += gradient * Double(weight[token * hidden + k])
            weightGradient[token * hidden + k] += gradient * x[k]
          }
        }
      }
      for k in 0..<hidden {
        worstHidden = max(worstHidden, abs(Double(result.hiddenGradient[row * hidden + k]) - hiddenGradient[k]))
      }
    }
    var worstWeight = 0.0
    var largestWeight = 1.0
    for (index, exact) in weightGradient.enumerated() {
      worstWeight = max(worstWeight, abs(Double(result.weightGradient[index]) - exact))
      largestWeight = max(largestWeight, abs(exact))
    }
    #expect(worstLoss < 1e-6)
    #expect(worstSum < 1e-6)
    // Softmax turns a logit's absolute error into a relative one.
    let logitError = 1e-6 * (1 + Double(hiddenStates.reduce(0) { max($0, abs($1)) }))
    #expect(worstHidden < 6 * logitError)
    #expect(worstWeight / largestWeight < 8 * logitError)
  }
}
