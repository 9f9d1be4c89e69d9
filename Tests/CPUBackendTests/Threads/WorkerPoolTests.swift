import CAllocations
import CPUBackend
import Glibc
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 5])
  func everyTileRunsOnceAndLaunchesRunInOrder(threads: Int) {
    let pool = WorkerPool(threads: threads)
    #expect(pool.threads == threads)
    let sizes = [1, 1, 7, 0, 1, 100, 2, 1, 1, 3, 1]
    let counters = Counters(sizes.count)
    let misplaced = Atomic<Int>(0)
    let launches = sizes.indices.map { index in
      Launch(tiles: sizes[index]) { tile, worker in
        if tile < 0 || tile >= sizes[index] || worker.index >= threads { misplaced.wrappingAdd(1, ordering: .relaxed) }
        // All tiles of earlier launches must have run, none of later ones.
        for other in sizes.indices where other != index {
          let expected = other < index ? sizes[other] : 0
          if counters[other].load(ordering: .relaxed) != expected { misplaced.wrappingAdd(1, ordering: .relaxed) }
        }
        counters[index].wrappingAdd(1, ordering: .relaxed)
      }
    }
    for _ in 0..<50 {
      for index in sizes.indices { counters[index].store(0, ordering: .relaxed) }
      pool.run(launches)
      for index in sizes.indices { #expect(counters[index].load(ordering: .relaxed) == sizes[index]) }
    }
    #expect(misplaced.load(ordering: .relaxed) == 0)
  }

  @Test(arguments: [2, 3, 8])
  func manyTinyLaunchesComplete(threads: Int) {
    let pool = WorkerPool(threads: threads)
    let counters = Counters(1)
    let launches = (0..<500).map { index in
      Launch(tiles: index % 5) { _, _ in counters[0].wrappingAdd(1, ordering: .relaxed) }
    }
    for _ in 0..<20 { pool.run(launches) }
    #expect(counters[0].load(ordering: .relaxed) == 20 * 500 * 2)
  }

  @Test func poolsComeAndGo() {
    for index in 0..<200 {
      let pool = WorkerPool(threads: 1 + index % 6)
      let counters = Counters(1)
      if index % 3 > 0 { pool.run([Launch(tiles: 9) { _, _ in counters[0].wrappingAdd(1, ordering: .relaxed) }]) }
      #expect(counters[0].load(ordering: .relaxed) == (index % 3 > 0 ? 9 : 0))
    }
  }

  @Test func runsFromSeveralThreadsDoNotMix() async {
    let pool = WorkerPool(threads: 2)
    let active = Counters(1)
    let overlaps = Counters(1)
    await withTaskGroup(of: Void.self) { group in
      for run in 1...8 {
        group.addTask {
          let launch = Launch(tiles: 4) { _, _ in
            let before = active[0].exchange(run, ordering: .relaxed)
            if before != run, before != 0 { overlaps[0].wrappingAdd(1, ordering: .relaxed) }
          }
          let end = Launch(tiles: 1) { _, _ in active[0].store(0, ordering: .relaxed) }
          for _ in 0..<50 { pool.run([launch, launch, end]) }
        }
      }
    }
    #expect(overlaps[0].load(ordering: .relaxed) == 0)
  }

  @Test func scratchMemoryIsAlignedLargeEnoughAndNobodyElses() {
    let pool = WorkerPool(threads: 3)
    let wrong = Counters(1)
    for bytes in [100, 40_000, 3_000_000, 8] {
      let launch = Launch(tiles: 64, scratchBytes: bytes) { tile, worker in
        if UInt(bitPattern: worker.scratch) % 64 != 0 { wrong[0].wrappingAdd(1, ordering: .relaxed) }
        let memory = worker.scratch.bindMemory(to: UInt8.self, capacity: bytes)
        for index in 0..<bytes { memory[index] = UInt8(tile) }
        for index in stride(from: 0, to: bytes, by: 7) where memory[index] != UInt8(tile) {
          wrong[0].wrappingAdd(1, ordering: .relaxed)
        }
      }
      pool.run([launch])
    }
    #expect(wrong[0].load(ordering: .relaxed) == 0)
  }

  @Test func profilingReportsEachLaunch() {
    let pool = WorkerPool(threads: 2)
    var reported: [Int] = []
    let launches = [Launch(tiles: 1) { _, _ in }, Launch(tiles: 8) { _, _ in usleep(200) }]
    pool.profile(launches) { index, nanoseconds in
      reported.append(index)
      if index == 1 { #expect(nanoseconds > 700_000) }
    }
    #expect(reported == [0, 1])
  }

  @Test func idleThreadsSleep() {
    let pool = WorkerPool(threads: 2)
    let times = Counters(2)
    let arrived = Counters(1)
    // Both threads take one tile each, for neither leaves before the other has come.
    let launch = Launch(tiles: 2) { _, worker in
      arrived[0].wrappingAdd(1, ordering: .relaxed)
      while arrived[0].load(ordering: .relaxed) % 2 != 0 { sched_yield() }
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      times[worker.index].store(time.tv_sec * 1_000_000 + time.tv_nsec / 1000, ordering: .relaxed)
    }
    pool.run([launch])
    let before = times[1].load(ordering: .relaxed)
    usleep(300_000)
    pool.run([launch])
    // A thread that spun all the while would have used 300 ms.
    #expect(times[1].load(ordering: .relaxed) - before < 100_000)
  }

  @Test(.enabled(if: allocations_can_be_counted()))
  func runningAllocatesNothing() {
    let pool = WorkerPool(threads: 2)
    let loss = LinearCrossEntropy(tokens: 100, hidden: 32, vocabulary: 3000)
    let products = [
      MatMul(m: 100, n: 200, k: 300), MatMul(m: 1, n: 500, k: 64, transposeB: true),
      MatMul(m: 3, n: 500, k: 64, transposeA: true), MatMul(m: 16, n: 16, k: 4000),
    ]
    let floats = max(
      loss.workspaceFloats(gradients: true), products.map { $0.workspaceFloats() }.max() ?? 0)
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 200_000)
    let workspace = UnsafeMutablePointer<Float>.allocate(capacity: floats)
    let targets = UnsafeMutablePointer<Int32>.allocate(capacity: 100)
    defer {
      memory.deallocate()
      workspace.deallocate()
      targets.deallocate()
    }
    memory.initialize(repeating: 0.5, count: 200_000)
    targets.initialize(repeating: 7, count: 100)
    let result = UnsafeMutablePointer<Float>.allocate(capacity: 200_000)
    defer { result.deallocate() }
    var launches = products.flatMap { product in
      product.launches(a: memory, b: memory, c: result, workspace: workspace) { _ in }
    }
    launches += loss.gradientLaunches(
      hiddenStates: memory, weight: memory, targets: targets, lossGradients: memory, losses: result,
      hiddenGradient: result + 100, weightGradient: result + 4000, workspace: workspace)
    let arrived = Counters(1)
    let watch = { (watched: Bool) in
      Launch(tiles: 2) { _, _ in
        arrived[0].wrappingAdd(1, ordering: .relaxed)
        while arrived[0].load(ordering: .relaxed) % 2 != 0 { sched_yield() }
        allocations_watch(watched)
      }
    }
    let start = [watch(true)]
    let end = [watch(false)]
    pool.prepare(launches)
    // The counter itself works: what follows is not zero because nothing is counted.
    pool.run(
      start + [Launch(tiles: 1) { _, _ in UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 8).deallocate() }]
        + end)
    let before = allocations_count()
    #expect(before > 0)
    pool.run(start)
    pool.run(launches)
    pool.run(launches)
    pool.run(end)
    #expect(allocations_count() == before)
  }
}

/// Atomic numbers that tiles share.
private final class Counters: @unchecked Sendable {
  private let memory: UnsafeMutablePointer<Atomic<Int>>

  init(_ count: Int) {
    memory = .allocate(capacity: count)
    for index in 0..<count { (memory + index).initialize(to: Atomic(0)) }
  }

  deinit { memory.deallocate() }

  subscript(_ index: Int) -> Atomic<Int> {
    _read { yield memory[index] }
  }
}
