import CPUBackend

// Times kernels by themselves, as a part of the peak that is measured around each: the products of linear layers in
// their three forms with the output layer, `--attention`, or `--rows` for matrices with few rows.

/// Prints a line that only people need.
func note(_ text: String) { if !options.has("--json") { print(text) } }

let meter = Meter(threads: measuresProcessorTime ? 1 : options.number("--threads"))
note("threads \(meter.pool.threads), peak \(fixed(meter.peak.measure(meter.pool))) GFLOP/s")

/// The products of a linear layer in a training step: forward, gradient of the input, gradient of the weight.
@MainActor func linear(_ tokens: Int, _ input: Int, _ output: Int, times: Int = 1) -> (flops: Double, seconds: Double) {
  let x = arena(tokens * input)
  let w = arena(input * output)
  let y = arena(tokens * output)
  defer {
    x.deallocate()
    w.deallocate()
    y.deallocate()
  }
  let forward = MatMul(m: tokens, n: output, k: input)
  let inputGradient = MatMul(m: tokens, n: input, k: output, transposeB: true)
  let weightGradient = MatMul(m: input, n: output, k: tokens, transposeA: true)
  let workspace = arena([forward, inputGradient, weightGradient].map { $0.workspaceFloats() }.max() ?? 0)
  defer { workspace.deallocate() }
  let flops = 2 * Double(tokens) * Double(input) * Double(output)
  var total = (flops: 0.0, seconds: 0.0)
  for (name, a, b, c, product) in [
    ("NN", x, w, y, forward), ("NT", y, w, x, inputGradient), ("TN", x, y, w, weightGradient),
  ] {
    let launches = product.launches(a: a, b: b, c: c, workspace: workspace)
    let result = meter.report("\(name) \(product.m) x \(product.n) x \(product.k)", flops: flops, launches)
    total.flops += result.flops * Double(times)
    total.seconds += result.seconds * Double(times)
  }
  return total
}

/// The linear layers of a GPT's training step.
@MainActor func step(layers: Int, hidden: Int, tokens: Int) {
  note("\n\(layers) layers, hidden \(hidden), \(tokens) tokens")
  var total = (flops: 0.0, seconds: 0.0)
  for (input, output) in [(hidden, 3 * hidden), (hidden, hidden), (hidden, 4 * hidden), (4 * hidden, hidden)] {
    let one = linear(tokens, input, output, times: layers)
    total.flops += one.flops
    total.seconds += one.seconds
  }
  note("all: \(fixed(total.flops / total.seconds / 1e9)) GFLOP/s, \(fixed(total.seconds * 1000)) ms")
}

/// The output layer with the loss and all gradients; its products alone for comparison.
@MainActor func output(hidden: Int, tokens: Int, vocabulary: Int) {
  let loss = LinearCrossEntropy(tokens: tokens, hidden: hidden, vocabulary: vocabulary)
  let workspaceFloats = loss.workspaceFloats(gradients: true)
  let states = arena(tokens * hidden)
  let weight = arena(vocabulary * hidden)
  let vectors = arena(3 * tokens)
  let stateGradients = arena(tokens * hidden)
  let weightGradients = arena(vocabulary * hidden)
  let workspace = arena(workspaceFloats)
  let targets = UnsafeMutablePointer<Int32>.allocate(capacity: tokens)
  for token in 0..<tokens { targets[token] = Int32(token * 7919 % vocabulary) }
  defer {
    for memory in [states, weight, vectors, stateGradients, weightGradients, workspace] { memory.deallocate() }
    targets.deallocate()
  }
  let flops = 2 * Double(tokens) * Double(hidden) * Double(vocabulary)
  note("loss and gradients: a workspace of \(workspaceFloats / 262_144) MiB")
  let size = "\(tokens) x \(vocabulary) x \(hidden)"
  meter.report(
    "cross-entropy \(size)", flops: flops,
    loss.launches(
      hiddenStates: states, weight: weight, targets: targets, losses: vectors, workspace: workspace))
  meter.report(
    "loss and gradients \(size)", flops: 3 * flops,
    loss.gradientLaunches(
      hiddenStates: states, weight: weight, targets: targets, lossGradients: vectors + tokens,
      losses: vectors + 2 * tokens, hiddenGradient: stateGradients, weightGradient: weightGradients,
      workspace: workspace))
}

/// Generating: the products of a GPT-2 of 124 M parameters with a few rows, layer by layer, with the gigabytes of
/// weights read per second; all layers together are larger than the cache.
@MainActor func generating() {
  let hidden = 768
  let bandwidth = { (try? CPU().measuredBandwidth()).map { fixed($0.copy) } ?? "?" }
  for (n, k, transposeB, count) in [
    (3 * hidden, hidden, false, 24), (hidden, hidden, false, 72), (4 * hidden, hidden, false, 18),
    (hidden, 4 * hidden, false, 18), (50257, hidden, true, 1),
  ] {
    let weights = arena(count * n * k)
    let a = arena(64 * max(n, k))
    let c = arena(64 * n)
    defer { for memory in [weights, a, c] { memory.deallocate() } }
    for m in [1, 2, 4, 5, 8, 12, 16, 24, 32] {
      let product = MatMul(m: m, n: n, k: k, transposeB: transposeB)
      let workspace = arena(product.workspaceFloats())
      defer { workspace.deallocate() }
      let launches = (0..<count).flatMap { index in
        product.launches(a: a, b: weights + index * n * k, c: c, workspace: workspace)
      }
      let (_, seconds) = meter.report(
        "\(transposeB ? "NT" : "NN") \(m) x \(n) x \(k)", flops: 2 * Double(m * n * k * count), launches,
        rounds: options.number("--rounds") ?? 5)
      note("  \(fixed(Double(count * n * k * 4) / seconds / 1e9)) GB/s; a copy \(bandwidth())")
    }
  }
}

if options.has("--rows") {
  generating()
} else if options.has("--attention") {
  try meter.reportAttention(rounds: options.number("--rounds") ?? 9)
} else {
  let only = options.number("--hidden")
  for (layers, hidden, tokens, vocabulary) in [
    (4, 128, 768, 65), (6, 384, 2048, 8192), (8, 512, 2048, 32000), (12, 768, 1024, 50257),
  ] where only ?? hidden == hidden {
    if !options.has("--no-layers") { step(layers: layers, hidden: hidden, tokens: tokens) }
    if !options.has("--no-loss") { output(hidden: hidden, tokens: tokens, vocabulary: vocabulary) }
  }
}
