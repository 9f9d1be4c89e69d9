import CKernels
import CPUBackend
import Testing

/// Products of a few rows, which read B from where it lies.
@Suite struct RowProductTests {
  /// C, with margins, of the inner loops of one instruction set.
  private func multiply(
    _ set: InstructionSet, m: Int, n: Int, k: Int, transposed: Bool, accumulate: Bool, _ a: [Float], _ b: [Float],
    _ c: [Float]
  ) -> [Float] {
    var result = c
    var packed = [Float](repeating: .nan, count: m * max(k, 1))
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        result.withUnsafeMutableBufferPointer { c in
          packed.withUnsafeMutableBufferPointer { packed in
            var rows = kernels_rows(
              a: a.baseAddress, b: b.baseAddress, c: c.baseAddress, strideA: k + 3,
              strideB: (transposed ? k : n) + 1, strideC: n + 5, depthStrideA: 1, rows: m, columns: n, depth: k,
              alpha: 0.75, accumulate: accumulate, packed: packed.baseAddress)
            if transposed { set.multiplyRowsTransposed(&rows) } else { set.multiplyRows(&rows) }
          }
        }
      }
    }
    return result
  }

  @Test(arguments: [false, true], [false, true])
  func everyInstructionSetIsExactAndThoseThatFuseAgreeInAllBits(transposed: Bool, accumulate: Bool) {
    for m in [1, 2, 3, 4, 5, 6, 7, 13, 32] {
      for n in [1, 3, 8, 15, 16, 31, 67] {
        for k in [0, 1, 7, 8, 15, 16, 17, 40, 133] {
          var numbers = RandomNumbers(seed: UInt64(m * 10000 + n * 100 + k))
          let a = numbers.floats(m * (k + 3))
          let b = numbers.floats(transposed ? n * (k + 1) : (k + 1) * (n + 1))
          let c = numbers.floats(m * (n + 5))
          var fused: [UInt32]?
          for set in InstructionSet.available {
            let result = multiply(
              set, m: m, n: n, k: k, transposed: transposed, accumulate: accumulate, a, b, c)
            var worst = 0.0
            for row in 0..<m {
              for column in 0..<n + 5 {
                let found = result[row * (n + 5) + column]
                if column >= n {
                  worst = found.bitPattern == c[row * (n + 5) + column].bitPattern ? worst : .infinity
                  continue
                }
                var (sum, scale) = (0.0, 1e-6)
                for step in 0..<k {
                  let right = transposed ? b[column * (k + 1) + step] : b[step * (n + 1) + column]
                  sum += Double(a[row * (k + 3) + step]) * Double(right)
                  scale += abs(Double(a[row * (k + 3) + step]) * Double(right))
                }
                let before = accumulate ? Double(c[row * (n + 5) + column]) : 0
                worst = max(worst, abs(Double(found) - before - 0.75 * sum) / (scale + abs(before)))
              }
            }
            #expect(worst <= 1e-6, "\(set.name): \(m) x \(n) x \(k)")
            guard set.fuses else { continue }
            let bits = result.map(\.bitPattern)
            #expect(fused == nil || fused == bits, "\(set.name) has other bits: \(m) x \(n) x \(k)")
            fused = bits
          }
        }
      }
    }
  }

  /// Shapes whose inner dimension is cut, with the columns that blocks of epilogues end at.
  @Test(arguments: [1, 2, 4, 5, 8, 17, 32])
  func productsOfSeveralPartsAgreeWithTheExactProduct(m: Int) {
    let pool = WorkerPool(threads: 2)
    for (n, k) in [(768, 768), (1030, 900), (513, 1537), (24, 1000), (2304, 100)] {
      for transposeA in [false, true] {
        var product = MatMul(m: m, n: n, k: k, transposeA: transposeA)
        product.accumulate = transposeA
        product.alpha = -0.5
        product.ldb += 16
        product.ldc += 1
        var test = MatMulCase(product, seed: UInt64(n + m))
        test.check(on: pool)
      }
    }
  }

  @Test(arguments: [1, 2, 4, 8, 17, 32])
  func anyNumberOfThreadsGivesTheSameBits(m: Int) {
    let pools = [1, 2, 3, 5].map { WorkerPool(threads: $0) }
    for (n, k) in [(768, 768), (768, 3072), (2304, 768), (5001, 96)] {
      for transposeB in [false, true] {
        let product = MatMul(m: m, n: n, k: k, transposeB: transposeB)
        var test = MatMulCase(product, seed: UInt64(m + n))
        let results = pools.map { test.run(on: $0).map(\.bitPattern) }
        #expect(results.allSatisfy { $0 == results[0] }, "\(product)")
      }
    }
  }
}
