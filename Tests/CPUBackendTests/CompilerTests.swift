import CPUBackend
import Core
import TensorGraph
import TestSupport
import Testing

/// Whole programs on the CPU: fusion, memory reuse and updates in place must not change what is computed.
@Suite struct CompilerTests {
  @Test(arguments: 0..<120) func randomProgramsAgreeWithTheReference(seed: Int) throws {
    let source = try RandomProgram.make(seed: UInt64(seed), operations: 10 + seed % 40)
    let program = seed % 3 == 0 ? source : source.optimized()
    let (states, inputs) = program.randomValues(seed: UInt64(seed))
    let backend = CPU(threads: 1 + seed % 3)
    var buffers: [String: any Buffer] = [:]
    for (name, tensor) in states {
      buffers[name] = try backend.makeBuffer(tensor.type)
      buffers[name]?.write(tensor)
    }
    let executable = try backend.compile(program, states: buffers)
    for (name, tensor) in inputs { executable.input(name)?.write(tensor) }
    // Two runs: the second starts from the states that the first left.
    var expected = (states: states, outputs: [String: ReferenceTensor]())
    for run in 0..<2 {
      try executable.run()
      expected = try interpret(program, states: expected.states, inputs: inputs)
      for (name, want) in expected.outputs {
        try compare(#require(executable.output(name)).tensor(), want, "output \(name), run \(run)")
      }
      for (name, want) in expected.states {
        try compare(#require(buffers[name]).tensor(), want, "state \(name), run \(run)")
      }
    }
  }

  private func compare(_ got: ReferenceTensor, _ want: ReferenceTensor, _ what: String) throws {
    let scale = want.values.filter(\.isFinite).map(abs).max() ?? 0
    for (a, b) in zip(got.values, want.values) where b.isFinite {
      try #require(abs(a - b) <= 2e-3 * max(abs(b), scale * 0.1, 1e-3), "\(what): \(a), reference \(b)")
    }
  }

  @Test(
    "The derivative of an activation is computed beside it, and its gradient is a product",
    arguments: [UnaryFunction.geluTanh, .geluErf, .silu], [false, true])
  func earlyDerivatives(function: UnaryFunction, keepsOperand: Bool) throws {
    let program = try Trace.program { trace in
      let (x, weight) = (trace.input("x", TensorType([40, 24])), trace.state("w", TensorType([24, 64])))
      let bias = trace.state("b", TensorType([64]))
      let operand = x.matmul(weight) + bias
      let loss = (operand.unary(function) * 0.3).unary(.square).sum()
      for (name, gradient) in zip(["dw", "db"], gradients(of: loss, by: [weight, bias])) {
        trace.output(name, gradient)
      }
      if keepsOperand { trace.output("operand", operand) }
    }.optimized()
    let (states, inputs) = program.randomValues(seed: 3)
    let backend = CPU(threads: 2)
    let buffers = try states.mapValues { tensor in
      let buffer = try backend.makeBuffer(tensor.type)
      buffer.write(tensor)
      return buffer as any Buffer
    }
    let executable = try backend.compile(program, states: buffers)
    for (name, tensor) in inputs { executable.input(name)?.write(tensor) }
    try executable.run()
    for (name, want) in try interpret(program, states: states, inputs: inputs).outputs {
      try compare(#require(executable.output(name)).tensor(), want, name)
    }
    let labels = try #require(executable as? any ProfiledExecutable).profile().instructions.map(\.label)
    #expect(labels.contains { $0.contains("\(function.rawValue)+activation_gradient") } != keepsOperand, "\(labels)")
  }

  @Test func statesCanSwap() throws {
    let program = try Trace.program { trace in
      let a = trace.state("a", TensorType([4]))
      let b = trace.state("b", TensorType([4]))
      trace.update("a", to: b)
      trace.update("b", to: a)
      trace.output("old", a)
    }
    let backend = CPU(threads: 2)
    let (a, b) = (try backend.makeBuffer(TensorType([4])), try backend.makeBuffer(TensorType([4])))
    a.write([1, 2, 3, 4] as [Float])
    b.write([5, 6, 7, 8] as [Float])
    let executable = try backend.compile(program, states: ["a": a, "b": b])
    try executable.run()
    #expect(a.read(as: Float.self) == [5, 6, 7, 8])
    #expect(b.read(as: Float.self) == [1, 2, 3, 4])
    #expect(executable.output("old")?.read(as: Float.self) == [1, 2, 3, 4])
  }

  /// Numbers with a fraction are exact up to 2^24 only; ids and positions beyond that must not meet their neighbours.
  @Test func wholeNumbersAreExactAcrossTheirRange() throws {
    let type = TensorType([2, 3], .i32)
    let program = try Trace.program { trace in
      let (a, b) = (trace.input("a", type), trace.input("b", type))
      trace.output("sum", a + b)
      trace.output("mixed", (a - 1) * 2 + trace.iota(axis: 0, shape: [3]))
      trace.output("quotient", a / 2)
      trace.output("larger", a.binary(.maximum, b))
      trace.output("equal", a.compare(.equal, b))
      trace.output("less", b.compare(.less, a))
      trace.output("chosen", b.compare(.less, a).select(a, b).reshape([6]))
      trace.output("count", a.compare(.lessOrEqual, b).convert(to: .f32).sum())
      trace.output("wide", a.convert(to: .i64).convert(to: .i32) + 0)
      trace.output("float", (a - 16_777_216).convert(to: .f32) * 0.5)
    }
    let a: [Int32] = [16_777_217, 16_777_219, 1_000_000_001, 7, -16_777_217, 2_147_483_645]
    let b: [Int32] = [16_777_216, 16_777_219, 1_000_000_003, -7, -16_777_218, 1]
    for program in [program, program.optimized()] {
      let executable = try CPU(threads: 2).compile(program, states: [:])
      executable.input("a")?.write(a)
      executable.input("b")?.write(b)
      try executable.run()
      func output(_ name: String) -> [Int32]? { executable.output(name)?.read(as: Int32.self) }
      #expect(output("sum") == zip(a, b).map { $0 &+ $1 })
      #expect(output("mixed") == a.enumerated().map { ($1 &- 1) &* 2 &+ Int32($0 % 3) })
      #expect(output("quotient") == a.map { $0 / 2 })
      #expect(output("larger") == zip(a, b).map(max))
      #expect(executable.output("equal")?.read(as: UInt8.self) == [0, 1, 0, 0, 0, 0])
      #expect(executable.output("less")?.read(as: UInt8.self) == [1, 0, 0, 1, 1, 1])
      #expect(output("chosen") == zip(a, b).map(max))
      #expect(executable.output("count")?.read(as: Float.self) == [2])
      #expect(output("wide") == a)
      #expect(executable.output("float")?.read(as: Float.self) == a.map { Float($0 &- 16_777_216) * 0.5 })
    }
  }

  /// Elementwise nodes behind a product join it: one instruction, no memory of their own.
  @Test func biasActivationAndResidualJoinTheProduct() throws {
    let program = try Trace.program { trace in
      let x = trace.input("x", TensorType([40, 48]))
      let residual = trace.input("r", TensorType([40, 64]))
      let y = x.linear(trace.input("w", TensorType([48, 64]))) + trace.input("b", TensorType([64]))
      trace.output("y", y.unary(.geluTanh) + residual)
    }.optimized()
    let executable = try CPU(threads: 1).compile(program, states: [:])
    let profile = try #require(executable as? any ProfiledExecutable).profile()
    #expect(profile.instructions.map(\.label) == ["matmul+add+geluTanh+add"])
  }

  @Test func missingAndWrongStatesAreNamed() throws {
    let program = try Trace.program { trace in
      trace.output("y", trace.state("weight", TensorType([4])) * 2)
    }
    let backend = CPU(threads: 1)
    let missing = #expect(throws: MartletError.self) { try backend.compile(program, states: [:]) }
    #expect(missing?.message.contains("'weight'") == true)
    let wrong = try backend.makeBuffer(TensorType([5]))
    let error = #expect(throws: MartletError.self) { try backend.compile(program, states: ["weight": wrong]) }
    #expect(error?.message == "the state 'weight' is f32[5], the program needs f32[4]")
  }

  @Test func memoryThatIsNotThereIsAnError() {
    #expect(throws: MartletError.self) { try CPU(threads: 1).makeBuffer(TensorType([1 << 50])) }
  }
}
