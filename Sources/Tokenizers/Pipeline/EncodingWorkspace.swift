import Foundation

/// Memory that encoding reuses from call to call: the cache of words and the lists of the merge loop.
///
/// One thread at a time has it, which is what makes the unchecked Sendable true.
package final class EncodingWorkspace: @unchecked Sendable {
  var cache = WordCache()
  var merging = MergeWorkspace()
  var lattice = Lattice()

  package init() {}
}

/// Workspaces waiting to be used; as many as there are threads that encode with one tokenizer at once.
final class EncodingWorkspacePool: @unchecked Sendable {
  private let lock = NSLock()
  private var free: [EncodingWorkspace] = []

  func with<R>(_ body: (EncodingWorkspace) -> R) -> R {
    let workspace = lock.withLock { free.popLast() } ?? EncodingWorkspace()
    defer { lock.withLock { free.append(workspace) } }
    return body(workspace)
  }
}
