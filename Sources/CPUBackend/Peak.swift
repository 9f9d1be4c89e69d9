import CPlatform

/// What the processor could do at most: multiply-adds that never leave the registers, on all threads.
package struct Peak {
  private static let iterations = 200_000
  private let tiles: Int

  /// A measurement for a number of threads.
  package init(threads: Int) { tiles = threads * 4 }

  /// GFLOP/s of one short run.
  package func measure(_ pool: WorkerPool) -> Double {
    let results = UnsafeMutablePointer<Float>.allocate(capacity: tiles)
    defer { results.deallocate() }
    let launch = Launch(tiles: tiles) { tile, _ in results[tile] = Self.multiplyAdds(tile) }
    pool.prepare([launch])
    let time = ContinuousClock().measure { pool.run([launch]) }
    return Double(tiles * Self.iterations) * 12 * 8 * 2 / (time / .nanoseconds(1))
  }

  /// Twelve independent chains hide the latency of the multiply-add.
  @inline(never)
  private static func multiplyAdds(_ seed: Int) -> Float {
    let x = SIMD8<Float>(repeating: 0.999_999 + Float(seed) * 1e-9)
    let y = SIMD8<Float>(repeating: 1e-6)
    var (a, b, c, d, e, f) = (x, x, x, x, x, x)
    var (g, h, i, j, k, l) = (y, y, y, y, y, y)
    for _ in 0..<iterations {
      a = platform_multiply_add(a, x, y)
      b = platform_multiply_add(b, x, y)
      c = platform_multiply_add(c, x, y)
      d = platform_multiply_add(d, x, y)
      e = platform_multiply_add(e, x, y)
      f = platform_multiply_add(f, x, y)
      g = platform_multiply_add(g, x, y)
      h = platform_multiply_add(h, x, y)
      i = platform_multiply_add(i, x, y)
      j = platform_multiply_add(j, x, y)
      k = platform_multiply_add(k, x, y)
      l = platform_multiply_add(l, x, y)
    }
    return ((a + b + c) + (d + e + f) + (g + h + i) + (j + k + l)).sum()
  }
}

extension CPU {
  /// Floating-point operations a second that this processor can do at most, measured: the best of a few short runs.
  public func measuredPeak() -> Double {
    let peak = Peak(threads: threads)
    return (0..<5).map { _ in peak.measure(pool) * 1e9 }.max() ?? 0
  }
}
