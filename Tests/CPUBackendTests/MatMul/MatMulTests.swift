import CPUBackend
import Testing

@Suite struct MatMulTests {
  private static let forms = [(false, false), (false, true), (true, false), (true, true)]

  @Test(arguments: 0..<4)
  func everySmallShapeAgreesWithTheExactProduct(form: Int) {
    let (transposeA, transposeB) = Self.forms[form]
    let pool = WorkerPool(threads: 2)
    for m in [1, 2, 3, 4, 5, 6, 7, 11, 12, 13] {
      for n in [1, 7, 8, 9, 15, 16, 17, 33] {
        for k in [0, 1, 2, 7, 8, 9, 16, 31] {
          let product = MatMul(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
          var test = MatMulCase(product, seed: UInt64(m * 10000 + n * 100 + k))
          test.check(on: pool)
        }
      }
    }
  }

  @Test(arguments: 0..<4)
  func shapesAcrossBlockBordersAgreeWithTheExactProduct(form: Int) {
    let (transposeA, transposeB) = Self.forms[form]
    let pool = WorkerPool(threads: 2)
    for (m, n, k) in [
      (64, 65, 128), (65, 64, 300), (145, 33, 257), (150, 530, 40), (37, 47, 1100), (300, 16, 513), (6, 700, 256),
      (1, 700, 300), (4, 129, 1030), (2, 1030, 77),
    ] {
      let product = MatMul(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
      var test = MatMulCase(product, seed: UInt64(m + n + k))
      test.check(on: pool)
    }
  }

  @Test func aDepthOfSeveralStagesAgreesWithTheExactProduct() {
    var product = MatMul(m: 60, n: 48, k: 40_000, transposeA: true)
    // More than one stage: the whole of both operands would not fit.
    #expect(product.workspaceFloats() < (60 + 48) * 40_000)
    for accumulate in [false, true] {
      product.accumulate = accumulate
      var test = MatMulCase(product, seed: 5)
      test.check(on: WorkerPool(threads: 2))
    }
  }

  @Test(arguments: 0..<4)
  func smallResultsOfLargeDepthAgreeWithTheExactProduct(form: Int) {
    for (m, n, k) in [(16, 16, 2048), (9, 40, 2500), (72, 3, 5001)] {
      let (transposeA, transposeB) = Self.forms[form]
      var product = MatMul(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
      product.accumulate = form == 1
      product.alpha = 0.5
      product.ldc += 3
      var test = MatMulCase(product, seed: 8)
      test.check(on: WorkerPool(threads: 2))
    }
  }

  @Test func veryWideAndVeryTallProductsAgreeWithTheExactProduct() {
    for (m, n, k) in [(20, 17_000, 20), (17_000, 20, 20), (2, 17_000, 20)] {
      var test = MatMulCase(MatMul(m: m, n: n, k: k, transposeB: true), seed: 9)
      test.check(on: WorkerPool(threads: 2))
    }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func randomProductsAgreeWithTheExactProduct(seed: UInt64) {
    var numbers = RandomNumbers(seed: seed)
    var product = MatMul(
      m: numbers.integer(1...90), n: numbers.integer(1...90), k: numbers.integer(0...90),
      transposeA: numbers.integer(0...1) == 1, transposeB: numbers.integer(0...1) == 1)
    product.lda += numbers.integer(0...9)
    product.ldb += numbers.integer(0...9)
    product.ldc += numbers.integer(0...9)
    product.alpha = [1, 0.125, -2.5][numbers.integer(0...2)]
    product.accumulate = numbers.integer(0...1) == 1
    product.batch = numbers.integer(1...4)
    let rowsA = product.transposeA ? product.k : product.m
    let rowsB = product.transposeB ? product.n : product.k
    product.batchStrideA = numbers.integer(0...2) == 0 ? 0 : rowsA * product.lda + numbers.integer(0...5)
    product.batchStrideB = numbers.integer(0...2) == 0 ? 0 : rowsB * product.ldb + numbers.integer(0...5)
    product.batchStrideC = product.m * product.ldc + numbers.integer(0...5)
    var test = MatMulCase(product, seed: seed + 1000)
    test.check(on: WorkerPool(threads: 2))
  }

  /// Heads that lie beside each other in a row, as attention has them.
  @Test func interleavedBatchesAgreeWithTheExactProduct() {
    var product = MatMul(m: 40, n: 40, k: 16, transposeB: true)
    product.batch = 4
    product.lda = 64
    product.ldb = 64
    product.batchStrideA = 16
    product.batchStrideB = 16
    product.batchStrideC = 1600
    var test = MatMulCase(product, seed: 3)
    test.check(on: WorkerPool(threads: 2))
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() {
    let pools = [1, 2, 5].map { WorkerPool(threads: $0) }
    for (m, n, k, batch) in [
      (300, 200, 700, 1), (4, 1000, 300, 1), (1, 65, 128, 1), (50, 60, 70, 6), (768, 128, 128, 1), (32, 16, 5000, 1),
    ] {
      for (transposeA, transposeB) in Self.forms {
        var product = MatMul(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
        product.batch = batch
        product.batchStrideA = batch > 1 ? m * k : 0
        product.batchStrideB = batch > 1 ? n * k : 0
        product.batchStrideC = batch > 1 ? m * n : 0
        var test = MatMulCase(product, seed: UInt64(m))
        let results = pools.map { test.run(on: $0).map(\.bitPattern) }
        #expect(results[1] == results[0], "\(product)")
        #expect(results[2] == results[0], "\(product)")
      }
    }
  }

  @Test func overwritingIgnoresWhatTheResultHeld() {
    for (m, n, k) in [(3, 20, 40), (50, 50, 50), (20, 20, 0)] {
      let product = MatMul(m: m, n: n, k: k)
      var test = MatMulCase(product, a: 1, b: 1, c: .nan)
      let c = test.run(on: WorkerPool(threads: 1))[..<(m * n)]
      #expect(c.allSatisfy { $0 == Float(k) })
    }
  }
}
