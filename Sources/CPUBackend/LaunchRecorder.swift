/// Launches that note, while they run, when each thread began and ended its part of them.
final class LaunchRecorder {
  /// What a thread did of a launch.
  struct Part {
    var start: UInt64 = 0
    var end: UInt64 = 0
    var tiles = 0
  }

  /// The launches to run in the place of the original ones.
  let launches: [Launch]
  private let count: Int
  private let threads: Int
  // A row for each thread, so that two threads seldom write to one cache line.
  private let parts: UnsafeMutablePointer<Part>

  init(_ originals: [Launch], threads: Int) {
    let count = originals.count
    let parts = UnsafeMutablePointer<Part>.allocate(capacity: count * threads)
    parts.initialize(repeating: Part(), count: count * threads)
    launches = originals.enumerated().map { index, launch in
      Launch(tiles: launch.tiles, scratchBytes: launch.scratchBytes) { [body = launch.body] tile, worker in
        let part = parts + (worker.index * count + index)
        if part.pointee.tiles == 0 { part.pointee.start = monotonicNanoseconds() }
        body(tile, worker)
        part.pointee.end = monotonicNanoseconds()
        part.pointee.tiles += 1
      }
    }
    self.count = count
    self.threads = threads
    self.parts = parts
  }

  deinit { parts.deallocate() }

  /// Forgets the last run.
  func clear() { parts.update(repeating: Part(), count: count * threads) }

  /// What a thread did of a launch, or nil if it did nothing.
  func part(launch: Int, thread: Int) -> Part? {
    let part = parts[thread * count + launch]
    return part.tiles > 0 ? part : nil
  }
}
