import Core
import Foundation
import Layers
import TensorGraph
import TestSupport
import Testing

@Suite struct ActivationTests {
  static func value(_ activation: Activation, _ x: Double) -> Double {
    let sigmoid = { (x: Double) in 1 / (1 + exp(-x)) }
    return switch activation {
    case .gelu: x * 0.5 * erfc(-x / 2.0.squareRoot())
    case .geluNew, .geluFast, .geluTanh:
      0.5 * x * (1 + Foundation.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))
    case .quickGELU: x * sigmoid(1.702 * x)
    case .relu: max(x, 0)
    case .reluSquared: max(x, 0) * max(x, 0)
    case .silu, .swish: x * sigmoid(x)
    case .tanh: Foundation.tanh(x)
    case .sigmoid: sigmoid(x)
    case .linear: x
    }
  }

  @Test(arguments: Activation.allCases, TestBackend.all)
  func activationsFollowTheirFormulas(_ activation: Activation, _ backend: TestBackend) throws {
    let x = stride(from: Float(-6), through: 6, by: 0.37).map { $0 }
    let program = try Trace.program { trace in
      trace.output("y", activation(trace.input("x", TensorType([x.count]))))
    }
    let y = try #require(try run(program, on: backend.backend, inputs: ["x": x])["y"])
    #expect(relativeDifference(y, x.map { Float(Self.value(activation, Double($0))) }) < 2e-6)
  }

  @Test func namesAreThoseOfConfigurations() throws {
    #expect(try Activation(named: "gelu_new") == .geluNew)
    #expect(try Activation(named: "silu") == .silu)
    #expect {
      try Activation(named: "gleu")
    } throws: { error in
      "\(error)" == """
        there is no activation function 'gleu'
          Known ones: gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, quick_gelu, relu, relu2, silu, swish, tanh, \
        sigmoid, linear.
        """
    }
  }
}
