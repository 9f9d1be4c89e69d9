import TensorGraph
import TestSupport
import Testing

@Suite struct SpelledOutAttentionTests {
  @Test(arguments: [nil, 3], [1, 2, 4])
  func isTheSameAsAttention(window: Int?, keyHeads: Int) throws {
    let program = try Trace.program { trace in
      let q = trace.input("q", TensorType([2, 7, 4, 6]))
      let k = trace.input("k", TensorType([2, 7, keyHeads, 6]))
      let v = trace.input("v", TensorType([2, 7, keyHeads, 6]))
      trace.output("whole", q.attention(keys: k, values: v, scale: 0.4, causal: true, window: window))
      trace.output(
        "spelled out", q.causalAttention(keys: k, values: v, scale: 0.4, window: window) { $0 })
    }
    func numbers(_ count: Int, _ step: Int) -> [Float] { (0..<count).map { Float($0 * step % 23) / 10 - 1 } }
    let inputs = [
      "q": numbers(2 * 7 * 4 * 6, 5), "k": numbers(2 * 7 * keyHeads * 6, 7), "v": numbers(2 * 7 * keyHeads * 6, 11),
    ]
    for backend in TestBackend.all {
      let outputs = try run(program, on: backend.backend, inputs: inputs)
      #expect(try relativeDifference(#require(outputs["spelled out"]), #require(outputs["whole"])) < 1e-5)
    }
  }

  @Test func operandsThatDoNotFitAreNamed() {
    #expect {
      try Trace.program { trace in
        let q = trace.input("q", TensorType([1, 4, 3, 6]))
        let k = trace.input("k", TensorType([1, 4, 2, 6]))
        trace.output("y", q.causalAttention(keys: k, values: k, scale: 1) { $0 })
      }
    } throws: {
      "\($0)".contains("3 query heads are not a multiple of 2 key heads")
    }
  }
}
