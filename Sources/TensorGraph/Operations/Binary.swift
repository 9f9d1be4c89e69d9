#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A function applied to the elements of two tensors of one shape.
public struct Binary: Operation {
  /// The name in messages and profiles.
  public static let name = "binary"
  /// The function.
  public let function: BinaryFunction

  package init(function: BinaryFunction) { self.function = function }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 2 && operands[0] == operands[1], "\(function.rawValue) needs two equal types")
    try require(operands[0].scalar == .f32 || operands[0].scalar == .i32, "\(function.rawValue) works on f32 and i32")
    try require(
      operands[0].scalar == .f32 || function != .power, "\(function.rawValue) works on f32")
    return [operands[0]]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    let (a, b) = (operands[0].values, operands[1].values)
    let truncates = results[0].scalar == .i32 && function == .divide
    return [
      ReferenceTensor(results[0]) {
        let value = function.value(a[$0], b[$0])
        return truncates ? value.rounded(.towardZero) : value
      }
    ]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    guard let dy = node.cotangents[0], dy.type.scalar == .f32 else { return [nil, nil] }
    let (a, b, y) = (node.operands[0], node.operands[1], node.results[0])
    switch function {
    case .add: return [dy, dy]
    case .subtract: return [dy, -dy]
    case .multiply: return [dy * b, dy * a]
    case .divide: return [dy / b, -(dy * y / b)]
    // Where both are equal, the whole cotangent goes to the first.
    case .maximum: return [a.compare(.less, b).select(0, dy), a.compare(.less, b).select(dy, 0)]
    case .minimum: return [b.compare(.less, a).select(0, dy), b.compare(.less, a).select(dy, 0)]
    case .power: return [dy * b * a.binary(.power, b - 1), dy * y * a.unary(.logarithm)]
    }
  }

  /// Uses that cover every variant.
  public static let samples =
    BinaryFunction.allCases.flatMap { function in
      [[], [7], [2, 3, 11]].map { shape in
        Sample(
          Binary(function: function),
          [
            SampleOperand(type: TensorType(shape), values: function == .power ? .positive : .normal),
            SampleOperand(type: TensorType(shape), values: function == .divide ? .positive : .normal),
          ])
      }
    } + [
      Sample(Binary(function: .add), [.index(9, below: 100), .index(9, below: 100)]),
      Sample(Binary(function: .multiply), [.index(9, below: 100), .index(9, below: 100)]),
      Sample(Binary(function: .subtract), [.index(9, below: 100), .index(9, below: 100)]),
    ]
}

/// The functions of two numbers.
public enum BinaryFunction: String, Sendable, Hashable, CaseIterable {
  case add, subtract, multiply, divide, maximum, minimum, power

  /// The function's value.
  public func value(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .maximum: max(a, b)
    case .minimum: min(a, b)
    case .power: pow(a, b)
    }
  }
}

extension Tensor {
  /// Applies a function of two numbers, broadcasting both operands to one shape.
  public func binary(_ function: BinaryFunction, _ other: Tensor) -> Tensor {
    let (a, b) = broadcastTogether(self, other)
    return trace.apply(Binary(function: function), [a, b])[0]
  }

  private func binary(_ function: BinaryFunction, _ number: Double) -> Tensor {
    binary(function, trace.constant(number, shape: shape, type.scalar))
  }

  /// The sum, broadcasting.
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.binary(.add, b) }
  /// The difference, broadcasting.
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.binary(.subtract, b) }
  /// The product of elements, broadcasting.
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.binary(.multiply, b) }
  /// The quotient, broadcasting.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.binary(.divide, b) }
  /// Adds a number to every element.
  public static func + (a: Tensor, b: Double) -> Tensor { a.binary(.add, b) }
  /// Subtracts a number from every element.
  public static func - (a: Tensor, b: Double) -> Tensor { a.binary(.subtract, b) }
  /// Multiplies every element by a number.
  public static func * (a: Tensor, b: Double) -> Tensor { a.binary(.multiply, b) }
  /// Divides every element by a number.
  public static func / (a: Tensor, b: Double) -> Tensor { a.binary(.divide, b) }
  /// Subtracts every element from a number.
  public static func - (a: Double, b: Tensor) -> Tensor { b.trace.constant(a, shape: b.shape, b.type.scalar) - b }
  /// The larger of each element and a number.
  public func maximum(_ number: Double) -> Tensor { binary(.maximum, number) }
  /// The smaller of each element and a number.
  public func minimum(_ number: Double) -> Tensor { binary(.minimum, number) }
}
