import CPUBackend
import Glibc
import Testing

/// Attention by its formula, in double precision, on dense tensors.
struct PlainAttention {
  var batch = 2
  var queries: Int
  var keys: Int
  var heads = 2
  var keyHeads = 2
  var size: Int
  var causal = false
  var window: Int?
  var offset: Int?
  var lengths: [Int32]?
  var bias: [Double]?
  var biasBatch = 1
  var biasHeads = 1

  var scale: Double { 0.3 }

  func sees(_ sequence: Int, _ query: Int, _ key: Int) -> Bool {
    if let lengths, key >= lengths[sequence] { return false }
    let position = query + (offset ?? keys - queries)
    if let window, abs(key - position) >= window { return false }
    return !causal || key <= position
  }

  func biasIndex(_ b: Int, _ h: Int, _ t: Int, _ s: Int) -> Int {
    (((biasBatch == 1 ? 0 : b) * biasHeads + (biasHeads == 1 ? 0 : h)) * queries + t) * keys + s
  }

  func callAsFunction(_ q: [Double], _ k: [Double], _ v: [Double], _ bias: [Double]?) -> (o: [Double], lse: [Double]) {
    var o = [Double](repeating: 0, count: batch * queries * heads * size)
    var lse = [Double](repeating: -1e30, count: batch * heads * queries)
    for b in 0..<batch {
      for h in 0..<heads {
        let kh = h / (heads / keyHeads)
        for t in 0..<queries {
          var e = [Double](repeating: 0, count: keys)
          let qi = ((b * queries + t) * heads + h) * size
          for s in 0..<keys where sees(b, t, s) {
            let ki = ((b * keys + s) * keyHeads + kh) * size
            var dot = 0.0
            for d in 0..<size { dot += q[qi + d] * k[ki + d] }
            e[s] = exp(dot * scale + (bias.map { $0[biasIndex(b, h, t, s)] } ?? 0))
          }
          let total = e.reduce(0, +)
          if total == 0 { continue }
          lse[(b * heads + h) * queries + t] = log(total)
          for s in 0..<keys where e[s] > 0 {
            let vi = ((b * keys + s) * keyHeads + kh) * size
            for d in 0..<size { o[qi + d] += e[s] / total * v[vi + d] }
          }
        }
      }
    }
    return (o, lse)
  }
}

@Suite struct AttentionTests {
  static let cases: [PlainAttention] = [
    PlainAttention(queries: 1, keys: 1, size: 4),
    PlainAttention(queries: 5, keys: 9, size: 8),
    PlainAttention(queries: 70, keys: 70, size: 16, causal: true),
    PlainAttention(queries: 130, keys: 130, size: 5, causal: true),
    PlainAttention(queries: 65, keys: 200, size: 24, causal: true),
    PlainAttention(queries: 9, keys: 5, size: 8, causal: true),
    PlainAttention(queries: 33, keys: 33, heads: 4, keyHeads: 2, size: 32, causal: true),
    PlainAttention(queries: 20, keys: 70, heads: 3, keyHeads: 1, size: 33),
    PlainAttention(queries: 150, keys: 150, size: 16, causal: true, window: 20),
    PlainAttention(queries: 150, keys: 150, size: 16, window: 20),
    PlainAttention(queries: 200, keys: 200, heads: 4, keyHeads: 2, size: 24, window: 65, lengths: [200, 90]),
    PlainAttention(queries: 2, keys: 90, size: 16, window: 7, offset: 41),
    PlainAttention(queries: 66, keys: 140, size: 16, lengths: [140, 67]),
    PlainAttention(queries: 12, keys: 12, size: 16, causal: true, lengths: [0, 7]),
    PlainAttention(queries: 20, keys: 90, size: 16, causal: true, window: 30, offset: 41),
    PlainAttention(queries: 70, keys: 75, size: 16, bias: [], biasBatch: 1, biasHeads: 2),
    PlainAttention(queries: 17, keys: 66, size: 16, causal: true, bias: [], biasBatch: 2, biasHeads: 1),
    PlainAttention(queries: 66, keys: 66, size: 16, causal: true, lengths: [66, 50], bias: [], biasBatch: 1),
    PlainAttention(queries: 1, keys: 300, heads: 4, keyHeads: 2, size: 64, causal: true, offset: 250),
    PlainAttention(queries: 1, keys: 130, heads: 2, keyHeads: 2, size: 20, causal: true, window: 40, offset: 100),
    PlainAttention(queries: 2, keys: 77, heads: 4, keyHeads: 1, size: 72, lengths: [0, 70], bias: [], biasHeads: 4),
    PlainAttention(queries: 2, keys: 10, size: 7, causal: true),
  ]

