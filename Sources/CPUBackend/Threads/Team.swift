import CPlatform
import Synchronization

/// What the threads of a pool share: the launches they walk through, the tile counter and the barrier.
///
/// `phase` changes when a run starts and whenever a barrier opens. Everything else is plain memory that one thread
/// writes before it changes `phase` and the others read after they have seen the change.
final class Team: @unchecked Sendable {
  /// The number of threads, set once all have been started and before the first run.
  var size = 1

  /// How often to look at `phase` before going to sleep.
  private let spins: Int
  private var launches = UnsafeBufferPointer<Launch>(start: nil, count: 0)
  private var isDismissed = false
  private var scratch: [UnsafeMutableRawPointer]
  private var scratchBytes = 0

  // Each in a pair of cache lines of its own (processors fetch lines in pairs).
  private let phase: UnsafeMutablePointer<Atomic<UInt32>>
  private let sleepers: UnsafeMutablePointer<Atomic<UInt32>>
  private let arrived: UnsafeMutablePointer<Atomic<Int>>
  private let nextTile: UnsafeMutablePointer<Atomic<Int>>
  private let lines: UnsafeMutableRawPointer

  init(capacity: Int, spins: Int) {
    self.spins = spins
    lines = .allocate(byteCount: 4 * 128, alignment: 128)
    phase = lines.bindMemory(to: Atomic<UInt32>.self, capacity: 1)
    sleepers = (lines + 128).bindMemory(to: Atomic<UInt32>.self, capacity: 1)
    arrived = (lines + 256).bindMemory(to: Atomic<Int>.self, capacity: 1)
    nextTile = (lines + 384).bindMemory(to: Atomic<Int>.self, capacity: 1)
    phase.initialize(to: Atomic(0))
    sleepers.initialize(to: Atomic(0))
    arrived.initialize(to: Atomic(0))
    nextTile.initialize(to: Atomic(0))
    scratch = (0..<capacity).map { _ in .allocate(byteCount: 64, alignment: 64) }
  }

  deinit {
    for memory in scratch { memory.deallocate() }
    lines.deallocate()
  }

  /// How many spin hints take about as long as given.
  static func spinsWithin(microseconds: Int) -> Int {
    var fastest = UInt64.max
    for _ in 0..<5 {
      let start = monotonicNanoseconds()
      for _ in 0..<200 { platform_spin_hint() }
      fastest = min(fastest, monotonicNanoseconds() - start)
    }
    return microseconds * 1000 * 200 / max(1, Int(fastest))
  }

  /// Grows every thread's scratch memory to the largest that a launch asks for. No run may be under way.
  func reserveScratch(for launches: UnsafeBufferPointer<Launch>) {
    var largest = 0
    for index in launches.indices { largest = max(largest, launches[index].scratchBytes) }
    guard largest > scratchBytes else { return }
    for index in scratch.indices {
      scratch[index].deallocate()
      scratch[index] = .allocate(byteCount: largest, alignment: 64)
    }
    scratchBytes = largest
  }

  /// Runs launches with all threads; called by one thread at a time.
  func run(_ launches: UnsafeBufferPointer<Launch>) {
    reserveScratch(for: launches)
    let worker = Worker(index: 0, of: size, scratch: scratch[0])
    guard size > 1 else {
      for index in launches.indices { runAlone(launches[index], worker) }
      return
    }
    let first = runLone(launches, from: 0, worker)
    guard first < launches.count else { return }
    self.launches = launches
    openNextPhase()
    walk(launches, from: first, phase: phase.pointee.load(ordering: .relaxed), worker)
  }

  /// The life of the thread with the given index, from 1.
  func serve(_ index: Int) {
    var seen: UInt32 = 0
    while true {
      waitForPhase(after: seen)
      if isDismissed { return }
      let launches = self.launches
      let worker = Worker(index: index, of: size, scratch: scratch[index])
      seen = walk(launches, from: skipLone(launches, from: 0), phase: seen &+ 1, worker)
    }
  }

  /// Ends all threads that serve. No run may be under way.
  func dismiss() {
    isDismissed = true
    openNextPhase()
  }

  /// Walks through the launches together with the other threads; returns the phase in which the run ended.
  @discardableResult
  private func walk(
    _ launches: UnsafeBufferPointer<Launch>, from first: Int, phase start: UInt32, _ worker: Worker
  ) -> UInt32 {
    var phase = start
    var index = first
    while index < launches.count {
      let launch = launches[index]
      var tile = nextTile.pointee.wrappingAdd(1, ordering: .relaxed).oldValue
      while tile < launch.tiles {
        launch.body(tile, worker)
        tile = nextTile.pointee.wrappingAdd(1, ordering: .relaxed).oldValue
      }
      if arrived.pointee.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == size {
        // The last to arrive does what has only one tile, so that those launches need no barrier of their own.
        arrived.pointee.store(0, ordering: .relaxed)
        nextTile.pointee.store(0, ordering: .relaxed)
        index = runLone(launches, from: index + 1, worker)
        openNextPhase()
      } else {
        index = skipLone(launches, from: index + 1)
        waitForPhase(after: phase)
      }
      phase &+= 1
    }
    return phase
  }

  /// Runs launches of at most one tile; returns the index of the first that has more.
  private func runLone(_ launches: UnsafeBufferPointer<Launch>, from first: Int, _ worker: Worker) -> Int {
    var index = first
    while index < launches.count, launches[index].tiles <= 1 {
      runAlone(launches[index], worker)
      index += 1
    }
    return index
  }

  private func skipLone(_ launches: UnsafeBufferPointer<Launch>, from first: Int) -> Int {
    var index = first
    while index < launches.count, launches[index].tiles <= 1 { index += 1 }
    return index
  }

  private func runAlone(_ launch: Launch, _ worker: Worker) {
    var tile = 0
    while tile < launch.tiles {
      launch.body(tile, worker)
      tile += 1
    }
  }

  /// Lets the threads that wait for the next phase go on.
  private func openNextPhase() {
    // In one total order with a sleeper's announcement and its look at the phase: one of the two sees the other.
    phase.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    if sleepers.pointee.load(ordering: .sequentiallyConsistent) > 0 {
      platform_wake_all(UnsafeRawPointer(phase).assumingMemoryBound(to: UInt32.self))
    }
  }

  private func waitForPhase(after seen: UInt32) {
    for _ in 0..<spins {
      if phase.pointee.load(ordering: .acquiring) != seen { return }
      platform_spin_hint()
    }
    sleepers.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while phase.pointee.load(ordering: .sequentiallyConsistent) == seen {
      platform_wait(UnsafeRawPointer(phase).assumingMemoryBound(to: UInt32.self), seen)
    }
    sleepers.pointee.wrappingSubtract(1, ordering: .sequentiallyConsistent)
  }
}

/// What a thread is given when it starts.
final class Member: Sendable {
  private let team: Team
  private let index: Int

  init(team: Team, index: Int) {
    self.team = team
    self.index = index
  }

  func serve() { team.serve(index) }
}
