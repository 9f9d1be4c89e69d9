import CPUBackend
import Testing

@Suite struct InstructionSetTests {
  private static let forms = [(false, false), (false, true), (true, false), (true, true)]

  private static let shapes = [
    (5, 1, 3), (6, 16, 16), (7, 17, 9), (23, 15, 31), (24, 32, 40), (25, 33, 41), (49, 47, 130), (31, 100, 385),
    (145, 65, 257), (300, 16, 513), (16, 16, 2048), (97, 530, 70),
  ]

  @Test(arguments: InstructionSet.available.indices)
  func eachSetOfThisMachineAgreesWithTheExactProduct(index: Int) {
    let pool = WorkerPool(threads: 2)
    for (m, n, k) in Self.shapes {
      for (form, (transposeA, transposeB)) in Self.forms.enumerated() {
        var product = MatMul(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
        product.instructionSet = InstructionSet.available[index]
        product.accumulate = form % 2 == 1
        product.alpha = form < 2 ? 1 : -0.75
        product.ldc += form
        var test = MatMulCase(product, seed: UInt64(m + n + k))
        test.check(on: pool)
      }
    }
  }

  @Test func setsThatFuseGiveTheSameBits() {
    let sets = InstructionSet.available.filter(\.fuses)
    let pool = WorkerPool(threads: 2)
    for (m, n, k) in Self.shapes {
      for (form, (transposeA, transposeB)) in Self.forms.enumerated() {
        var product = MatMul(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
        product.accumulate = form > 1
        product.alpha = form == 3 ? 0.3 : 1
        let results = sets.map { set in
          product.instructionSet = set
          var test = MatMulCase(product, seed: UInt64(m * n + k))
          return test.run(on: pool).map(\.bitPattern)
        }
        #expect(results.allSatisfy { $0 == results[0] }, "\(m) x \(n) x \(k), form \(form)")
      }
    }
  }

  @Test func theBestSetIsFirstAndEveryProcessorHasOne() {
    #expect(!InstructionSet.available.isEmpty)
    #expect(Set(InstructionSet.available.map(\.name)).count == InstructionSet.available.count)
    #expect(InstructionSet.available.contains { $0.name == InstructionSet.current.name })
  }
}
