import BenchmarkOptions
import CPUBackend
import Glibc

/// What the command line asks for.
let options = BenchmarkOptions(
  """
  kernel-bench [--hidden N] [--no-layers] [--no-loss]    products of linear layers in their three forms, and the output layer
  kernel-bench --attention                               attention forward and backward
  kernel-bench --rows                                    products of matrices with few rows
    each with [--threads N] [--rounds N] [--json] [--launches] [--processor-time]
  """, operands: 0...0)

/// Whether the processor's time is measured rather than the wall's: steadier for one thread on a busy machine.
let measuresProcessorTime = options.has("--processor-time")

/// Seconds that the work takes.
func time(_ work: () -> Void) -> Double {
  let clock = measuresProcessorTime ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC
  var start = timespec()
  var end = timespec()
  clock_gettime(clock, &start)
  work()
  clock_gettime(clock, &end)
  return Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) * 1e-9
}

/// Memory as a program's arena has it: aligned to 2 MiB, with huge pages advised, filled with small numbers.
func arena(_ floats: Int) -> UnsafeMutablePointer<Float> {
  let bytes = (max(1, floats) * 4 + (1 << 21) - 1) / (1 << 21) * (1 << 21)
  let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 1 << 21)
  madvise(memory, bytes, MADV_HUGEPAGE)
  let numbers = memory.bindMemory(to: Float.self, capacity: bytes / 4)
  var state: UInt32 = 1
  for index in 0..<bytes / 4 {
    state = state &* 1_664_525 &+ 1_013_904_223
    numbers[index] = Float(Int32(bitPattern: state) >> 8) * 0x1p-24
  }
  return numbers
}

func padded(_ text: String, _ width: Int) -> String {
  text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
}

func fixed(_ value: Double, _ width: Int = 7) -> String {
  let tenths = Int((value * 10).rounded())
  let text = "\(tenths / 10).\(tenths % 10)"
  return String(repeating: " ", count: max(0, width - text.count)) + text
}

/// Runs launches and the peak in turn and prints the medians of the speeds and of their ratios.
struct Meter {
  let pool: WorkerPool
  let peak: Peak

  init(threads: Int?) {
    pool = WorkerPool(threads: threads)
    peak = Peak(threads: pool.threads)
  }

  @discardableResult
  func report(_ name: String, flops: Double, _ launches: [Launch], rounds: Int = options.number("--rounds") ?? 9) -> (
    flops: Double, seconds: Double
  ) {
    pool.prepare(launches)
    pool.run(launches)
    let once = time { pool.run(launches) }
    let repeats = max(1, min(1000, Int(0.03 / once)))
    var speeds: [Double] = []
    var shares: [Double] = []
    for _ in 0..<rounds {
      let before = peak.measure(pool)
      let seconds = time { for _ in 0..<repeats { pool.run(launches) } }
      let after = peak.measure(pool)
      let speed = flops * Double(repeats) / seconds / 1e9
      speeds.append(speed)
      shares.append(speed / ((before + after) / 2))
    }
    let speed = median(speeds)
    let share = median(shares)
    print(name: name, speed: speed, share: share, best: speeds.max() ?? 0)
    if options.has("--launches") { reportLaunches(launches) }
    return (flops, flops / speed / 1e9)
  }
}

extension Meter {
  /// Prints a line for people, or with `--json` for programs: GFLOP/s, and that as a part of the peak.
  func print(name: String, speed: Double, share: Double, best: Double) {
    if options.has("--json") {
      Swift.print(#"{"name": "\#(name)", "gigaflops": \#(speed), "share": \#(share), "best": \#(best)}"#)
    } else {
      Swift.print(
        "\(padded(name, 44)) \(fixed(speed)) GFLOP/s \(fixed(share * 100, 6)) % of peak, best \(fixed(best))")
    }
  }

  /// Prints the microseconds that each launch takes, the least of several runs.
  func reportLaunches(_ launches: [Launch]) {
    var fastest = [UInt64](repeating: .max, count: launches.count)
    for _ in 0..<9 {
      pool.profile(launches) { index, nanoseconds in fastest[index] = min(fastest[index], nanoseconds) }
    }
    for (launch, nanoseconds) in zip(launches, fastest) {
      Swift.print("  \(launch.tiles) tiles: \(fixed(Double(nanoseconds) / 1000)) us")
    }
  }
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
