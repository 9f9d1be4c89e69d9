import Core
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct IndexPermutationTests {
  @Test(arguments: [1, 2, 3, 5, 16, 17, 1000, 4097])
  func everyIndexComesOnce(count: Int) {
    let permutation = IndexPermutation(count: count, key: RandomKey(seed: 3))
    #expect((0..<count).map { permutation($0) }.sorted() == Array(0..<count))
  }

  @Test func keysGiveOtherOrders() {
    let orders = (0..<4).map { seed in
      let permutation = IndexPermutation(count: 1000, key: RandomKey(seed: UInt64(seed)))
      return (0..<1000).map { permutation($0) }
    }
    #expect(Set(orders).count == 4)
    for order in orders {
      // Of a random order about one index in a thousand stays, and neighbours seldom do.
      #expect(order.enumerated().count { $0.offset == $0.element } < 10)
      #expect(zip(order, order.dropFirst()).count { $1 == $0 + 1 } < 10)
    }
  }

  @Test func largeCountsAreInRange() {
    let count = (1 << 40) + 7
    let permutation = IndexPermutation(count: count, key: RandomKey(seed: 1))
    let images = (0..<500).map { permutation(count - 1 - $0) }
    #expect(images.allSatisfy { (0..<count).contains($0) })
    #expect(Set(images).count == 500)
  }
}

@Suite struct BatchSamplerTests {
  private func withTokens(_ count: Int, shardTokens: Int = 7, _ body: (TokenSequence) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let writer = ShardFiles.writer(folder, vocabularySize: max(1, count), shardTokens: shardTokens)
      try writer.append((0..<Int32(count)).map { $0 })
      writer.endDocument()
      try writer.finish()
      try body(try ShardFiles.sequence(folder, writer))
    }
  }

  private func rows(_ sampler: BatchSampler, _ count: Int, from first: UInt64) throws -> [(
    inputs: [Int32], targets: [Int32]
  )] {
    let length = sampler.contextLength
    var inputs = [Int32](repeating: -7, count: count * length)
    var targets = inputs
    _ = try inputs.withUnsafeMutableBufferPointer { inputs in
      try targets.withUnsafeMutableBufferPointer { targets in
        try sampler.fill(inputs: inputs, targets: targets, firstSample: first)
      }
    }
    return (0..<count).map {
      (Array(inputs[$0 * length..<($0 + 1) * length]), Array(targets[$0 * length..<($0 + 1) * length]))
    }
  }

  @Test(arguments: BatchSampler.Order.allCases)
  func targetsAreTheNextTokens(order: BatchSampler.Order) throws {
    try withTokens(100) { tokens in
      let sampler = try BatchSampler(tokens, contextLength: 9, order: order, seed: 4)
      for (inputs, targets) in try rows(sampler, 50, from: 3) {
        #expect(inputs == Array(inputs[0]..<inputs[0] + 9))
        #expect(targets == inputs.map { $0 + 1 })
      }
    }
  }

  @Test(arguments: BatchSampler.Order.allCases)
  func aSampleDependsOnItsNumberAlone(order: BatchSampler.Order) throws {
    try withTokens(500) { tokens in
      let sampler = try BatchSampler(tokens, contextLength: 8, order: order, seed: 4)
      let all = try rows(sampler, 200, from: 0)
      let parts = try rows(sampler, 77, from: 0) + rows(sampler, 123, from: 77)
      #expect(all.map(\.inputs) == parts.map(\.inputs))
      let other = try BatchSampler(tokens, contextLength: 8, order: order, seed: 5)
      #expect(try rows(other, 200, from: 0).map(\.inputs) != all.map(\.inputs))
    }
  }

  @Test func anEpochHasEveryWindowOnce() throws {
    try withTokens(1003) { tokens in
      let sampler = try BatchSampler(tokens, contextLength: 10, order: .epochs, seed: 1)
      #expect(sampler.samplesPerEpoch == 100)
      var orders: [[Int32]] = []
      for epoch in 0..<3 {
        let targets = try rows(sampler, 100, from: UInt64(100 * epoch)).map(\.targets)
        #expect(Set(targets.joined()).count == 1000)
        orders.append(targets.map { $0[0] })
      }
      #expect(orders[0] != orders[1] && orders[1] != orders[2])
    }
  }

  @Test func randomWindowsReachBothEnds() throws {
    try withTokens(12) { tokens in
      let sampler = try BatchSampler(tokens, contextLength: 4, order: .random, seed: 2)
      #expect(Set((0..<400).map { sampler.windowStart(of: $0) }) == Set(0...7))
    }
  }

  @Test func aContextAsLongAsTheTextAllows() throws {
    try withTokens(11) { tokens in
      for order in BatchSampler.Order.allCases {
        let sampler = try BatchSampler(tokens, contextLength: 10, order: order, seed: 2)
        #expect(try rows(sampler, 3, from: 9).allSatisfy { $0.inputs == Array(0..<10) && $0.targets == Array(1..<11) })
      }
      let error = try #require(throws: MartletError.self) {
        try BatchSampler(tokens, contextLength: 11, order: .random, seed: 2)
      }
      #expect(error.message.contains("11") && error.remedy != nil)
      #expect(throws: MartletError.self) { try BatchSampler(tokens, contextLength: 0, order: .random, seed: 2) }
    }
  }

  @Test(arguments: [2, 3, 5, 10, 11, 12, 100])
  func evaluationHasEveryTokenButTheFirstOnce(count: Int) throws {
    try withTokens(count) { tokens in
      for (length, batch) in [(1, 1), (3, 2), (4, 5), (10, 3), (200, 2)] {
        let batches = try EvaluationBatches(tokens, contextLength: length, batchSize: batch)
        var seen: [Int32] = []
        for index in 0..<batches.batchCount {
          var inputs = [Int32](repeating: -7, count: length * batch)
          var targets = inputs
          let longest = try inputs.withUnsafeMutableBufferPointer { inputs in
            try targets.withUnsafeMutableBufferPointer { targets in
              try batches.fill(inputs: inputs, targets: targets, batch: index)
            }
          }
          let kept = zip(inputs, targets).filter { $0.1 != EvaluationBatches.ignoredTarget }
          #expect(longest == min(length, kept.count))
          #expect(kept.allSatisfy { $0.0 + 1 == $0.1 })
          #expect(inputs.allSatisfy { (0..<Int32(count)).contains($0) }, "padding must be a valid id")
          seen += kept.map(\.1)
        }
        #expect(seen == Array(1..<Int32(count)))
      }
    }
  }

  @Test func evaluationNeedsTwoTokens() throws {
    try withTokens(1) { tokens in
      #expect(throws: MartletError.self) { try EvaluationBatches(tokens, contextLength: 4, batchSize: 2) }
    }
  }

  @Test func buffersOfTheWrongSizeAreRefused() throws {
    try withTokens(50) { tokens in
      let sampler = try BatchSampler(tokens, contextLength: 4, order: .random, seed: 2)
      var inputs = [Int32](repeating: 0, count: 9)
      var targets = [Int32](repeating: 0, count: 8)
      inputs.withUnsafeMutableBufferPointer { inputs in
        targets.withUnsafeMutableBufferPointer { targets in
          #expect(throws: MartletError.self) { try sampler.fill(inputs: inputs, targets: targets, firstSample: 0) }
          #expect(throws: MartletError.self) { try sampler.fill(inputs: inputs, targets: inputs, firstSample: 0) }
        }
      }
    }
  }
}
