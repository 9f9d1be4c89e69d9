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

/// `1 - erf(t)` for t from 0 up, and `exp(-t^2)`.
///
/// With `y = 1 / (1 + 0.4 t)` it is `exp(-t^2) y P(y)`, `P` of degree 8 with the least largest relative error (6.3e-8)
/// up to 10.2, where the result is 0 in single precision.
@inline(__always)
private func complementaryErrorFunction(_ t: Vector) -> (value: Vector, exponential: Vector) {
  let y = 1 / multiplyAdd(t, Vector(repeating: 0.4), Vector(repeating: 1))
  // Pairs, then pairs of pairs: Horner's chain of eight steps would take most of the time.
  let square = y * y
  let fourth = square * square
  let low = multiplyAdd(
    Vector(repeating: 0.19212864).times(y, plus: 0.20221372), square,
    Vector(repeating: 0.22639705).times(y, plus: 0.22563696))
  let high = multiplyAdd(
    Vector(repeating: -0.14208025).times(y, plus: 0.08765417), square,
    Vector(repeating: 0.08373617).times(y, plus: 0.08270104))
  let top = multiplyAdd(fourth, Vector(repeating: 0.04161256), high)
  let e = exponentialOfDifference(t.negated * t)
  return (multiplyAdd(top, fourth, low) * y * e, e)
}

/// The error function of each lane.
@inline(__always)
func errorFunction(_ x: Vector) -> Vector {
  let magnitude = x.magnitude
  let far = (1 - complementaryErrorFunction(magnitude).value).withSign(of: x)
  return far.replacing(with: errorFunctionNearZero(x), where: .!(magnitude .>= Vector(repeating: 1)))
}

/// The distribution function of the standard normal distribution, with full relative precision also far below 0, and
/// its derivative.
@inline(__always)
private func normalDistribution(_ x: Vector) -> (value: Vector, density: Vector) {
  let (complement, e) = complementaryErrorFunction((x * Vector(repeating: 0.707_106_78)).magnitude)
  let tail = 0.5 * complement
  return (tail.replacing(with: 1 - tail, where: x .> Vector(repeating: 0)), 0.398_942_28 * e)
}

/// GELU by the error function: `x Φ(x)`.
@inline(__always)
func geluExact(_ x: Vector) -> Vector {
  // The bound keeps -infinity from meeting 0.
  larger(Vector(repeating: -1e4), x) * normalDistribution(x).value
}

/// The derivative of `geluExact`: `Φ(x) + x φ(x)`.
@inline(__always)
func geluExactDerivative(_ x: Vector) -> Vector {
  let (value, density) = normalDistribution(x)
  return multiplyAdd(clamped(x, 1e4), density, value)
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
