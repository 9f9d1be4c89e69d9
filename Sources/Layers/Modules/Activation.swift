import Core
import TensorGraph

/// The activation functions, by the names that Hugging Face configurations give them.
public enum Activation: String, Sendable, Hashable, CaseIterable {
  case gelu, geluNew = "gelu_new", geluFast = "gelu_fast", geluTanh = "gelu_pytorch_tanh", quickGELU = "quick_gelu"
  case relu, reluSquared = "relu2", silu, swish, tanh, sigmoid, linear

  /// The activation of a name.
  ///
  /// Throws: `MartletError(.unsupported)`, which lists the known names.
  public init(named name: String) throws {
    guard let known = Activation(rawValue: name) else {
      throw MartletError(
        .unsupported, "there is no activation function '\(name)'",
        remedy: "Known ones: \(Activation.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    self = known
  }

  /// The function of every element.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .gelu: x.unary(.geluErf)
    case .geluNew, .geluFast, .geluTanh: x.unary(.geluTanh)
    case .quickGELU: x * (x * 1.702).unary(.logistic)
    case .relu: x.unary(.relu)
    case .reluSquared: x.unary(.relu).unary(.square)
    case .silu, .swish: x.unary(.silu)
    case .tanh: x.unary(.tanh)
    case .sigmoid: x.unary(.logistic)
    case .linear: x
    }
  }
}