  /// Tensors in strided memory, as slices of a packed projection, so that what lies between must stay as it is.
  final class Strided {
    let memory: Memory<Float>
    let tokens: Int
    let heads: Int
    let size: Int
    let batch: Int
    var tokenStride: Int { heads * size * 2 + 3 }

    init(_ dense: [Float], batch: Int, tokens: Int, heads: Int, size: Int) {
      (self.batch, self.tokens, self.heads, self.size) = (batch, tokens, heads, size)
      memory = Memory(repeating: .nan, count: batch * tokens * (heads * size * 2 + 3))
      for (index, value) in dense.enumerated() { memory[place(index)] = value }
    }

    func place(_ dense: Int) -> Int { dense / (heads * size) * tokenStride + dense % (heads * size) }

    var view: AttentionKernel.View {
      AttentionKernel.View(
        memory.pointer, batchStride: tokens * tokenStride, tokenStride: tokenStride, headStride: size)
    }

    var dense: [Float] { (0..<batch * tokens * heads * size).map { memory[place($0)] } }
    /// Whether nothing was written between the rows.
    var isCleanBetween: Bool {
      (0..<batch * tokens).allSatisfy { row in
        (heads * size..<tokenStride).allSatisfy { memory[row * tokenStride + $0].isNaN }
      }
    }
  }

