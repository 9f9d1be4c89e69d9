/// Pieces of a text (words, characters) with hashes from which those of their sequences follow.
///
/// The hash of a sequence is that of its pieces one after another: a polynomial in a fixed base modulo 2^61 - 1.
struct PieceSequence {
  private(set) var hashes: [UInt64] = []
  /// The base to the power of each piece's bytes.
  private var powers: [UInt64] = []
  /// The characters of each piece.
  private(set) var lengths: [Int] = []
  private var sequences: [UInt64] = []
  private var sequenceLengths: [Int] = []
  private var order = 0
  private var gap = 0

  private static let modulus: UInt64 = 1 << 61 - 1
  private static let base: UInt64 = 0x0A3B_5C7D_91E2_F4C1

  private static let smallPowers: [UInt64] = (0..<64).reduce(into: [1]) { powers, _ in
    powers.append(multiply(powers[powers.count - 1], base))
  }

  /// The base to a power.
  @inline(__always)
  private static func power(_ exponent: Int) -> UInt64 {
    if exponent < smallPowers.count { return smallPowers[exponent] }
    return (0..<exponent).reduce(1) { power, _ in multiply(power, base) }
  }

  /// A product modulo 2^61 - 1.
  @inline(__always)
  static func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    let low = product.low & modulus
    let high = product.high << 3 | product.low >> 61
    let sum = low + high
    return sum >= modulus ? sum - modulus : sum
  }

  @inline(__always)
  static func add(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let sum = a + b
    return sum >= modulus ? sum - modulus : sum
  }

  /// How many pieces there are.
  var count: Int { hashes.count }

  mutating func reserve(_ count: Int) {
    hashes.reserveCapacity(count)
    powers.reserveCapacity(count)
    lengths.reserveCapacity(count)
  }

  /// Adds a piece of `length` characters.
  @inline(__always)
  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, length: Int) {
    var hash: UInt64 = 0
    for byte in bytes[range] {
      hash = PieceSequence.add(PieceSequence.multiply(hash, PieceSequence.base), UInt64(byte) + 1)
    }
    hashes.append(hash)
    powers.append(PieceSequence.power(range.count))
    lengths.append(length)
  }

  /// Makes ready the hashes and lengths of all sequences of `n` pieces, with `gap` characters between two pieces.
  ///
  /// Complexity: O(pieces) for each order from the last one on; small ones should be asked for first.
  private mutating func advance(to n: Int, gap: Int) {
    if n < order || gap != self.gap || order == 0 {
      sequences = hashes
      sequenceLengths = lengths
      order = 1
      self.gap = gap
    }
    hashes.withUnsafeBufferPointer { hashes in
      sequences.withUnsafeMutableBufferPointer { sequences in
        while order < n {
          for index in 0..<hashes.count - order {
            let last = index + order
            var hash = sequences[index]
            if gap > 0 { hash = PieceSequence.add(PieceSequence.multiply(hash, PieceSequence.base), 0x21) }
            sequences[index] = PieceSequence.add(PieceSequence.multiply(hash, powers[last]), hashes[last])
            sequenceLengths[index] += lengths[last] + gap
          }
          order += 1
        }
      }
    }
  }

  /// The characters of the most frequent sequence of `n` pieces, and how often it comes; of equals the first counts.
  ///
  /// Nil where all its places together cannot have more characters than `limit`, which is quicker to see.
  mutating func topSequence(
    _ n: Int, gap: Int, above limit: Double, _ table: HashTable
  ) -> (characters: Int, count: Int)? {
    guard count >= n else { return nil }
    advance(to: n, gap: gap)
    let all = count - n + 1
    table.reset(for: all)
    var best = 0
    var longest = 0
    for index in 0..<all {
      best = max(best, table.add(sequences[index]))
      longest = max(longest, sequenceLengths[index])
    }
    if Double(best * longest) <= limit { return nil }
    for index in 0..<all where table.count(of: sequences[index]) == best { return (sequenceLengths[index], best) }
    return nil
  }

  /// The characters of sequences of `n` pieces that came before, each character once, as Gopher counts them: after a
  /// repeated sequence the search goes on behind it.
  mutating func repeatedCharacters(_ n: Int, _ table: HashTable) -> Int {
    guard count >= n else { return 0 }
    advance(to: n, gap: 0)
    let all = count - n + 1
    table.reset(for: all)
    var repeated = 0
    var index = 0
    while index < all {
      if table.addOnce(sequences[index]) {
        index += 1
      } else {
        repeated += sequenceLengths[index]
        index += n
      }
    }
    return repeated
  }

  /// How many sequences of `n` pieces come more than once, all their places counted, and how many places there are.
  mutating func repeatedPlaces(_ n: Int, _ table: HashTable) -> (repeated: Int, all: Int) {
    guard count >= n else { return (0, 0) }
    advance(to: n, gap: 0)
    let all = count - n + 1
    table.reset(for: all)
    var repeated = 0
    for index in 0..<all {
      switch table.add(sequences[index]) {
      case 1: break
      case 2: repeated += 2
      default: repeated += 1
      }
    }
    return (repeated, all)
  }
}

/// Pieces of a text that came before in it: lines, paragraphs, sentences.
struct Duplicates {
  /// All pieces.
  var pieces = 0
  /// Pieces that came before.
  var repeated = 0
  /// Their characters.
  var repeatedCharacters = 0
  private let table: HashTable

  init(expecting count: Int) { table = HashTable(for: count) }

  mutating func add(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    pieces += 1
    if !table.addOnce(contentHash(bytes.slice(range), seed: 0)) {
      repeated += 1
      repeatedCharacters += scalarCount(bytes, range)
    }
  }
}
