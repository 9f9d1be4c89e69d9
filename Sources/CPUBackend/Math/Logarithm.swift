import CPlatform

/// The natural logarithm of each lane: -infinity at 0, NaN below, right for subnormal numbers.
///
/// `log(x) = e ln 2 + log(1 + r)` with `x = 2^e (1 + r)` and `1 + r` between the square roots of 1/2 and 2. There
/// `log(1 + r) = r - r^2 / 2 + r^3 P(r)`, `P` of degree 8 with the least largest relative error (7.5e-10).
@inline(__always)
func logarithm(_ x: Vector) -> Vector {
  let isSmall = x .< Vector(repeating: 0x1p-126)
  let scaled = x.replacing(with: x * Vector(repeating: 0x1p23), where: isSmall)
  let rootOfHalf = SIMD8<Int32>(repeating: 0x3f35_04f3)
  let bits = unsafeBitCast(scaled, to: SIMD8<Int32>.self)
  let e = (bits &- rootOfHalf) &>> SIMD8(repeating: 23)
  let mantissa = unsafeBitCast(bits &- (e &<< SIMD8(repeating: 23)), to: Vector.self)
  var exponent = platform_from_integers(e)
  exponent.replace(with: exponent - 23, where: isSmall)
  let r = mantissa - 1
  let square = r * r
  let p = Vector(repeating: 0.067466483).times(r, plus: -0.11675655).times(r, plus: 0.118881606).times(
    r, plus: -0.124055885
  ).times(r, plus: 0.14219552).times(r, plus: -0.16667996).times(r, plus: 0.20002119).times(r, plus: -0.25000009).times(
    r, plus: 0.33333313)
  // ln 2 in two parts, the first with so few bits that its product with an exponent is exact.
  var y = multiplyAdd(exponent, Vector(repeating: -2.121_944_4e-4), p * square * r)
  y = multiplyAdd(square, Vector(repeating: -0.5), y)
  var result = multiplyAdd(exponent, Vector(repeating: 0.693_359_375), r + y)
  result.replace(with: -.infinity, where: x .== Vector(repeating: 0))
  result.replace(with: x, where: .!(x .< Vector(repeating: .infinity)))
  result.replace(with: .nan, where: x .< Vector(repeating: 0))
  return result
}

/// `log(1 + exp(x))` of each lane, without overflow and with full relative precision far below 0.
@inline(__always)
func softplus(_ x: Vector) -> Vector {
  let u = exponentialOfDifference(x.magnitude.negated)
  let w = 1 + u
  // What rounding lost in `1 + u` is given back to first order.
  return larger(Vector(repeating: 0), x) + logarithm(w) + (u - (w - 1)) / w
}
