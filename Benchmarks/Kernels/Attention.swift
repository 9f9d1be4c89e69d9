import CPUBackend
import TensorGraph

/// Causal attention of several sequences, forward and backward, as a training step runs it.
struct AttentionBenchmark {
  let batch, length, heads, headSize: Int

  /// Floating-point operations forward: two products, of which a causal mask leaves half.
  var forwardFlops: Double { 2 * Double(batch * heads * headSize) * Double(length) * Double(length) }
  /// Backward: five products.
  var backwardFlops: Double { 2.5 * forwardFlops }

  /// The median seconds of the attention's own instructions, forward and backward.
  func run(on backend: CPU, rounds: Int) throws -> (forward: Double, backward: Double) {
    let type = TensorType([batch, length, heads, headSize])
    let program = try Trace.program { trace in
      let (q, k, v) = (trace.input("q", type), trace.input("k", type), trace.input("v", type))
      let o = q.attention(keys: k, values: v, scale: 1 / Double(headSize).squareRoot(), causal: true)
      let weighted = (o * trace.input("o gradient", type)).sum()
      for (name, gradient) in zip(["dq", "dk", "dv"], gradients(of: weighted, by: [q, k, v])) {
        trace.output(name, gradient)
      }
    }.optimized()
    let executable = try backend.compile(program, states: [:])
    for input in executable.inputs {
      let numbers = arena(type.count)
      defer { numbers.deallocate() }
      input.write(UnsafeRawBufferPointer(start: numbers, count: type.byteCount))
    }
    guard let profiled = executable as? any ProfiledExecutable else { return (0, 0) }
    var (forward, backward): ([Double], [Double]) = ([], [])
    for round in 0..<rounds + 1 {
      var table: [String: InstructionTime] = [:]
      try profiled.profile().add(to: &table)
      if round == 0 { continue }
      forward.append(table.values.filter { $0.label == "attention" }.seconds)
      backward.append(table.values.filter { $0.label == "attention_gradient" }.seconds)
    }
    return (median(forward), median(backward))
  }
}

extension Sequence<InstructionTime> {
  fileprivate var seconds: Double { reduce(0) { $0 + $1.seconds } }
}

extension Meter {
  /// Times attention forward and backward at several lengths, with the peak before and after each.
  func reportAttention(rounds: Int) throws {
    let backend = CPU(threads: pool.threads)
    for (batch, length) in [(8, 256), (4, 1024), (1, 4096)] {
      let benchmark = AttentionBenchmark(batch: batch, length: length, heads: 6, headSize: 64)
      let before = peak.measure(pool)
      let (forward, backward) = try benchmark.run(on: backend, rounds: rounds)
      let mean = (before + peak.measure(pool)) / 2
      for (name, flops, seconds) in [
        ("forward", benchmark.forwardFlops, forward), ("backward", benchmark.backwardFlops, backward),
      ] {
        let speed = flops / seconds / 1e9
        print(name: "attention \(name) \(batch) x \(length) x 6 x 64", speed: speed, share: speed / mean, best: speed)
      }
    }
  }
}
