import TensorGraph
import TestSupport
import Testing

@Suite struct SpelledOutAttentionTests {
  @Test(arguments: [nil, 3], [(1, true), (2, true), (4, true), (2, false)])
  func isTheSameAsAttention(window: Int?, kind: (keyHeads: Int, isCausal: Bool)) throws {
    let (keyHeads, isCausal) = kind
    let program = try Trace.program { trace in
      let q = trace.input("q", TensorType([2, 7, 4, 6]))
      let k = trace.input("k", TensorType([2, 7, keyHeads, 6]))
      let v = trace.input("v", TensorType([2, 7, keyHeads, 6]))
      let lengths = isCausal ? nil : trace.literal([7, 6]).convert(to: .i32)
      trace.output(
        "whole", q.attention(keys: k, values: v, scale: 0.4, causal: isCausal, window: window, lengths: lengths))
      trace.output(
        "spelled out",
        q.attention(keys: k, values: v, scale: 0.4, causal: isCausal, window: window, lengths: lengths) { $0 })
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
        trace.output("y", q.attention(keys: k, values: k, scale: 1, causal: true) { $0 })
      }
    } throws: {
      "\($0)".contains("3 query heads are not a multiple of 2 key heads")
    }
  }
}
