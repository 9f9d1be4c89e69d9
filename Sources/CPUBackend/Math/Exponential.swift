/// e to the power of each lane, for lanes of at most 1, with a relative error of at most 2e-7.
///
/// Below -87.336 (where the result would be subnormal) it is 0; NaN stays NaN.
///
/// `exp(x) = 2^n * exp(r)` with `n` the integer nearest to `x / ln 2`, so that `|r| <= ln 2 / 2`. There
/// `exp(r) = 1 + r + r^2 * P(r)`, `P` of degree 4 with the least largest relative error (3e-9, before rounding).
@inline(__always)
func exponentialOfDifference(_ x: SIMD8<Float>) -> SIMD8<Float> {
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits of the sum.
  let shifter = Vector(repeating: 12_582_912)
  let shifted = multiplyAdd(x, Vector(repeating: 1.442_695_04), shifter)
  let n = shifted - shifter
  // ln 2 in two parts, the first with so few bits that its product with n is exact.
  var r = multiplyAdd(n, Vector(repeating: -0.693_359_375), x)
  r = multiplyAdd(n, Vector(repeating: 2.121_944_4e-4), r)
  var p = Vector(repeating: 1.381_453_9e-3)
  p = multiplyAdd(p, r, Vector(repeating: 8.368_745e-3))
  p = multiplyAdd(p, r, Vector(repeating: 4.166_839e-2))
  p = multiplyAdd(p, r, Vector(repeating: 0.166_665_2))
  p = multiplyAdd(p, r, Vector(repeating: 0.499_999_93))
  p = multiplyAdd(p * r, r, r) + Vector(repeating: 1)
  // A product, not a sum of bits: so a NaN stays one.
  let power =
    (unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &+ VectorBits(repeating: 127)) &<< VectorBits(repeating: 23)
  let result = p * unsafeBitCast(power, to: SIMD8<Float>.self)
  return result.replacing(with: Vector(repeating: 0), where: x .< Vector(repeating: -87.336_54))
}
