import TensorGraph

/// A chain of elementwise operations over [rows, columns], built value by value and run as one pass over memory.
///
/// Arithmetic is in single precision; integers are exact up to 2^24.
/// An output may be the very memory of an input that has the same type and strides; other overlaps are not allowed.
package struct ElementwiseProgram {
  /// A number per element: an input, a constant or the result of an instruction.
  package struct Value: Hashable, Sendable { let index: Int }

  /// Where the element at (row, column) of an input lies:
  /// `(row / rowDivisor % rowModulus) * rowStride + column * columnStride`, in elements.
  package struct Access: Hashable, Sendable {
    package var rowStride: Int
    /// 1, or 0 for a value that holds for the whole row.
    package var columnStride: Int
    /// How many consecutive rows share a row of the input.
    package var rowDivisor = 1
    /// After how many rows the input repeats; 0 for never.
    package var rowModulus = 0

    /// One value for each element.
    package static func full(rowStride: Int) -> Access { Access(rowStride: rowStride, columnStride: 1) }
    /// One value for each column: a bias.
    package static var perColumn: Access { Access(rowStride: 0, columnStride: 1) }
    /// One value for each row.
    package static var perRow: Access { Access(rowStride: 1, columnStride: 0) }
    /// One value for all.
    package static var scalar: Access { Access(rowStride: 0, columnStride: 0) }
    /// One row of values for each of `period` rows, then again from the first: a position embedding.
    package static func repeating(rowStride: Int, period: Int) -> Access {
      Access(rowStride: rowStride, columnStride: 1, rowModulus: period)
    }
    /// One row of values for each group of `count` rows: what one sequence of a batch shares.
    package static func shared(rowStride: Int, byRows count: Int) -> Access {
      Access(rowStride: rowStride, columnStride: 1, rowDivisor: count)
    }
  }

  /// Functions of one value.
  package enum Unary: UInt8, Sendable, CaseIterable {
    case negate, absolute, sign, exponential, logarithm, squareRoot, reciprocalSquareRoot, reciprocal
    case hyperbolicTangent, logistic, errorFunction, sine, cosine, square, floor, ceiling, round, truncate
    case geluTanh, geluTanhDerivative, geluExact, geluExactDerivative, silu, siluDerivative, relu, reluDerivative,
      softplus
    case isNaN, isFinite, not, roundToHalf, roundToBrain
  }

  /// Functions of two values; comparisons and logic give 0 or 1.
  package enum Binary: UInt8, Sendable, CaseIterable {
    case add, subtract, multiply, divide, maximum, minimum, power
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, and, or
  }

  enum Instruction {
    case unary(Unary, Value)
    case binary(Binary, Value, Value)
    case select(Value, Value, Value)
    case dropout(Value, rate: Float, key: UnsafePointer<UInt32>, stream: UInt32)
  }

  enum Source {
    case input(UnsafeRawPointer, ScalarType, Access)
    case constant(Float)
    case instruction(Instruction)
  }

  struct Output {
    let value: Value
    let pointer: UnsafeMutableRawPointer
    let storage: ScalarType
    let rowStride: Int
  }

  package let rows: Int
  package let columns: Int
  private(set) var sources: [Source] = []
  private(set) var outputs: [Output] = []

  /// A program without instructions over [rows, columns].
  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  private mutating func append(_ source: Source) -> Value {
    sources.append(source)
    return Value(index: sources.count - 1)
  }

  /// Numbers in memory; `bool` is a byte of 0 or 1.
  package mutating func input(_ pointer: UnsafeRawPointer, _ access: Access, storage: ScalarType = .f32) -> Value {
    append(.input(pointer, storage, access))
  }

  /// The same number everywhere.
  package mutating func constant(_ number: Float) -> Value { append(.constant(number)) }

  /// Whether a value is the constant 1.
  func isOne(_ value: Value) -> Bool {
    if case .constant(1) = sources[value.index] { true } else { false }
  }

  /// A function of a value.
  package mutating func unary(_ function: Unary, _ value: Value) -> Value {
    append(.instruction(.unary(function, value)))
  }

  /// A function of two values.
  package mutating func binary(_ function: Binary, _ left: Value, _ right: Value) -> Value {
    append(.instruction(.binary(function, left, right)))
  }

  /// `then` where `condition` is not 0, `otherwise` elsewhere.
  package mutating func select(_ condition: Value, _ then: Value, _ otherwise: Value) -> Value {
    append(.instruction(.select(condition, then, otherwise)))
  }

  /// The value divided by `1 - rate`, or 0 with probability `rate`.
  ///
  /// The element with flat index i (`row * columns + column`) stays where `RandomKey.unit` of word `i % 4` of block
  /// `i / 4` is at least `rate`; the key's two words are read from `key` when the program runs.
  package mutating func dropout(
    _ value: Value, rate: Float, key: UnsafePointer<UInt32>, stream: UInt32 = 0
  ) -> Value {
    append(.instruction(.dropout(value, rate: rate, key: key, stream: stream)))
  }

  /// Writes a value to memory: rounded to the nearest for f16 and bf16, towards 0 for integers, as not-0 for bool.
  package mutating func store(
    _ value: Value, to pointer: UnsafeMutableRawPointer, rowStride: Int, storage: ScalarType = .f32
  ) {
    outputs.append(Output(value: value, pointer: pointer, storage: storage, rowStride: rowStride))
  }
}
