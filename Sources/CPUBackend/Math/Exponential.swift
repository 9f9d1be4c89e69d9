/// e to the power of each lane, with a relative error of at most 2e-7.
///
/// Below -87.336 (where the result would be subnormal) it is 0, above 88.722 infinity; NaN stays NaN.
///
/// `exp(x) = 2^n * exp(r)` with `n` the integer nearest to `x / ln 2`, so that `|r| <= ln 2 / 2`. There
/// `exp(r) = 1 + r + r^2 * P(r)`, `P` of degree 4 with the least largest relative error (3e-9, before rounding).
@inline(__always)
func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits of the sum.
  let shifter = SIMD8<Float>(repeating: 12_582_912)
  let shifted = multiplyAdd(x, SIMD8(repeating: 1.442_695_04), shifter)
  let n = shifted - shifter
  // ln 2 in two parts, the first with so few bits that its product with n is exact.
  var r = multiplyAdd(n, SIMD8(repeating: -0.693_359_375), x)
  r = multiplyAdd(n, SIMD8(repeating: 2.121_944_4e-4), r)
  var p = SIMD8<Float>(repeating: 1.381_453_9e-3)
  p = multiplyAdd(p, r, SIMD8(repeating: 8.368_745e-3))
  p = multiplyAdd(p, r, SIMD8(repeating: 4.166_839e-2))
  p = multiplyAdd(p, r, SIMD8(repeating: 0.166_665_2))
  p = multiplyAdd(p, r, SIMD8(repeating: 0.499_999_93))
  p = multiplyAdd(p * r, r, r) + SIMD8(repeating: 1)
  let exponent = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< SIMD8(repeating: 23)
  var result = unsafeBitCast(unsafeBitCast(p, to: SIMD8<UInt32>.self) &+ exponent, to: SIMD8<Float>.self)
  result.replace(with: 0, where: x .< SIMD8(repeating: -87.336_54))
  result.replace(with: .infinity, where: x .> SIMD8(repeating: 88.722_83))
  result.replace(with: x, where: x .!= x)
  return result
}

/// Writes e to the power of each of `count` numbers.
package func exponential(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, count: Int) {
  var index = 0
  while index + 8 <= count {
    let x = UnsafeRawPointer(input + index).loadUnaligned(as: SIMD8<Float>.self)
    UnsafeMutableRawPointer(output + index).storeBytes(of: exponential(x), as: SIMD8<Float>.self)
    index += 8
  }
  while index < count {
    output[index] = exponential(SIMD8(repeating: input[index]))[0]
    index += 1
  }
}
