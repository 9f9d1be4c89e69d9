import CPUBackend
import Testing

/// Kernels give the same bits for any number of threads.
@Suite struct SameBitsTests {
  static let pools = [1, 2, 5].map { WorkerPool(threads: $0) }

  /// Runs launches with each number of threads and compares what they leave in memory.
  private func check(
    _ name: String, _ launches: [Launch], inPlace: [Memory<Float>] = [], _ outputs: [Memory<Float>]
  ) {
    let before = inPlace.map(\.array)
    var results: [[[UInt32]]] = []
    for pool in Self.pools {
      for (memory, numbers) in zip(inPlace, before) { for index in 0..<memory.count { memory[index] = numbers[index] } }
      pool.prepare(launches)
      for _ in 0..<3 {
        for (memory, numbers) in zip(inPlace, before) {
          for index in 0..<memory.count { memory[index] = numbers[index] }
        }
        pool.run(launches)
        results.append((outputs + inPlace).map { $0.array.map(\.bitPattern) })
      }
    }
    #expect(results.allSatisfy { $0 == results[0] }, "\(name)")
  }

  @Test func ofAttention() {
    let (b, t, h, kh, d) = (2, 150, 4, 2, 24)
    func memory(_ heads: Int, _ seed: UInt64) -> Memory<Float> { Memory(normals(b * t * heads * d, seed: seed)) }
    func view(_ memory: Memory<Float>, _ heads: Int) -> AttentionKernel.View {
      AttentionKernel.View(memory.pointer, tokens: t, heads: heads, size: d)
    }
    let (q, k, v, dy) = (memory(h, 1), memory(kh, 2), memory(kh, 3), memory(h, 4))
    let (o, dq, dk, dv) = (memory(h, 5), memory(h, 6), memory(kh, 7), memory(kh, 8))
    let lse = Memory<Float>(repeating: 0, count: b * h * t)
    let bias = Memory(normals(h * t * t, seed: 9))
    let dbias = Memory<Float>(repeating: 0, count: h * t * t)
    let kernel = AttentionKernel(
      batch: b, queries: t, keys: t, heads: h, keyHeads: kh, headSize: d, scale: 0.2, causal: true,
      bias: .init(bias.pointer, batchStride: 0, headStride: t * t, queryStride: t))
    check(
      "forward",
      kernel.forward(q: view(q, h), k: view(k, kh), v: view(v, kh), output: view(o, h), logSumExp: lse.pointer),
      [o, lse])
    check(
      "backward",
      kernel.backward(
        q: view(q, h), k: view(k, kh), v: view(v, kh), output: view(o, h), logSumExp: lse.pointer,
        outputGradient: view(dy, h), queryGradient: view(dq, h), keyGradient: view(dk, kh), valueGradient: view(dv, kh)),
      [dq, dk, dv])
    check(
      "bias",
      kernel.biasBackward(
        q: view(q, h), k: view(k, kh), v: view(v, kh), output: view(o, h), logSumExp: lse.pointer,
        outputGradient: view(dy, h),
        gradient: .init(dbias.pointer, batchStride: 0, headStride: t * t, queryStride: t)), [dbias])
  }

  @Test func ofNormsAndReductions() {
    let (rows, columns) = (1000, 131)
    let x = Memory(normals(rows * columns, seed: 1))
    let dy = Memory(normals(rows * columns, seed: 2))
    let weight = Memory(normals(columns, seed: 3))
    let (mean, deviation) = (Memory(normals(rows, seed: 4)), Memory(normals(rows, seed: 5)))
    let dx = Memory<Float>(repeating: 0, count: rows * columns)
    let (dw, db) = (Memory<Float>(repeating: 0, count: columns), Memory<Float>(repeating: 0, count: columns))
    let norm = NormalizationKernel(.layer, rows: rows, columns: columns, epsilon: 1e-5)
    let workspace = Memory<Float>(repeating: 0, count: norm.workspaceBytes / 4)
    check(
      "norm",
      norm.backward(
        input: x.pointer, weight: weight.pointer, outputGradient: dy.pointer, mean: mean.pointer,
        reciprocalDeviation: deviation.pointer, inputGradient: dx.pointer, weightGradient: dw.pointer,
        biasGradient: db.pointer, workspace: workspace.pointer), [dx, dw, db])
    for axes in [[0], [1], [0, 1]] {
      let reduction = Reduction(.sum, shape: [rows, columns], axes: axes)
      let output = Memory<Float>(repeating: 0, count: rows)
      let partials = Memory<Float>(repeating: 0, count: reduction.workspaceBytes / 4)
      check(
        "sum over \(axes)",
        reduction.launches(input: x.pointer, output: output.pointer, workspace: partials.pointer), [output])
    }
    let squares = SumOfSquaresKernel([(UnsafePointer(x.pointer), x.count), (UnsafePointer(dy.pointer), dy.count)])
    let output = Memory<Float>(repeating: 0, count: 1)
    let partials = Memory<Float>(repeating: 0, count: SumOfSquaresKernel.workspaceBytes([x.count, dy.count]) / 4)
    check("squares", squares.launches(output: output.pointer, workspace: partials.pointer), [output])
  }

  @Test func ofUpdatesInPlace() {
    let (rows, columns, count) = (60, 77, 500)
    let table = Memory(normals(rows * columns, seed: 1))
    let indices = Memory((0..<count).map { Int32($0 * $0 % 61) })
    let added = Memory(normals(count * columns, seed: 2))
    check(
      "scatter",
      ScatterAddRows(tableRows: rows, columns: columns, count: count).launches(
        table: table.pointer, indices: .i32(indices.pointer), rows: added.pointer), inPlace: [table], [])
    let size = 70_001
    let tensors = (0..<3).map { Memory(normals(size, seed: UInt64($0)).map(abs)) }
    let gradient = Memory(normals(size, seed: 9))
    let control = Memory(OptimizerTests.control)
    check(
      "AdamW",
      AdamWKernel(count: size, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1).launches(
        parameter: UpdatedTensor(tensors[0].pointer), gradient: gradient.pointer,
        first: UpdatedTensor(tensors[1].pointer), second: UpdatedTensor(tensors[2].pointer), control: control.pointer),
      inPlace: tensors, [])
    let key = Memory<UInt32>([4, 5])
    let y = Memory<Float>(repeating: 0, count: size)
    var program = ElementwiseProgram(rows: 1, columns: size)
    let x = program.unary(.geluTanh, program.input(gradient.pointer, .full(rowStride: size)))
    program.store(program.dropout(x, rate: 0.2, key: key.pointer), to: y.pointer, rowStride: size)
    check("elementwise", ElementwiseKernel(program).launches(), [y])
  }
}
