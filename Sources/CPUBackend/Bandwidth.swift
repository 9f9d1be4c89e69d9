import CPlatform

/// How fast memory is: reading a block that no cache holds, and copying it, with all threads.
package struct Bandwidth: Sendable {
  /// Gigabytes read a second.
  package var read: Double
  /// Gigabytes a second of a copy, those that are read and those that are written.
  package var copy: Double
}

extension CPU {
  /// The bandwidth of memory, measured: the best of a few runs over 256 MiB.
  ///
  /// Throws: `MartletError(.resource)` when there is no memory for the blocks.
  package func measuredBandwidth() throws -> Bandwidth {
    let byteCount = 256 << 20
    let source = try Arena(byteCount: byteCount, for: "measuring the bandwidth of memory")
    let target = try Arena(byteCount: byteCount, for: "measuring the bandwidth of memory")
    let tiles = 128
    let size = byteCount / tiles
    let sums = UnsafeMutablePointer<Float>.allocate(capacity: tiles)
    defer { sums.deallocate() }
    let write = Launch(tiles: tiles) { tile, _ in
      (source.base + tile * size).initializeMemory(as: UInt8.self, repeating: 1, count: size)
    }
    let read = Launch(tiles: tiles) { tile, _ in sums[tile] = Self.sum(source.base + tile * size, size) }
    let copy = Launch(tiles: tiles) { tile, _ in
      (target.base + tile * size).copyMemory(from: source.base + tile * size, byteCount: size)
    }
    pool.run([write, copy])
    func best(_ launch: Launch, _ bytes: Int) -> Double {
      let times = (0..<7).map { _ in ContinuousClock().measure { pool.run([launch]) } / .nanoseconds(1) }
      return Double(bytes) / (times.min() ?? 1)
    }
    return Bandwidth(read: best(read, byteCount), copy: best(copy, 2 * byteCount))
  }

  /// Eight sums at once hide the latency of the addition.
  @inline(never)
  private static func sum(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) -> Float {
    let vectors = UnsafeRawPointer(memory).assumingMemoryBound(to: SIMD8<Float>.self)
    var (a, b, c, d) = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero)
    var (e, f, g, h) = (a, b, c, d)
    var index = 0
    while index < byteCount / 32 {
      a += vectors[index]
      b += vectors[index + 1]
      c += vectors[index + 2]
      d += vectors[index + 3]
      e += vectors[index + 4]
      f += vectors[index + 5]
      g += vectors[index + 6]
      h += vectors[index + 7]
      index += 8
    }
    return ((a + b) + (c + d) + (e + f) + (g + h)).sum()
  }
}
