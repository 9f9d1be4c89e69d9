import CPlatform

/// The 16 random words of four consecutive counters from `counter` on: those of `RandomKey.block`, in order.
@inline(__always)
func randomWords(low: UInt32, high: UInt32, counter: UInt64, stream: UInt32 = 0) -> (VectorBits, VectorBits) {
  typealias Lanes = SIMD4<UInt64>
  // Words of 32 bits stand in lanes of 64, so that products need no splitting.
  let word = Lanes(repeating: 0xffff_ffff)
  let thirtyTwo = Lanes(repeating: 32)
  let counters = Lanes(repeating: counter) &+ Lanes(0, 1, 2, 3)
  var c0 = counters & word
  var c1 = counters &>> thirtyTwo
  var c2 = Lanes(repeating: UInt64(stream))
  var c3 = Lanes(repeating: 0)
  var k0 = low
  var k1 = high
  @inline(__always) func round() {
    let p0 = c0 &* Lanes(repeating: 0xD251_1F53)
    let p1 = c2 &* Lanes(repeating: 0xCD9E_8D57)
    c0 = (p1 &>> thirtyTwo) ^ c1 ^ Lanes(repeating: UInt64(k0))
    c1 = p1 & word
    c2 = (p0 &>> thirtyTwo) ^ c3 ^ Lanes(repeating: UInt64(k1))
    c3 = p0 & word
    k0 = k0 &+ 0x9E37_79B9
    k1 = k1 &+ 0xBB67_AE85
  }
  // Written out: in a loop the optimiser shuffles the words together and apart again.
  round()
  round()
  round()
  round()
  round()
  round()
  round()
  round()
  round()
  round()
  let first = c0 | (c1 &<< thirtyTwo)
  let second = c2 | (c3 &<< thirtyTwo)
  return (
    unsafeBitCast(platform_interleave_low(first, second), to: VectorBits.self),
    unsafeBitCast(platform_interleave_high(first, second), to: VectorBits.self)
  )
}

/// Numbers in [0, 1) with 24 random bits, from random words.
@inline(__always)
func unitNumbers(_ words: VectorBits) -> Vector {
  platform_from_integers(unsafeBitCast(words &>> VectorBits(repeating: 8), to: SIMD8<Int32>.self))
    * Vector(repeating: 0x1p-24)
}
