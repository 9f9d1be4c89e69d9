/// A kind of node: its shape rule, its meaning and its gradient.
///
/// An operation is a value: its properties are what is fixed when a graph is traced (axes, scales), its operands what
/// flows through it. Two equal operations on the same operands give the same result, also where random numbers are
/// involved, because these are a function of a key operand.
public protocol Operation: Sendable, Hashable {
  /// The name in messages, profiles and tables: `matmul`.
  static var name: String { get }

  /// The types of the results for operands of these types.
  ///
  /// Throws: `ShapeError` when the operands do not fit, saying in words what would.
  func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType]

  /// The results, computed plainly in double precision: the meaning against which backends are tested.
  func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor]

  /// The cotangent of each operand, or nil where none flows, written in other operations.
  func gradient(_ node: Differentiation) -> [Tensor?]

  /// The same results computed by simpler operations, or nil for an operation of the small basis.
  ///
  /// A backend that has no kernel for a composite operation runs its decomposition.
  func decomposition(_ operands: [Tensor]) -> [Tensor]?

  /// Uses of the operation that cover its variants: shapes of one element, odd sizes, each option.
  static var samples: [Sample] { get }
}

extension Operation {
  /// Basis operations have no decomposition.
  public func decomposition(_ operands: [Tensor]) -> [Tensor]? { nil }

  /// A composite operation means what its decomposition means.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    referenceByDecomposition(operands)
  }

  /// An operation through which no gradient flows.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    [Tensor?](repeating: nil, count: node.operands.count)
  }
}

/// Why operands do not fit an operation, in words.
public struct ShapeError: Error, Sendable {
  /// What would fit, and what was found.
  public var message: String

  /// An error that says `message`.
  public init(_ message: String) { self.message = message }
}

/// Throws a shape error with `message` unless `condition` holds.
func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(ShapeError) {
  if !condition { throw ShapeError(message()) }
}

/// What an operation's gradient rule is given: the traced operands and results of a node, and what flows back.
public struct Differentiation {
  /// The values that the node read.
  public let operands: [Tensor]
  /// The values that the node produced.
  public let results: [Tensor]
  /// The gradient of the loss by each result, or nil where none flows.
  public let cotangents: [Tensor?]
}

/// An operand of a sample: a type and how to choose its values.
public struct SampleOperand: Sendable {
  /// How the elements of a sample operand are chosen.
  public enum Values: Sendable {
    /// Normally distributed numbers.
    case normal
    /// Numbers between 0.5 and 2, for functions with a limited domain.
    case positive
    /// Whole numbers from 0 up to, and without, the bound.
    case index(below: Int)
    /// These very values.
    case exactly([Double])
  }

  /// The operand's type.
  public var type: TensorType
  /// How its elements are chosen.
  public var values: Values

  /// An operand of 32-bit numbers.
  public static func normal(_ shape: Int...) -> SampleOperand {
    SampleOperand(type: TensorType(shape), values: .normal)
  }
  /// An operand of numbers between 0.5 and 2.
  public static func positive(_ shape: Int...) -> SampleOperand {
    SampleOperand(type: TensorType(shape), values: .positive)
  }
  /// An operand of 32-bit indices.
  public static func index(_ shape: Int..., below bound: Int) -> SampleOperand {
    SampleOperand(type: TensorType(shape, .i32), values: .index(below: bound))
  }
  /// An operand of given values.
  public static func exactly(_ values: [Double], _ shape: [Int], _ scalar: ScalarType = .f32) -> SampleOperand {
    SampleOperand(type: TensorType(shape, scalar), values: .exactly(values))
  }
  /// An operand of truth values.
  public static func bools(_ shape: Int...) -> SampleOperand {
    SampleOperand(type: TensorType(shape, .bool), values: .index(below: 2))
  }
}

/// One use of an operation, for the suite that runs all operations on all backends.
public struct Sample: Sendable {
  /// The operation with its properties.
  public var operation: any Operation
  /// What it is applied to.
  public var operands: [SampleOperand]
  /// Whether the gradient is compared with differences: not where the function jumps.
  public var isSmooth: Bool

  /// A sample of `operation`.
  public init(_ operation: any Operation, _ operands: [SampleOperand], isSmooth: Bool = true) {
    self.operation = operation
    self.operands = operands
    self.isSmooth = isSmooth
  }
}