  @Test(arguments: cases.indices) func valuesAndGradientsAgreeWithTheFormula(_ index: Int) {
    var plain = Self.cases[index]
    let (b, t, s, h, kh, d) = (plain.batch, plain.queries, plain.keys, plain.heads, plain.keyHeads, plain.size)
    let biasCount = plain.biasBatch * plain.biasHeads * t * s
    let biasNumbers = Memory(normals(biasCount, seed: 9))
    if plain.bias != nil { plain.bias = biasNumbers.array.map(Double.init) }
    let q = Strided(normals(b * t * h * d, seed: 1), batch: b, tokens: t, heads: h, size: d)
    let k = Strided(normals(b * s * kh * d, seed: 2), batch: b, tokens: s, heads: kh, size: d)
    let v = Strided(normals(b * s * kh * d, seed: 3), batch: b, tokens: s, heads: kh, size: d)
    let dy = Strided(normals(b * t * h * d, seed: 4), batch: b, tokens: t, heads: h, size: d)
    func empty(_ tokens: Int, _ heads: Int) -> Strided {
      Strided([], batch: b, tokens: tokens, heads: heads, size: d)
    }
    let o = empty(t, h)
    let lse = Memory<Float>(repeating: .nan, count: b * h * t)
    let lengths = Memory(plain.lengths ?? [])
    let offset = Memory<Int32>([Int32(plain.offset ?? 0)])
    func biasView(_ numbers: Memory<Float>) -> AttentionKernel.Bias {
      AttentionKernel.Bias(
        numbers.pointer, batchStride: plain.biasBatch == 1 ? 0 : plain.biasHeads * t * s,
        headStride: plain.biasHeads == 1 ? 0 : t * s, queryStride: s)
    }
    let kernel = AttentionKernel(
      batch: b, queries: t, keys: s, heads: h, keyHeads: kh, headSize: d, scale: Float(plain.scale),
      causal: plain.causal, window: plain.window, offset: plain.offset == nil ? nil : UnsafePointer(offset.pointer),
      lengths: plain.lengths == nil ? nil : UnsafePointer(lengths.pointer),
      bias: plain.bias == nil ? nil : biasView(biasNumbers))
    let forward = kernel.forward(q: q.view, k: k.view, v: v.view, output: o.view, logSumExp: lse.pointer)
    run(forward)
    let inputs = [q, k, v].map { $0.dense.map(Double.init) } + [plain.bias ?? []]
    func formula(_ x: [[Double]]) -> (o: [Double], lse: [Double]) {
      plain(x[0], x[1], x[2], plain.bias == nil ? nil : x[3])
    }
    let expected = formula(inputs)
    #expect(difference(o.dense, expected.o) < 5e-6)
    #expect(difference(lse.array, expected.lse) < 5e-6)
    #expect(o.isCleanBetween)
    let first = (o.dense, lse.array)
    run(forward, backwards: true)
    #expect(first == (o.dense, lse.array), "tiles in any order give the same bits")

    let (dq, dk, dv) = (empty(t, h), empty(s, kh), empty(s, kh))
    let backward = kernel.backward(
      q: q.view, k: k.view, v: v.view, output: o.view, logSumExp: lse.pointer, outputGradient: dy.view,
      queryGradient: dq.view, keyGradient: dk.view, valueGradient: dv.view)
    run(backward)
    let gradients = [dq.dense, dk.dense, dv.dense]
    run(backward, backwards: true)
    #expect(gradients == [dq.dense, dk.dense, dv.dense], "tiles in any order give the same bits")
    #expect(dq.isCleanBetween && dk.isCleanBetween && dv.isCleanBetween)
    var all = gradients
    if plain.bias != nil {
      let dbias = Memory<Float>(repeating: .nan, count: biasCount)
      run(
        kernel.biasBackward(
          q: q.view, k: k.view, v: v.view, output: o.view, logSumExp: lse.pointer, outputGradient: dy.view,
          gradient: biasView(dbias)))
      all.append(dbias.array)
    }
    let weights = dy.dense.map(Double.init)
    func loss(_ x: [[Double]]) -> Double { zip(formula(x).o, weights).reduce(0) { $0 + $1.0 * $1.1 } }
    let step = 1e-5
    for (operand, gradient) in all.enumerated() {
      #expect(gradient.allSatisfy { $0.isFinite })
      let count = gradient.count
      for sample in 0..<min(count, 12) {
        let element = (sample * 7919 + sample * sample) % count
        var x = inputs
        x[operand][element] += step
        let above = loss(x)
        x[operand][element] -= 2 * step
        let exact = (above - loss(x)) / (2 * step)
        #expect(
          abs(Double(gradient[element]) - exact) < 3e-5 * (1 + abs(exact)), "operand \(operand), element \(element)")
      }
    }
  }

  @Test func largeScoresDontOverflow() {
    let t = 40
    let x = Memory(normals(t * 16, seed: 5, scale: 100))
    let o = Memory<Float>(repeating: 0, count: t * 16)
    let view = AttentionKernel.View(x.pointer, tokens: t, heads: 1, size: 16)
    let kernel = AttentionKernel(
      batch: 1, queries: t, keys: t, heads: 1, keyHeads: 1, headSize: 16, scale: 1, causal: true)
    run(
      kernel.forward(
        q: view, k: view, v: view, output: AttentionKernel.View(o.pointer, tokens: t, heads: 1, size: 16),
        logSumExp: nil))
    #expect(o.array.allSatisfy { $0.isFinite })
    #expect(Array(o.array[0..<16]) == Array(x.array[0..<16]), "the first query sees only itself")
  }
}
