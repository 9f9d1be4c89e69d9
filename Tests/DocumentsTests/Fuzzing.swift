import Foundation
import Testing

/// How long each parser is tried with broken input.
let fuzzSeconds = ProcessInfo.processInfo.environment["MARTLET_FUZZ_SECONDS"].flatMap { Double($0) } ?? 1

/// Calls `body` with broken variants of seeds, the same in each run, for some seconds; each call must end within two seconds.
///
/// Returns how many variants were tried.
@discardableResult
func fuzz(_ seeds: [[UInt8]], words: [String] = [], seconds: Double = fuzzSeconds, _ body: ([UInt8]) throws -> Void)
  rethrows -> Int
{
  var random = SplitMix(state: 42)
  let words = words.map { Array($0.utf8) }
  let end = Date() + seconds
  var count = 0
  while Date() < end {
    var bytes = seeds[Int(random.next() % UInt64(seeds.count))]
    for _ in 0...(random.next() % 4) { mutate(&bytes, seeds, words, &random) }
    let start = Date()
    try body(bytes)
    let time = Date().timeIntervalSince(start)
    #expect(time < 2, "variant \(count) took \(time) s")
    count += 1
  }
  return count
}

private func mutate(_ bytes: inout [UInt8], _ seeds: [[UInt8]], _ words: [[UInt8]], _ random: inout SplitMix) {
  func below(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }
  func range(_ count: Int) -> Range<Int> {
    let start = below(count)
    return start..<min(count, start + 1 + below(64))
  }
  if bytes.isEmpty { bytes = [0] }
  let place = below(bytes.count)
  switch below(9) {
  case 0: bytes[place] ^= 1 << UInt8(below(8))
  case 1: bytes[place] = UInt8(below(256))
  case 2: bytes.removeSubrange(range(bytes.count))
  case 3: bytes.insert(contentsOf: bytes[range(bytes.count)], at: place)
  case 4: bytes.removeLast(below(bytes.count))
  case 5: if let word = words.randomElement(using: &random) { bytes.insert(contentsOf: word, at: place) }
  case 6:
    if let word = words.randomElement(using: &random) {
      bytes.replaceSubrange(place..<min(bytes.count, place + word.count), with: word)
    }
  case 7:
    let other = seeds[below(seeds.count)]
    if !other.isEmpty { bytes = Array(bytes[..<place]) + other[below(other.count)...] }
  default:
    // Numbers decide about sizes.
    let digits = bytes.indices.filter { UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[$0] }
    if let digit = digits.randomElement(using: &random) { bytes[digit] = UInt8(ascii: "0") + UInt8(below(10)) }
  }
}
