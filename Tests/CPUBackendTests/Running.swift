import CPUBackend
import Core

/// Runs launches on this thread, tiles forwards or backwards: results must not depend on the order.
func run(_ launches: [Launch], backwards: Bool = false) {
  let bytes = max(64, launches.map(\.scratchBytes).max() ?? 0)
  let scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
  defer { scratch.deallocate() }
  // Kernels may not rely on what scratch holds.
  scratch.initializeMemory(as: UInt8.self, repeating: 0xff, count: bytes)
  for launch in launches {
    for index in 0..<launch.tiles {
      launch.body(backwards ? launch.tiles - 1 - index : index, Worker(index: 0, of: 1, scratch: scratch))
    }
  }
}

/// Memory in memory of their own, as kernels take them.
final class Memory<Element: BitwiseCopyable> {
  let pointer: UnsafeMutablePointer<Element>
  let count: Int

  init(_ elements: [Element]) {
    count = elements.count
    pointer = .allocate(capacity: max(1, count))
    pointer.initialize(from: elements, count: count)
  }

  convenience init(repeating element: Element, count: Int) {
    self.init([Element](repeating: element, count: count))
  }

  var array: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
  subscript(index: Int) -> Element {
    get { pointer[index] }
    set { pointer[index] = newValue }
  }
}

/// Normally distributed numbers of a seed.
func normals(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
  var stream = RandomStream(RandomKey(seed: seed))
  return (0..<count).map { _ in
    // The sum of 12 uniform numbers has variance 1.
    var sum = -6.0
    for _ in 0..<12 { sum += stream.unit() }
    return Float(sum) * scale
  }
}

/// The largest difference, each divided by `1 + |expected|`.
func difference(_ actual: [Float], _ expected: [Double]) -> Double {
  if actual.count != expected.count { return .infinity }
  var worst = 0.0
  for (x, y) in zip(actual, expected) {
    let error = abs(Double(x) - y) / (1 + abs(y))
    worst = error.isNaN ? .infinity : max(worst, error)
  }
  return worst
}
