import CPUBackend
import Core
import Testing

/// A product with operands of random numbers, in memory with margins that must stay as they are.
struct MatMulCase {
  var product: MatMul
  let a: [Float]
  let b: [Float]
  let c: [Float]
  /// Epilogues also count how often each element of C was announced.
  private(set) var visits: [Int] = []

  init(_ product: MatMul, seed: UInt64) {
    self.product = product
    var numbers = RandomNumbers(seed: seed)
    func size(_ rows: Int, _ stride: Int, _ batchStride: Int) -> Int {
      rows * stride + (product.batch - 1) * batchStride + 3
    }
    a = numbers.floats(size(product.transposeA ? product.k : product.m, product.lda, product.batchStrideA))
    b = numbers.floats(size(product.transposeB ? product.n : product.k, product.ldb, product.batchStrideB))
    c = numbers.floats(size(product.m, product.ldc, product.batchStrideC))
  }

  /// A dense product of matrices that hold one number each.
  init(_ product: MatMul, a: Float, b: Float, c: Float) {
    self.product = product
    self.a = [Float](repeating: a, count: product.m * product.k + 1)
    self.b = [Float](repeating: b, count: product.k * product.n + 1)
    self.c = [Float](repeating: c, count: product.m * product.n + 1)
  }

  /// C after the product has run on a pool.
  mutating func run(on pool: WorkerPool, countVisits: Bool = false) -> [Float] {
    var result = c
    var workspace = [Float](repeating: .nan, count: product.workspaceFloats() + 1)
    var visits = [Int](repeating: 0, count: c.count)
    let product = self.product
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        result.withUnsafeMutableBufferPointer { c in
          workspace.withUnsafeMutableBufferPointer { workspace in
            visits.withUnsafeMutableBufferPointer { visits in
              nonisolated(unsafe) let counts = visits
              let epilogue: MatMul.Epilogue = { block in
                #expect(block.rows <= 144 && block.columns <= 512 && block.rows > 0 && block.columns > 0)
                for row in block.row..<block.row + block.rows {
                  for column in block.column..<block.column + block.columns {
                    counts[block.batch * product.batchStrideC + row * product.ldc + column] += 1
                  }
                }
              }
              pool.run(
                product.launches(
                  a: a.baseAddress!, b: b.baseAddress!, c: c.baseAddress!, workspace: workspace.baseAddress!,
                  epilogue: countVisits ? epilogue : nil))
            }
          }
        }
      }
    }
    self.visits = visits
    return result
  }

  /// The place in C of each element, with its exact value and the sum of the absolute values of what is added.
  func forEachExact(_ check: (_ index: Int, _ value: Double, _ scale: Double) -> Void) {
    for batch in 0..<product.batch {
      for row in 0..<product.m {
        for column in 0..<product.n {
          let index = batch * product.batchStrideC + row * product.ldc + column
          var sum = 0.0
          var scale = 0.0
          for k in 0..<product.k {
            let left = product.transposeA ? k * product.lda + row : row * product.lda + k
            let right = product.transposeB ? column * product.ldb + k : k * product.ldb + column
            let term =
              Double(a[batch * product.batchStrideA + left]) * Double(b[batch * product.batchStrideB + right])
            sum += term
            scale += abs(term)
          }
          let before = product.accumulate ? Double(c[index]) : 0
          check(index, before + Double(product.alpha) * sum, abs(before) + abs(Double(product.alpha)) * scale)
        }
      }
    }
  }

  /// Runs on a pool and checks values, untouched memory and the blocks that were announced.
  mutating func check(on pool: WorkerPool) {
    let result = run(on: pool, countVisits: true)
    var isPart = [Bool](repeating: false, count: c.count)
    var worst = 0.0
    forEachExact { index, value, scale in
      isPart[index] = true
      worst = max(worst, abs(Double(result[index]) - value) / max(scale, 1e-30))
    }
    #expect(worst <= 2e-6, "\(product)")
    var isUntouched = true
    var isVisitedOnce = true
    for index in c.indices {
      if !isPart[index], result[index].bitPattern != c[index].bitPattern { isUntouched = false }
      if visits[index] != (isPart[index] ? 1 : 0) { isVisitedOnce = false }
    }
    #expect(isUntouched, "memory beside C was written: \(product)")
    #expect(isVisitedOnce, "the epilogue must see each element once: \(product)")
  }
}

/// Seeded random numbers for tests.
struct RandomNumbers {
  private let key: RandomKey
  private var counter: UInt64 = 0

  init(seed: UInt64) { key = RandomKey(seed: seed) }

  /// A whole number in the range.
  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    counter += 1
    return range.lowerBound + Int(key.block(counter)[0]) % range.count
  }

  /// Uniform numbers from -1 to 1.
  mutating func floats(_ count: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(count + 4)
    while result.count < count {
      counter += 1
      let block = key.block(counter)
      for lane in 0..<4 { result.append(Float(block[lane] >> 8) * 0x1p-23 - 1) }
    }
    return Array(result[..<count])
  }
}
