import Synchronization

/// Memory for tensors, many of which share a block: so that those of a few megabytes lie in huge pages too, which are
/// faster to touch for the first time and to read.
///
/// A block is freed when the last of its tensors is; places are never used twice, so that memory is zero when given.
final class SharedBlocks: Sendable {
  private static let blockByteCount = 64 << 20
  private let current = Mutex<(arena: Arena, used: Int)?>(nil)

  /// Zeroed memory aligned to 64 bytes, and what keeps it.
  ///
  /// Throws: `MartletError(.resource)` when the system refuses.
  func take(_ byteCount: Int, for purpose: @autoclosure () -> String) throws -> (UnsafeMutableRawPointer, Arena) {
    // Large tensors have blocks of their own, so that little is left unused at the end of shared ones.
    if byteCount >= Self.blockByteCount / 4 {
      let arena = try Arena(byteCount: byteCount, for: purpose())
      return (arena.base, arena)
    }
    return try current.withLock { current in
      var block = try current ?? (Arena(byteCount: Self.blockByteCount, for: purpose()), 0)
      if block.used + byteCount > block.arena.byteCount {
        block = (try Arena(byteCount: Self.blockByteCount, for: purpose()), 0)
      }
      let place = block.arena.base + block.used
      block.used += (byteCount + 63) / 64 * 64
      current = block
      return (place, block.arena)
    }
  }
}
