/// The error function below 1 in magnitude: `x + x P(x^2)`, `P` of degree 6 with the least largest relative error
/// (1.2e-9).
@inline(__always)
private func errorFunctionNearZero(_ x: Vector) -> Vector {
  let square = x * x
  let p = Vector(repeating: 7.889123e-05).times(square, plus: -0.00080208422).times(square, plus: 0.0051895357).times(
    square, plus: -0.026854444
  ).times(square, plus: 0.112836).times(square, plus: -0.37612626).times(square, plus: 0.12837917)
  return multiplyAdd(x, p, x)
}

/// `1 - erf(t)` for t from 1 up: `exp(Q((t - 5) / 4) - t^2)`, `Q` of degree 11 with an error of at most 1e-7 below 3
/// and 1e-6 below 10.2, where the result is 0 in single precision.
@inline(__always)
private func complementaryErrorFunction(_ t: Vector) -> Vector {
  let bounded = smaller(Vector(repeating: 10.2), t)
  let place = (bounded - 5) * 0.25
  // Pairs, then pairs of pairs: Horner's chain of eleven steps would take most of the time.
  let square = place * place
  let fourth = square * square
  let low = multiplyAdd(
    Vector(repeating: -0.13768522).times(place, plus: 0.28696415), square,
    Vector(repeating: -0.7708054).times(place, plus: -2.2008903))
  let middle = multiplyAdd(
    Vector(repeating: -0.010647678).times(place, plus: 0.022029668), square,
    Vector(repeating: -0.03934236).times(place, plus: 0.0717885))
  let high = multiplyAdd(
    Vector(repeating: -0.00071458204).times(place, plus: 0.0026705526), square,
    Vector(repeating: -0.0038365803).times(place, plus: 0.00479998))
  let q = multiplyAdd(multiplyAdd(high, fourth, middle), fourth, low)
  return exponential(multiplyAdd(bounded.negated, bounded, q))
}

/// The error function of each lane.
@inline(__always)
func errorFunction(_ x: Vector) -> Vector {
  let magnitude = x.magnitude
  let far = (1 - complementaryErrorFunction(magnitude)).withSign(of: x)
  return far.replacing(with: errorFunctionNearZero(x), where: .!(magnitude .>= Vector(repeating: 1)))
}

/// The distribution function of the standard normal distribution, with full relative precision also far below 0.
@inline(__always)
private func normalDistribution(_ x: Vector) -> Vector {
  let scaled = x * Vector(repeating: 0.707_106_78)
  let magnitude = scaled.magnitude
  let tail = 0.5 * complementaryErrorFunction(magnitude)
  let far = tail.replacing(with: 1 - tail, where: x .> Vector(repeating: 0))
  let near = multiplyAdd(errorFunctionNearZero(scaled), Vector(repeating: 0.5), Vector(repeating: 0.5))
  return far.replacing(with: near, where: .!(magnitude .>= Vector(repeating: 1)))
}

/// GELU by the error function: `x Φ(x)`.
@inline(__always)
func geluExact(_ x: Vector) -> Vector {
  // The bound keeps -infinity from meeting 0.
  larger(Vector(repeating: -1e4), x) * normalDistribution(x)
}

/// The derivative of `geluExact`: `Φ(x) + x φ(x)`.
@inline(__always)
func geluExactDerivative(_ x: Vector) -> Vector {
  let bounded = clamped(x, 1e4)
  let density = 0.398_942_28 * exponential(bounded * bounded * -0.5)
  return multiplyAdd(bounded, density, normalDistribution(x))
}

/// GELU by the hyperbolic tangent: `x (1 + tanh(√(2/π) (x + 0.044715 x^3))) / 2`, which is `x logistic(2 ...)`.
@inline(__always)
func geluTanh(_ x: Vector) -> Vector {
  let inner = x * multiplyAdd(x * x, Vector(repeating: 0.071_354_814), Vector(repeating: 1.595_769_1))
  return larger(Vector(repeating: -1e4), x) * logistic(inner)
}

/// The derivative of `geluTanh`.
@inline(__always)
func geluTanhDerivative(_ x: Vector) -> Vector {
  let bounded = clamped(x, 1e4)
  let square = bounded * bounded
  let inner = bounded * multiplyAdd(square, Vector(repeating: 0.071_354_814), Vector(repeating: 1.595_769_1))
  let slope = multiplyAdd(square, Vector(repeating: 0.214_064_44), Vector(repeating: 1.595_769_1))
  let (value, derivative) = logisticWithDerivative(inner)
  return multiplyAdd(bounded * slope, derivative, value)
}
