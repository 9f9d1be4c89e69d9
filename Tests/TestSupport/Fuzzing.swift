import Core
import Foundation

/// How long a fuzz test goes on: the seconds that `MARTLET_FUZZ_SECONDS` says, 1 if it says nothing.
///
/// They are the thread's processor time, so that what else the machine does takes no inputs away. To be used on one thread.
public struct FuzzTime {
  private let end: Double

  /// The thread's processor time, in seconds.
  fileprivate static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Begins now; a test of several targets gives each a part.
  public init(part: Double = 1) {
    let seconds = ProcessInfo.processInfo.environment["MARTLET_FUZZ_SECONDS"].flatMap(Double.init) ?? 1
    end = Self.now + seconds * part
  }

  /// Whether there is time for another input.
  public var isLeft: Bool { Self.now < end }
}

/// Changes seeds at random, always in the same way, while there is `FuzzTime`, and calls `body` with each.
///
/// Returns how many inputs there were, and the longest processor time that one of them took, in seconds.
public func fuzz(
  _ name: String, seeds: [[UInt8]], words: [String] = [], _ body: ([UInt8]) throws -> Void
) throws -> (inputs: Int, longest: Double) {
  var random = RandomStream(RandomKey(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }))
  var pool = seeds
  let words = words.map { Array($0.utf8) }
  let time = FuzzTime()
  var inputs = 0
  var longest = 0.0
  while inputs < seeds.count || time.isLeft {
    var bytes = pool[inputs < seeds.count ? inputs : Int.random(in: 0..<pool.count, using: &random)]
    if inputs >= seeds.count {
      for _ in 0..<(1 << Int.random(in: 0..<5, using: &random)) { mutate(&bytes, pool, words, &random) }
    }
    let before = FuzzTime.now
    try body(bytes)
    longest = max(longest, FuzzTime.now - before)
    inputs += 1
    // Some changed inputs are changed further.
    if bytes.count < 1 << 14, Int.random(in: 0..<50, using: &random) == 0 {
      if pool.count < seeds.count + 200 {
        pool.append(bytes)
      } else {
        pool[seeds.count + Int.random(in: 0..<200, using: &random)] = bytes
      }
    }
  }
  return (inputs, longest)
}

private func mutate(_ bytes: inout [UInt8], _ pool: [[UInt8]], _ words: [[UInt8]], _ random: inout RandomStream) {
  if bytes.isEmpty { bytes = [UInt8.random(in: 0...255, using: &random)] }
  let place = Int.random(in: 0..<bytes.count, using: &random)
  let end = min(bytes.count, place + 1 << Int.random(in: 0..<8, using: &random))
  switch Int.random(in: 0..<9, using: &random) {
  case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
  case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
  case 2: bytes.removeSubrange(place..<end)
  case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
  case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
  case 5:
    let other = pool[Int.random(in: 0..<pool.count, using: &random)]
    guard !other.isEmpty else { return }
    let from = Int.random(in: 0..<other.count, using: &random)
    bytes.replaceSubrange(place..<end, with: other[from..<min(other.count, from + 64)])
  case 6: bytes.removeSubrange(place...)
  case 7: bytes[place] = [0, 0x7F, 0x80, 0xFF, 0x22, 0x0A, 0x5C, 0xD8][Int.random(in: 0..<8, using: &random)]
  default:
    guard !words.isEmpty else { return }
    bytes.insert(contentsOf: words[Int.random(in: 0..<words.count, using: &random)], at: place)
  }
}
