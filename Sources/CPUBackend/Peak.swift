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
    let set = InstructionSet.current
    let launch = Launch(tiles: tiles) { tile, _ in
      results[tile] = set.multiplyAdds(tile, iterations: Self.iterations)
    }
    pool.prepare([launch])
    let time = ContinuousClock().measure { pool.run([launch]) }
    return Double(tiles * Self.iterations) * Double(set.operationsOfIteration) / (time / .nanoseconds(1))
  }
}

extension CPU {
  /// Floating-point operations a second that this processor can do at most, measured: the best of a few short runs.
  public func measuredPeak() -> Double {
    let peak = Peak(threads: threads)
    return (0..<5).map { _ in peak.measure(pool) * 1e9 }.max() ?? 0
  }
}
