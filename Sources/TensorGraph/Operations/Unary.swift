import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A function applied to every element.
public struct Unary: Operation {
  /// The name in messages and profiles.
  public static let name = "unary"
  /// The function.
  public let function: UnaryFunction

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1 && operands[0].scalar == .f32, "\(function.rawValue) needs one f32 tensor")
    return [operands[0]]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    [ReferenceTensor(results[0], operands[0].values.map(function.value))]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    [node.cotangents[0].flatMap { function.pullback(node.operands[0], node.results[0], $0) }]
  }

  /// Uses that cover every variant.
  public static let samples = UnaryFunction.allCases.flatMap { function in
    let isSmooth = ![.absolute, .sign, .relu, .floor].contains(function)
    return [[], [7], [3, 5, 9]].map { shape in
      let values: SampleOperand.Values = function.needsPositive ? .positive : .normal
      return Sample(
        Unary(function: function), [SampleOperand(type: TensorType(shape), values: values)], isSmooth: isSmooth)
    }
  }
}

/// The functions of one number.
public enum UnaryFunction: String, Sendable, Hashable, CaseIterable {
  case negate, absolute, sign, floor, exponential, logarithm, squareRoot, reciprocalSquareRoot, reciprocal
  case tanh, logistic, erf, sine, cosine, square
  case relu, silu, geluTanh, geluErf

  /// Whether the function is defined for positive numbers only.
  var needsPositive: Bool { [.logarithm, .squareRoot, .reciprocalSquareRoot, .reciprocal].contains(self) }

  /// The function's value.
  public func value(_ x: Double) -> Double {
    switch self {
    case .negate: -x
    case .absolute: abs(x)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : 0
    case .floor: x.rounded(.down)
    case .exponential: exp(x)
    case .logarithm: log(x)
    case .squareRoot: x.squareRoot()
    case .reciprocalSquareRoot: 1 / x.squareRoot()
    case .reciprocal: 1 / x
    case .tanh: Self.tanhOf(x)
    case .logistic: 1 / (1 + exp(-x))
    case .erf: Self.erfOf(x)
    case .sine: sin(x)
    case .cosine: cos(x)
    case .square: x * x
    case .relu: max(x, 0)
    case .silu: x / (1 + exp(-x))
    case .geluTanh: 0.5 * x * (1 + Self.tanhOf(Self.geluScale * (x + 0.044715 * x * x * x)))
    case .geluErf: 0.5 * x * (1 + Self.erfOf(x * 0.5.squareRoot()))
    }
  }

  /// The derivative of the activations that have an operation of their own for it, nil for the others.
  ///
  /// Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016, for both forms of GELU.
  public func derivative(_ x: Double) -> Double? {
    switch self {
    case .silu:
      let s = 1 / (1 + exp(-x))
      return s * (1 + x * (1 - s))
    case .geluTanh:
      let t = Self.tanhOf(Self.geluScale * (x + 0.044715 * x * x * x))
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Self.geluScale * (1 + 3 * 0.044715 * x * x)
    case .geluErf:
      return 0.5 * (1 + Self.erfOf(x * 0.5.squareRoot())) + x * exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
    case .relu: return x > 0 ? 1 : 0
    default: return nil
    }
  }

  /// The square root of 2 / pi.
  static let geluScale = (2 / Double.pi).squareRoot()

  // The enumeration's own cases hide the C functions of the same names.
  private static func tanhOf(_ x: Double) -> Double { _tanh(x) }
  private static func erfOf(_ x: Double) -> Double { _erf(x) }

  /// The cotangent of `x`, given the result `y` and its cotangent `dy`.
  func pullback(_ x: Tensor, _ y: Tensor, _ dy: Tensor) -> Tensor? {
    switch self {
    case .negate: -dy
    case .absolute: dy * x.unary(.sign)
    case .sign, .floor: nil
    case .exponential: dy * y
    case .logarithm: dy / x
    case .squareRoot: dy * 0.5 / y
    case .reciprocalSquareRoot: dy * -0.5 * y / x
    case .reciprocal: -(dy * y * y)
    case .tanh: dy * (1 - y * y)
    case .logistic: dy * y * (1 - y)
    case .erf: dy * (2 / Double.pi.squareRoot()) * (-x.unary(.square)).unary(.exponential)
    case .sine: dy * x.unary(.cosine)
    case .cosine: -(dy * x.unary(.sine))
    case .square: dy * x * 2
    case .relu, .silu, .geluTanh, .geluErf: x.trace.apply(ActivationGradient(function: self), [x, dy])[0]
    }
  }
}

private func _tanh(_ x: Double) -> Double { tanh(x) }
private func _erf(_ x: Double) -> Double { erf(x) }

extension Tensor {
  /// Applies a function to every element.
  public func unary(_ function: UnaryFunction) -> Tensor { trace.apply(Unary(function: function), [self])[0] }

  /// The number with the opposite sign, for every element.
  public static prefix func - (x: Tensor) -> Tensor { x.unary(.negate) }
}
