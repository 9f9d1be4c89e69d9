import Core
import TensorGraph
import TestSupport
import Testing

@Suite struct RewriteTests {
  /// Each rewrite on random programs: outputs and states stay what they were.
  @Test(arguments: 0..<60) func randomProgramsKeepTheirMeaning(seed: Int) throws {
    let program = try RandomProgram.make(seed: UInt64(seed), operations: 30)
    let (states, inputs) = program.randomValues(seed: 3)
    let expected = try interpret(program, states: states, inputs: inputs)
    let rewrites: [(String, (Program) throws -> Program)] = [
      ("dead code", { $0.removingDeadCode() }), ("simplify", { $0.simplified() }),
      ("common subexpressions", { $0.mergingCommonSubexpressions() }), ("copy inputs", { $0.copyingInputs() }),
      ("expand", { try $0.expanding { !($0 is Input) } }), ("all", { $0.optimized(recompute: true) }),
    ]
    for (name, rewrite) in rewrites {
      let rewritten = try rewrite(program)
      try verify(rewritten)
      let found = try interpret(rewritten, states: states, inputs: inputs)
      for (key, want) in expected.outputs.merging(expected.states, uniquingKeysWith: { a, _ in a }) {
        let got = try #require(found.outputs[key] ?? found.states[key])
        for (a, b) in zip(got.values, want.values) {
          #expect(abs(a - b) <= 1e-9 * max(1, abs(b)), "\(name) changes \(key)")
        }
      }
    }
  }

  @Test func deadNodesDisappear() throws {
    let program = try Trace.program { trace in
      let x = trace.input("x", TensorType([3]))
      _ = x.unary(.tanh) * 2
      trace.output("y", x + 1)
    }
    #expect(program.graph.nodes.count == 6)
    #expect(program.removingDeadCode().graph.nodes.count == 3)
  }

  @Test func equalOperationsAreComputedOnce() throws {
    let program = try Trace.program { trace in
      let x = trace.input("x", TensorType([3]))
      trace.output("y", x.unary(.tanh) + x.unary(.tanh))
    }
    #expect(program.optimized().graph.nodes.count == 3)
  }

  /// A layer in a region: with recomputation nothing inside it lives from the forward to the backward pass.
  @Test func recomputationKeepsOnlyWhatFlowsIntoARegion() throws {
    let program = try Trace.program { trace in
      var x = trace.input("x", TensorType([4, 8]))
      let weight = trace.state("w", TensorType([8, 8]))
      for _ in 0..<3 {
        let input = x
        x = trace.recomputable { input.linear(weight).unary(.geluTanh) + input }
      }
      let loss = x.unary(.square).sum()
      trace.output("loss", loss)
      trace.output("gradient", gradients(of: loss, by: [weight])[0])
    }
    let plain = program.optimized()
    let recomputing = program.optimized(recompute: true)
    let (states, inputs) = program.randomValues(seed: 1)
    let a = try interpret(plain, states: states, inputs: inputs).outputs
    let b = try interpret(recomputing, states: states, inputs: inputs).outputs
    #expect(a["gradient"] == b["gradient"])
    func kept(_ program: Program) -> Int {
      var values = Set<ValueID>()
      for node in program.graph.nodes where node.phase == .backward {
        for operand in node.operands {
          let source = program.graph.nodes[operand.node]
          if source.phase == .forward, !(source.operation is Input), source.region != 0 { values.insert(operand) }
        }
      }
      return values.count
    }
    #expect(kept(plain) >= 3)
    // The results of regions flow on as inputs of the next; what is inside does not.
    #expect(kept(recomputing) < kept(plain))
    #expect(recomputing.graph.nodes.count > plain.graph.nodes.count)
  }

