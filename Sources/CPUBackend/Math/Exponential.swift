/// e to the power of each lane, with a relative error of at most 2e-7.
///
/// Below -87.336 (where the result would be subnormal) it is 0, above 88.722 infinity; NaN stays NaN.
///
/// `exp(x) = 2^n * exp(r)` with `n` the integer nearest to `x / ln 2`, so that `|r| <= ln 2 / 2`. There
/// `exp(r) = 1 + r + r^2 * P(r)`, `P` of degree 4 with the least largest relative error (3e-9, before rounding).
@inline(__always)
func exponential(_ x: Vector) -> Vector {
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
  let exponent = shifted.bits &<< VectorBits(repeating: 23)
  // The type is written out in comparisons: with `Vector(repeating:)` the compiler takes their generic form, which is a
  // loop over the lanes.
  var result = Vector(bits: p.bits &+ exponent)
  result.replace(with: 0, where: x .< Vector(repeating: -87.336_54))
  result.replace(with: .infinity, where: x .> Vector(repeating: 88.722_83))
  result.replace(with: x, where: x .!= x)
  return result
}

/// `exponential` of differences from a maximum: for lanes of at most 1, in three quarters of the time.
@inline(__always)
func exponentialOfDifference(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let shifter = Vector(repeating: 12_582_912)
  let shifted = multiplyAdd(x, Vector(repeating: 1.442_695_04), shifter)
  let n = shifted - shifter
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

/// Writes e to the power of each of `count` numbers.
package func exponential(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, count: Int) {
  var index = 0
  while index + 8 <= count {
    exponential(Vector(at: input + index)).store(to: output + index)
    index += 8
  }
  while index < count {
    output[index] = exponential(Vector(repeating: input[index]))[0]
    index += 1
  }
}
