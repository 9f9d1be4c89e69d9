import Foundation

/// The results of `body` for 0..<count in order, computed on all processors; the outcome does not depend on how many.
package func parallelMap<R: Sendable>(_ count: Int, _ body: @Sendable (Int) -> R) -> [R] {
  guard count > 1 else { return count == 1 ? [body(0)] : [] }
  let results = Results<R>(count)
  DispatchQueue.concurrentPerform(iterations: count) { index in results.set(index, body(index)) }
  return results.all
}

/// Results as they come; the lock is what makes the unchecked Sendable true.
private final class Results<R: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [R?]

  init(_ count: Int) { values = Array(repeating: nil, count: count) }

  func set(_ index: Int, _ value: R) { lock.withLock { values[index] = value } }

  var all: [R] { lock.withLock { values.compactMap { $0 } } }
}