  @Test func lossesComeFromTheGradientsPass() throws {
    let program = try Trace.program { trace in
      let hidden = trace.input("h", TensorType([6, 4]))
      let weight = trace.state("w", TensorType([9, 4]))
      let losses = hidden.linearCrossEntropy(weight: weight, targets: trace.input("t", TensorType([6], .i32)))
      let mean = losses.sum() / 6
      trace.output("loss", mean)
      trace.update("w", to: weight - gradients(of: mean, by: [weight])[0] * 0.1)
    }
    let names = program.optimized().graph.nodes.map { type(of: $0.operation).name }
    #expect(!names.contains("linear_cross_entropy"))
    #expect(names.filter { $0 == "linear_cross_entropy_gradient" }.count == 1)
  }

  /// Cotangents that depend on the losses need these first: nothing is merged.
  @Test func losesAreKeptWhereTheGradientNeedsThem() throws {
    let program = try Trace.program { trace in
      let hidden = trace.input("h", TensorType([6, 4]))
      let weight = trace.state("w", TensorType([9, 4]))
      let losses = hidden.linearCrossEntropy(weight: weight, targets: trace.input("t", TensorType([6], .i32)))
      let loss = losses.unary(.square).sum()
      trace.output("loss", loss)
      trace.output("gradient", gradients(of: loss, by: [weight])[0])
    }
    let names = program.optimized().graph.nodes.map { type(of: $0.operation).name }
    #expect(names.contains("linear_cross_entropy"))
    try verify(program.optimized())
  }
}

@Suite struct ShapeTests {
  /// Broadcasting follows NumPy's rule on random shapes.
  @Test(arguments: 0..<200) func broadcastingIsNumPys(seed: Int) throws {
    var stream = RandomStream(RandomKey(seed: UInt64(seed)))
    func shape() -> [Int] {
      (0..<Int.random(in: 0...4, using: &stream)).map { _ in [1, 1, 2, 3][Int.random(in: 0..<4, using: &stream)] }
    }
    let (a, b) = (shape(), shape())
    let rank = max(a.count, b.count)
    func padded(_ s: [Int]) -> [Int] { [Int](repeating: 1, count: rank - s.count) + s }
    let pairs = Array(zip(padded(a), padded(b)))
    let fits = pairs.allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }
    let program = try? Trace.program { trace in
      trace.output("y", trace.input("a", TensorType(a)) + trace.input("b", TensorType(b)))
    }
    #expect((program != nil) == fits, "\(a) and \(b)")
    guard let program else { return }
    #expect(program.graph.type(program.outputs[0].value).shape == pairs.map { max($0, $1) })
  }

  @Test(arguments: 0..<100) func reshapesKeepOrder(seed: Int) throws {
    var stream = RandomStream(RandomKey(seed: UInt64(seed)))
    let sizes = (0..<3).map { _ in Int.random(in: 1...4, using: &stream) }
    let program = try Trace.program { trace in
      let x = trace.input("x", TensorType(sizes))
      trace.output("y", x.reshape([-1, sizes[2]]).reshape([sizes[0], -1]))
    }
    let inputs = program.randomValues(seed: 1).inputs
    #expect(try interpret(program, inputs: inputs).outputs["y"]?.values == inputs["x"]?.values)
  }

  @Test func wrongSizesAreErrorsNotTraps() {
    for body in [
      { (x: Tensor) in x.reshape([4, 4]) }, { $0.transpose([0, 0]) }, { $0.slice(axis: 1, start: 2, length: 9) },
      { $0.split(axis: 5, [1, 2])[0] }, { $0.gather($0) }, { $0.layerNorm(weight: $0, bias: $0, epsilon: 1) },
      { $0.broadcast(to: [2]) }, { $0.topK(99).values }, { $0.linear($0) }, { $0.reduce(.sum, [7]) },
      { $0.pad(axis: 9, before: 1, after: 1) }, { concatenate([$0, $0.sum()], axis: 0) },
    ] {
      #expect(throws: MartletError.self) {
        try Trace.program { trace in trace.output("y", body(trace.input("x", TensorType([2, 3])))) }
      }
    }
  }
}
