import CPlatform
import Glibc
import Synchronization

/// Threads that stay, and walk together through lists of launches.
///
/// All threads, the caller's among them, claim tiles of a launch one by one and meet at a barrier before the next.
/// Waiting spins for a short while (a barrier then costs a fraction of a microsecond) and sleeps after that.
package final class WorkerPool: Sendable {
  /// The number of threads that run tiles, with the caller's.
  package let threads: Int

  private let team: Team
  private let handles: [pthread_t]
  /// One `run` at a time; guards the scratch memory.
  private let running = Mutex<Void>(())

  /// Starts the threads: by default one for each processor that this process may use.
  ///
  /// Fewer are started where the system refuses more.
  package init(threads requested: Int? = nil) {
    let cores = Int(platform_available_cores())
    let wanted = max(1, requested ?? cores)
    let team = Team(capacity: wanted, spins: wanted > cores ? 0 : Team.spinsWithin(microseconds: 200))
    // Signals are for the threads of the program, not for these.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    var handles: [pthread_t] = []
    for index in 1..<max(wanted, 1) {
      let member = Unmanaged.passRetained(Member(team: team, index: index))
      var handle = pthread_t()
      let failure = pthread_create(
        &handle, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Member>.fromOpaque(argument).takeRetainedValue().serve()
          return nil
        }, member.toOpaque())
      guard failure == 0 else {
        member.release()
        break
      }
      handles.append(handle)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    self.handles = handles
    self.threads = handles.count + 1
    self.team = team
    team.size = handles.count + 1
  }

  deinit {
    team.dismiss()
    for handle in handles { pthread_join(handle, nil) }
  }

  /// Makes the scratch memory that the launches ask for, so that running them allocates nothing.
  package func prepare(_ launches: [Launch]) {
    running.withLock { _ in
      launches.withUnsafeBufferPointer { team.reserveScratch(for: $0) }
    }
  }

  /// Runs the launches one after another and returns when all have ended.
  ///
  /// Calls from several threads wait for each other; a tile must not call it.
  package func run(_ launches: [Launch]) {
    running.withLock { _ in
      launches.withUnsafeBufferPointer { team.run($0) }
    }
  }

  /// Runs the launches, and reports the nanoseconds that each took by its index.
  package func profile(_ launches: [Launch], _ report: (_ launch: Int, _ nanoseconds: UInt64) -> Void) {
    running.withLock { _ in
      launches.withUnsafeBufferPointer { all in
        for index in all.indices {
          let start = monotonicNanoseconds()
          team.run(UnsafeBufferPointer(rebasing: all[index...index]))
          report(index, monotonicNanoseconds() - start)
        }
      }
    }
  }
}

/// Nanoseconds of a clock that only goes forward.
func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
