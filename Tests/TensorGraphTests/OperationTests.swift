import Core
import Foundation
import TensorGraph
import TestSupport
import Testing

@Suite struct OperationTests {
  @Test func tableListsEveryFileOfTheFolder() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/TensorGraph/Operations").standardized
    let pattern = #/struct (\w+): Operation/#
    var declared: [String] = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      declared += text.matches(of: pattern).map { String($0.1) }
    }
    #expect(declared.sorted() == allOperations.map { "\($0)" }.sorted())
    #expect(Set(allOperations.map { $0.name }).count == allOperations.count)
  }

  @Test(arguments: allOperations.map { "\($0)" })
  func everySampleFitsItsRule(name: String) throws {
    for sample in allOperations.first(where: { "\($0)" == name })?.samples ?? [] {
      _ = try sample.operation.resultTypes(sample.operands.map(\.type))
      let values = sample.operation.reference(
        sample.operandValues(seed: 1), try sample.operation.resultTypes(sample.operands.map(\.type)))
      #expect(values.map(\.type) == (try sample.operation.resultTypes(sample.operands.map(\.type))))
    }
  }

  /// Every gradient rule against central differences of the reference, all in double precision.
  @Test(arguments: allOperations.map { "\($0)" })
  func gradientsAgreeWithDifferences(name: String) throws {
    for (number, sample) in (allOperations.first(where: { "\($0)" == name })?.samples ?? []).enumerated()
    where sample.isDifferentiable {
      let program = try sample.program(gradients: true)
      let values = sample.operandValues(seed: UInt64(number))
      var inputs = Dictionary(uniqueKeysWithValues: values.enumerated().map { ("x\($0.offset)", $0.element) })
      var stream = RandomStream(RandomKey(seed: 99))
      for input in program.inputs where input.name.hasPrefix("w") {
        inputs[input.name] = ReferenceTensor(program.graph.type(input.value)) { _ in stream.unit() - 0.5 }
      }
      let outputs = try interpret(program, inputs: inputs).outputs
      func loss(_ inputs: [String: ReferenceTensor]) throws -> Double {
        let results = try interpret(sample.program(gradients: false), inputs: inputs).outputs
        return sample.differentiableResults.reduce(0) { sum, index in
          zip(results["y\(index)"]!.values, inputs["w\(index)"]!.values).reduce(sum) { $0 + $1.0 * $1.1 }
        }
      }
      for (index, operand) in values.enumerated() where operand.type.scalar == .f32 {
        // Operands of given values are tables, such as rotary angles, which take part as constants.
        if case .exactly = sample.operands[index].values { continue }
        let gradient = try #require(outputs["d\(index)"])
        for element in stride(from: 0, to: operand.type.count, by: max(1, operand.type.count / 6)) {
          let step = 1e-5
          var (up, down) = (inputs, inputs)
          up["x\(index)"]!.values[element] += step
          down["x\(index)"]!.values[element] -= step
          let expected = try (loss(up) - loss(down)) / (2 * step)
          let found = gradient.values[element]
          #expect(
            abs(found - expected) <= 1e-5 * max(1, abs(expected)),
            "\(sample.operation), operand \(index), element \(element): \(found), differences give \(expected)")
        }
      }
    }
  }

  @Test func wrongOperandsAreNamed() {
    let error = #expect(throws: MartletError.self) {
      try Trace.program { trace in
        let x = trace.input("x", TensorType([2, 3]))
        trace.output("y", x.matmul(x))
      }
    }
    #expect(error?.message == "matmul(f32[2, 3], f32[2, 3]): the inner sizes 3 and 2 differ")
  }

  @Test func modelCodeGoesOnAfterAnError() {
    let error = #expect(throws: MartletError.self) {
      try Trace.program { trace in
        let x = trace.input("x", TensorType([2, 3]))
        let parts = x.split(axis: 1, [1, 1])
        trace.output("y", parts[0].attention(keys: parts[1], values: x.softmax(), scale: 1, causal: true))
      }
    }
    #expect(error?.message.hasPrefix("split(f32[2, 3])") == true)
  }
}
