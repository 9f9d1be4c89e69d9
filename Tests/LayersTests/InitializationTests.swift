import Core
import Layers
import TensorGraph
import Testing

@Suite struct InitializationTests {
  static let count = 400_000

  func moments(_ values: [Float]) -> (mean: Double, deviation: Double, kurtosis: Double) {
    let n = Double(values.count)
    let mean = values.reduce(0.0) { $0 + Double($1) } / n
    let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n
    let fourth = values.reduce(0.0) { sum, x in
      let d = Double(x) - mean
      return sum + d * d * d * d
    }
    return (mean, variance.squareRoot(), fourth / n / (variance * variance))
  }

  @Test func normalValuesHaveTheirMoments() {
    let values = Initialization.normal(0.02).values(count: Self.count, key: RandomKey(seed: 1))
    let m = moments(values)
    // Five standard errors of each moment.
    #expect(abs(m.mean) < 5 * 0.02 / Double(Self.count).squareRoot())
    #expect(abs(m.deviation / 0.02 - 1) < 5 / (2 * Double(Self.count)).squareRoot())
    #expect(abs(m.kurtosis - 3) < 5 * (24 / Double(Self.count)).squareRoot())
    let neighbours = zip(values, values.dropFirst()).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(neighbours / Double(Self.count) / (0.02 * 0.02)) < 5 / Double(Self.count).squareRoot())
  }

  @Test func truncatedNormalValuesStayWithinTwoDeviations() {
    let values = Initialization.truncatedNormal(0.5).values(count: Self.count, key: RandomKey(seed: 2))
    #expect(values.allSatisfy { abs($0) <= 1 })
    #expect(values.contains { $0 > 0.98 } && values.contains { $0 < -0.98 })
    // The deviation of a normal distribution cut at two of its deviations is 0.8796 of it.
    #expect(abs(moments(values).deviation / 0.5 - 0.8796) < 0.005)
    #expect(abs(moments(values).mean) < 0.003)
  }

  @Test func uniformValuesFillTheirInterval() {
    let values = Initialization.uniform(3).values(count: Self.count, key: RandomKey(seed: 3))
    #expect(values.allSatisfy { $0 >= -3 && $0 < 3 })
    #expect(values.contains { $0 > 2.99 } && values.contains { $0 < -2.99 })
    #expect(abs(moments(values).deviation - 3 / 3.0.squareRoot()) < 0.01)
  }

  @Test func constantsAreConstant() {
    #expect(Initialization.zeros.values(count: 3, key: RandomKey(seed: 0)) == [0, 0, 0])
    #expect(Initialization.ones.values(count: 2, key: RandomKey(seed: 0)) == [1, 1])
    #expect(Initialization.normal(1).values(count: 0, key: RandomKey(seed: 0)).isEmpty)
  }

  @Test func scalesByFanFollowTheirFormulas() {
    #expect(Initialization.kaimingNormal(fanIn: 50) == .normal(0.2))
    #expect(Initialization.kaimingUniform(fanIn: 24) == .uniform(0.5))
    #expect(Initialization.xavierNormal(fanIn: 30, fanOut: 20) == .normal(0.2))
    #expect(Initialization.xavierUniform(fanIn: 4, fanOut: 20) == .uniform(0.5))
  }

  @Test(arguments: [Initialization.normal(1), .truncatedNormal(1), .uniform(1)])
  func anElementDependsOnKeyAndIndexAlone(_ initialization: Initialization) {
    let long = initialization.values(count: 1003, key: RandomKey(seed: 9))
    for count in [1, 2, 3, 4, 5, 517] {
      #expect(initialization.values(count: count, key: RandomKey(seed: 9)) == Array(long.prefix(count)))
    }
    #expect(initialization.values(count: 1003, key: RandomKey(seed: 10)) != long)
  }

  @Test func parametersDependOnTheirNamesNotOnTheirOrder() throws {
    let specifications = ["a.weight", "b.weight", "c.weight"].map {
      ParameterSpecification(
        name: $0, type: TensorType([3, 5]), initialization: .normal(1), decays: true, role: .matrix(.outputInput))
    }
    let backend = ReferenceBackend()
    let forwards = try backend.makeParameters(specifications, key: RandomKey(seed: 4))
    let backwards = try backend.makeParameters(specifications.reversed(), key: RandomKey(seed: 4))
    for specification in specifications {
      #expect(
        forwards[specification.name]?.read(as: Float.self) == backwards[specification.name]?.read(as: Float.self))
    }
    #expect(forwards["a.weight"]?.read(as: Float.self) != forwards["b.weight"]?.read(as: Float.self))
  }
}
