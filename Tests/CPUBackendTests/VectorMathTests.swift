import CPUBackend
import Glibc
import Testing

@Suite struct VectorMathTests {
  typealias Unary = ElementwiseProgram.Unary

  /// A function's values at `inputs`, through the kernel that runs it.
  static func values(_ function: Unary, _ inputs: [Float]) -> [Float] {
    let input = Memory(inputs)
    let output = Memory<Float>(repeating: 0, count: inputs.count)
    var program = ElementwiseProgram(rows: 1, columns: inputs.count)
    let x = program.input(input.pointer, .full(rowStride: inputs.count))
    program.store(program.unary(function, x), to: output.pointer, rowStride: inputs.count)
    run(ElementwiseKernel(program).launches())
    return output.array
  }

  static func normalDistribution(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
  static func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
  static func geluTanh(_ x: Double) -> Double {
    let inner = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
    return x / (1 + exp(-2 * inner))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let function: Unary
    let range: ClosedRange<Float>
    /// The relative error allowed, and below what magnitude of the result an absolute one counts instead.
    let tolerance: Double
    let floor: Double
    let exact: @Sendable (Double) -> Double
    var testDescription: String { "\(function)" }
  }

  static let cases: [Case] = [
    Case(function: .exponential, range: -87...88.7, tolerance: 2e-7, floor: 0) { exp($0) },
    Case(function: .logarithm, range: 1e-3...1e3, tolerance: 2e-7, floor: 1e-6) { log($0) },
    Case(function: .logarithm, range: 1e30...3e38, tolerance: 2e-7, floor: 0) { log($0) },
    Case(function: .logarithm, range: 0x1p-140...0x1p-123, tolerance: 2e-7, floor: 0) { log($0) },
    Case(function: .squareRoot, range: 0...1e30, tolerance: 6e-8, floor: 0) { $0.squareRoot() },
    Case(function: .reciprocalSquareRoot, range: 1e-3...1e3, tolerance: 2e-7, floor: 0) { 1 / $0.squareRoot() },
    Case(function: .hyperbolicTangent, range: -12...12, tolerance: 3e-7, floor: 0) { tanh($0) },
    Case(function: .logistic, range: -80...80, tolerance: 3e-7, floor: 0) { 1 / (1 + exp(-$0)) },
    Case(function: .errorFunction, range: -5...5, tolerance: 3e-7, floor: 0) { erf($0) },
    Case(function: .sine, range: -50...50, tolerance: 3e-7, floor: 1) { sin($0) },
    Case(function: .cosine, range: -9000...9000, tolerance: 3e-7, floor: 1) { cos($0) },
    Case(function: .sine, range: -1e9...1e9, tolerance: 1e-7, floor: 1) { sin($0) },
    Case(function: .geluTanh, range: -3...20, tolerance: 4e-6, floor: 1e-2, exact: geluTanh),
    Case(function: .geluTanh, range: -30...30, tolerance: 4e-7, floor: 1, exact: geluTanh),
    Case(function: .geluTanhDerivative, range: -30...30, tolerance: 5e-7, floor: 1) { x in
      (geluTanh(x + 1e-5) - geluTanh(x - 1e-5)) / 2e-5
    },
    Case(function: .geluExact, range: -5...20, tolerance: 4e-6, floor: 0) { $0 * normalDistribution($0) },
    Case(function: .geluExact, range: -2...30, tolerance: 6e-7, floor: 1e-2) { $0 * normalDistribution($0) },
    Case(function: .geluExactDerivative, range: -30...30, tolerance: 5e-7, floor: 1) {
      normalDistribution($0) + $0 * density($0)
    },
    Case(function: .silu, range: -80...80, tolerance: 4e-7, floor: 0) { $0 / (1 + exp(-$0)) },
    Case(function: .siluDerivative, range: -80...80, tolerance: 4e-7, floor: 1) { x in
      let s = 1 / (1 + exp(-x))
      return s + x * s * (1 - s)
    },
    Case(function: .softplus, range: -80...80, tolerance: 4e-7, floor: 0) { log1p(exp($0)) },
  ]

  @Test(arguments: cases) func agreesWithDoublePrecision(_ test: Case) {
    let count = 200_001
    let low = Double(test.range.lowerBound)
    let high = Double(test.range.upperBound)
    let inputs = (0..<count).map { Float(low + (high - low) * Double($0) / Double(count - 1)) }
    var worst = (error: 0.0, x: Float(0))
    for (x, y) in zip(inputs, Self.values(test.function, inputs)) {
      let exact = test.exact(Double(x))
      let scale = max(abs(exact), test.floor)
      let error = exact == Double(y) ? 0 : abs(Double(y) - exact) / scale
      if !(error <= worst.error) { worst = (error, x) }
    }
    #expect(worst.error <= test.tolerance, "at \(worst.x)")
  }

  @Test func extremesHaveTheirLimits() {
    let inf = Float.infinity
    func at(_ function: Unary, _ x: Float) -> Float { Self.values(function, [x])[0] }
    #expect(at(.logarithm, 0) == -inf)
    #expect(at(.logarithm, inf) == inf)
    #expect(at(.logarithm, -1).isNaN)
    #expect(at(.squareRoot, -1).isNaN)
    #expect(at(.hyperbolicTangent, inf) == 1)
    #expect(at(.hyperbolicTangent, -inf) == -1)
    #expect(at(.hyperbolicTangent, 0x1p-133) == 0x1p-133)
    #expect(at(.logistic, -inf) == 0)
    #expect(at(.logistic, inf) == 1)
    #expect(at(.errorFunction, -inf) == -1)
    #expect(at(.errorFunction, inf) == 1)
    #expect(at(.geluTanh, -inf) == 0)
    #expect(at(.geluTanh, inf) == inf)
    #expect(at(.geluExact, -inf) == 0)
    #expect(at(.geluExact, inf) == inf)
    #expect(at(.silu, -inf) == 0)
    #expect(at(.silu, inf) == inf)
    for derivative in [Unary.geluTanhDerivative, .geluExactDerivative, .siluDerivative] {
      #expect(at(derivative, -inf) == 0)
      #expect(at(derivative, inf) == 1)
      #expect(at(derivative, -1e30) == 0)
    }
    #expect(at(.softplus, inf) == inf)
    #expect(at(.softplus, -inf) == 0)
    #expect(at(.sine, inf).isNaN)
    #expect(at(.relu, -3) == 0)
    #expect(at(.sign, -0.0) == 0)
    #expect(at(.sign, -0x1p-133) == -1)
  }

  @Test func notANumberStaysNotANumber() {
    for function in Unary.allCases where ![.isNaN, .isFinite, .not, .reluDerivative].contains(function) {
      #expect(Self.values(function, [.nan])[0].isNaN, "\(function)")
    }
    #expect(Self.values(.isNaN, [.nan, 1, .infinity]) == [1, 0, 0])
    #expect(Self.values(.isFinite, [.nan, 1, .infinity, -.infinity]) == [0, 1, 0, 0])
  }
}
