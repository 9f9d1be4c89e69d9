/// The hyperbolic tangent of each lane.
///
/// Below 0.65 in magnitude `x + x^3 P(x^2)`, `P` of degree 4 with the least largest relative error (6.4e-9); above,
/// `1 - 2 / (exp(2 |x|) + 1)`.
@inline(__always)
func hyperbolicTangent(_ x: Vector) -> Vector {
  let square = x * x
  let p = Vector(repeating: -0.0055286335).times(square, plus: 0.020483317).times(square, plus: -0.053692967).times(
    square, plus: 0.13330899
  ).times(square, plus: -0.33333263)
  let near = multiplyAdd(x * square, p, x)
  let magnitude = x.magnitude
  let far = 1 - 2 / (exponential(magnitude + magnitude) + 1)
  return far.withSign(of: x).replacing(with: near, where: magnitude .< Vector(repeating: 0.65))
    .replacing(with: x, where: x .!= x)
}

/// The logistic function and its derivative, both with full relative precision on either side of 0.
@inline(__always)
func logisticWithDerivative(_ x: Vector) -> (value: Vector, derivative: Vector) {
  let e = exponentialOfDifference(x.magnitude.negated)
  let reciprocal = 1 / (1 + e)
  let tail = e * reciprocal
  return (tail.replacing(with: reciprocal, where: x .>= Vector(repeating: 0)), tail * reciprocal)
}

/// `1 / (1 + exp(-x))` of each lane.
@inline(__always)
func logistic(_ x: Vector) -> Vector { logisticWithDerivative(x).value }

/// Values beyond ±`bound` replaced by it; NaN stays.
@inline(__always)
func clamped(_ x: Vector, _ bound: Float) -> Vector {
  smaller(Vector(repeating: bound), larger(Vector(repeating: -bound), x))
}

/// `x / (1 + exp(-x))` of each lane: SiLU, also called swish.
@inline(__always)
func silu(_ x: Vector) -> Vector {
  // The bound keeps -infinity from meeting 0.
  larger(Vector(repeating: -1e4), x) * logistic(x)
}

/// The derivative of SiLU.
@inline(__always)
func siluDerivative(_ x: Vector) -> Vector {
  let (value, derivative) = logisticWithDerivative(x)
  return multiplyAdd(clamped(x, 1e4), derivative, value)
}
