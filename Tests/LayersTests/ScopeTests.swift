import Core
import Layers
import TensorGraph
import TestSupport
import Testing

@Suite struct ScopeTests {
  @Test func parametersHaveTheirPathsAsNames() throws {
    let trace = Trace()
    let scope = Scope(trace)
    _ = scope["transformer"]["h"][3]["attn"].parameter("weight", [4, 2], .normal(0.1))
    _ = scope.parameter("scale", [4], .ones)
    #expect(scope.parameters.map(\.name) == ["transformer.h.3.attn.weight", "scale"])
    #expect(scope.parameters.map(\.decays) == [true, false])
    #expect(scope.parameters.map(\.role) == [.matrix(.outputInput), .vector])
    #expect(scope.parameters.elementCount == 12)
    #expect(try trace.finish().states.map(\.name) == ["transformer.h.3.attn.weight", "scale"])
  }

  @Test func aParameterDeclaredTwiceIsOne() throws {
    let trace = Trace()
    let scope = Scope(trace)
    let first = scope["a"].parameter("weight", [2], .ones)
    let second = scope["a"].parameter("weight", [2], .ones)
    #expect(first.id == second.id)
    #expect(scope.parameters.count == 1)
    #expect(trace.error == nil)
    _ = scope["a"].parameter("weight", [2], .zeros)
    #expect(trace.error?.message == "the parameter 'a.weight' is declared twice, in different ways")
  }

  @Test func dropoutIsForTrainingAndDrawsAnewEachTime() throws {
    let trace = Trace()
    let x = trace.input("x", TensorType([8]))
    #expect(Scope(trace).dropout(x, 0.5).id == x.id)
    let key = trace.input("key", TensorType([2], .i32))
    let scope = Scope(trace, dropoutKey: key)
    #expect(scope.isTraining)
    #expect(scope["a"].dropout(x, 0).id == x.id)
    trace.output("first", scope["a"].dropout(x, 0.5))
    trace.output("second", scope["b"].dropout(x, 0.5))
    let program = try trace.finish()
    let results = try interpret(
      program,
      inputs: [
        "x": ReferenceTensor(TensorType([8])) { Double($0 + 1) },
        "key": ReferenceTensor(TensorType([2], .i32), [7, 8]),
      ]
    ).outputs
    #expect(results["first"]?.values != results["second"]?.values)
    for (name, tensor) in results {
      let isScaled = tensor.values.enumerated().allSatisfy { $1 == 0 || $1 == 2 * Double($0 + 1) }
      #expect(isScaled, "\(name)")
    }
  }

  @Test(arguments: TestBackend.all) func linearLayersOfBothLayoutsAgree(_ backend: TestBackend) throws {
    let program = try Trace.program { trace in
      let scope = Scope(trace)
      let x = trace.input("x", TensorType([2, 3, 5]))
      trace.output("a", Linear(5, 4, .normal(1), scope["a"])(x))
      trace.output("b", Linear(5, 4, layout: .inputOutput, .normal(1), scope["b"])(x))
      trace.output("c", Linear(5, 4, hasBias: false, .normal(1), scope["a"])(x))
    }
    var states: [String: any Buffer] = [:]
    let weight = (0..<20).map { Float($0 * $0 % 7) - 2 }
    for slot in program.states {
      let buffer = try backend.backend.makeBuffer(program.graph.type(slot.value))
      switch slot.name {
      case "a.weight": buffer.write(weight)
      case "b.weight": buffer.write((0..<20).map { weight[$0 % 4 * 5 + $0 / 4] })
      default: buffer.write([1, 2, 3, 4] as [Float])
      }
      states[slot.name] = buffer
    }
    let executable = try backend.backend.compile(program.optimized(), states: states)
    let x = (0..<30).map { Float($0 % 11) / 3 }
    executable.input("x")?.write(x)
    try executable.run()
    let a = try #require(executable.output("a")?.read(as: Float.self))
    let b = try #require(executable.output("b")?.read(as: Float.self))
    let c = try #require(executable.output("c")?.read(as: Float.self))
    var (product, expected): ([Float], [Float]) = ([], [])
    for row in 0..<6 {
      for column in 0..<4 {
        var sum: Float = 0
        for i in 0..<5 { sum += x[row * 5 + i] * weight[column * 5 + i] }
        product.append(sum)
        expected.append(sum + Float(column + 1))
      }
    }
    #expect(relativeDifference(a, expected) < 1e-6)
    #expect(relativeDifference(b, expected) < 1e-6)
    #expect(relativeDifference(c, product) < 1e-6)
  }
}
