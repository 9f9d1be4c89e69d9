/// What changes from step to step of an optimiser, read from memory when it runs: f32[5].
struct OptimizerControl {
  let learningRate: Float
  /// What gradients are multiplied by: the clipping factor divided by the number of tokens.
  let gradientScale: Float
  /// `1 - beta1^t` and `1 - beta2^t`.
  let correction1: Float
  let correction2: Float
  /// Whether the step is applied; else everything stays as it was.
  let isEnabled: Bool

  @inline(__always)
  init(_ numbers: UnsafePointer<Float>) {
    learningRate = numbers[0]
    gradientScale = numbers[1]
    correction1 = numbers[2]
    correction2 = numbers[3]
    isEnabled = numbers[4] != 0
  }
}

/// An optimiser's tensor: where it is read and where its new value goes, which may be the same memory.
package struct UpdatedTensor {
  let old: UnsafePointer<Float>
  let new: UnsafeMutablePointer<Float>

  /// A tensor updated in place.
  package init(_ memory: UnsafeMutablePointer<Float>) {
    old = UnsafePointer(memory)
    new = memory
  }

  /// A tensor whose new value has memory of its own.
  package init(from old: UnsafePointer<Float>, to new: UnsafeMutablePointer<Float>) {
    self.old = old
    self.new = new
  }

  /// Copies a part that a disabled step leaves as it is.
  @inline(__always)
  func keep(_ start: Int, _ count: Int) {
    if old != UnsafePointer(new) { (new + start).update(from: old + start, count: count) }
  }

  @inline(__always)
  func load(_ index: Int, _ count: Int) -> Vector {
    count == 8 ? Vector(at: old + index) : Vector(at: old + index, count: count)
  }

  @inline(__always)
  func store(_ value: Vector, _ index: Int, _ count: Int) {
    if count == 8 { value.store(to: new + index) } else { value.store(to: new + index, count: count) }
  }
}

/// One launch over `count` numbers in tiles of fixed size; `body` gets runs of 8 numbers, or fewer at the end.
@inline(__always)
func updateLaunches(
  _ count: Int, _ control: UnsafePointer<Float>, tensors: [UpdatedTensor],
  _ makeBody: @escaping (OptimizerControl, _ start: Int, _ end: Int) -> Void
) -> [Launch] {
  let size = 16 * 1024
  return [
    Launch(tiles: (count + size - 1) / size) { tile, _ in
      let start = tile * size
      let end = min(count, start + size)
      let control = OptimizerControl(control)
      if control.isEnabled {
        makeBody(control, start, end)
      } else {
        for tensor in tensors { tensor.keep(start, end - start) }
      }
    }
  ]
}

/// Calls `body` with each whole vector of [start, end), then with what is left over.
@inline(__always)
func forEachVector(_ start: Int, _ end: Int, _ body: (_ index: Int, _ count: Int) -> Void) {
  var index = start
  while index + 8 <= end {
    body(index, 8)
    index += 8
  }
  if index < end { body(index, end - index) }
}
