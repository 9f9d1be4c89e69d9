import Glibc

/// The sine and cosine of each lane.
///
/// `x = n π/2 + r` with `|r| <= π/4`, π/2 in three parts of which the first two have exact products with n. Lanes
/// beyond ±10000, where that runs out of digits, are computed one by one in double precision.
@inline(__always)
func sineAndCosine(_ x: Vector) -> (sine: Vector, cosine: Vector) {
  let shifter = Vector(repeating: 12_582_912)  // 1.5 * 2^23: the sum holds a rounded integer in its low bits
  let shifted = multiplyAdd(x, Vector(repeating: 0.636_619_77), shifter)
  let n = shifted - shifter
  var r = multiplyAdd(n, Vector(repeating: -1.570_312_5), x)
  r = multiplyAdd(n, Vector(repeating: -4.837_512_97e-4), r)
  r = multiplyAdd(n, Vector(repeating: -7.549_790_1e-8), r)
  let square = r * r
  let s = multiplyAdd(
    Vector(repeating: 2.7182373e-06).times(square, plus: -0.00019839327).times(square, plus: 0.008333329).times(
      square, plus: -0.16666667), square * r, r)
  let c = multiplyAdd(
    Vector(repeating: 2.443773e-05).times(square, plus: -0.0013887362).times(square, plus: 0.041666646),
    square * square,
    multiplyAdd(square, Vector(repeating: -0.5), Vector(repeating: 1)))
  let quarter = shifted.bits
  let swaps: VectorMask = (quarter & 1) .!= VectorBits(repeating: 0)
  let sine = Vector(bits: s.replacing(with: c, where: swaps).bits ^ ((quarter & 2) &<< 30))
  let cosine = Vector(bits: c.replacing(with: s, where: swaps).bits ^ (((quarter &+ 1) & 2) &<< 30))
  if x.magnitude.largest <= 10_000 { return (sine, cosine) }
  return sineAndCosineOfLargeLanes(x, sine, cosine)
}

@inline(never)
private func sineAndCosineOfLargeLanes(_ x: Vector, _ sine: Vector, _ cosine: Vector) -> (Vector, Vector) {
  var (sine, cosine) = (sine, cosine)
  for lane in 0..<Vector.lanes where !(abs(x[lane]) <= 10_000) {
    sine[lane] = Float(Glibc.sin(Double(x[lane])))
    cosine[lane] = Float(Glibc.cos(Double(x[lane])))
  }
  return (sine, cosine)
}
