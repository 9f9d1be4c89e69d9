/// What a thread has to itself while it runs tiles.
package struct Worker {
  /// 0 for the thread that called, then upwards.
  package let index: Int
  /// The number of threads that run tiles.
  package let count: Int
  /// Memory of the largest `scratchBytes` among the launches, aligned to 64 bytes; its content is undefined.
  package let scratch: UnsafeMutableRawPointer

  package init(index: Int, of count: Int, scratch: UnsafeMutableRawPointer) {
    self.index = index
    self.count = count
    self.scratch = scratch
  }
}

/// One phase of a kernel: `tiles` independent pieces of work that any threads may take in any order.
///
/// A tile's result must not depend on which thread runs it or how many there are: that is what gives the same bits
/// for any number of threads. Launches run one after another; all tiles of one end before the next begins.
/// Closures are made when a graph is compiled, so that running a step allocates nothing.
package struct Launch: @unchecked Sendable {
  package let tiles: Int
  package let scratchBytes: Int
  package let body: (_ tile: Int, _ worker: Worker) -> Void

  package init(tiles: Int, scratchBytes: Int = 0, body: @escaping (_ tile: Int, _ worker: Worker) -> Void) {
    self.tiles = tiles
    self.scratchBytes = scratchBytes
    self.body = body
  }
}

extension Launch {
  /// The launch with `byteCount` more bytes of scratch memory in front of what its tiles see.
  func reserving(_ byteCount: Int) -> Launch {
    let body = body
    return Launch(tiles: tiles, scratchBytes: scratchBytes + byteCount) { tile, worker in
      body(tile, Worker(index: worker.index, of: worker.count, scratch: worker.scratch + byteCount))
    }
  }
}
