import TensorGraph

/// The place in a trace where a part of a model is built: it declares parameters under the path of that part.
///
/// A model is a plain value made inside a trace: its `init` declares its parameters with a scope, its
/// `callAsFunction` traces its use. `scope["transformer"]["h"][3]` is the scope of a part, and
/// `scope.parameter("weight", ...)` there the parameter `transformer.h.3.weight`. Weights are shared by passing the
/// tensor on.
public struct Scope {
  /// The names from the root to here, joined by dots; empty at the root.
  public let path: String
  private let building: Building

  /// What the scopes of one model share.
  private final class Building {
    let trace: Trace
    let dropoutKey: Tensor?
    let adaptation: Adaptation
    var parameters: [ParameterSpecification] = []
    var known: [String: Int] = [:]
    var streams: UInt32 = 0

    init(_ trace: Trace, _ dropoutKey: Tensor?, _ adaptation: Adaptation) {
      self.trace = trace
      self.dropoutKey = dropoutKey
      self.adaptation = adaptation
    }
  }

  private init(_ path: String, _ building: Building) {
    self.path = path
    self.building = building
  }

  /// The root of a model in a trace.
  ///
  /// - Parameters:
  ///   - dropoutKey: the random key (i32[2]) of dropout in training; without one, nothing is dropped.
  ///   - adaptation: which parameters are trained, and what adapters there are.
  public init(_ trace: Trace, dropoutKey: Tensor? = nil, adaptation: Adaptation = Adaptation()) {
    self.init("", Building(trace, dropoutKey, adaptation))
  }

  /// The trace that records the model.
  public var trace: Trace { building.trace }
  /// Whether the model is built for training, with dropout where the configuration has it.
  public var isTraining: Bool { building.dropoutKey != nil }
  /// All parameters declared so far in any scope of the model, in the order of their declaration.
  public var parameters: [ParameterSpecification] { building.parameters }

  /// How the linear layer of this scope is adapted; nil where it is not.
  var lora: LoRA? { building.adaptation.lora.flatMap { $0.adapts(path) ? $0 : nil } }

  /// The scope of a part with this name.
  public subscript(name: String) -> Scope { Scope(path.isEmpty ? name : "\(path).\(name)", building) }
  /// The scope of a part with this number.
  public subscript(index: Int) -> Scope { self["\(index)"] }

  /// Declares a parameter and gives its tensor.
  ///
  /// - Parameters:
  ///   - role: what it is for; without one, a matrix `[out, in]` where it has two axes or more, else a vector.
  ///   - decays: whether weight decay applies; without a choice, where it has two axes or more.
  public func parameter(
    _ name: String, _ shape: [Int], _ initialization: Initialization, role: ParameterRole? = nil, decays: Bool? = nil
  ) -> Tensor {
    let path = self[name].path
    let specification = ParameterSpecification(
      name: path, type: TensorType(shape), initialization: initialization, decays: decays ?? (shape.count >= 2),
      role: role ?? (shape.count >= 2 ? .matrix(.outputInput) : .vector), isTrained: building.adaptation.trains(path))
    if let index = building.known[specification.name] {
      if building.parameters[index] != specification {
        trace.fail("the parameter '\(specification.name)' is declared twice, in different ways")
      }
    } else {
      building.known[specification.name] = building.parameters.count
      building.parameters.append(specification)
    }
    return trace.state(specification.name, specification.type)
  }

  /// Zeroes elements of `x` with probability `rate` in training, and scales the others up; each call draws anew.
  public func dropout(_ x: Tensor, _ rate: Double) -> Tensor {
    guard rate > 0, let key = building.dropoutKey else { return x }
    defer { building.streams += 1 }
    return trace.apply(Dropout(rate: rate, stream: building.streams), [x, key])[0]
  }
}
