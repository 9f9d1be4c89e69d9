import TensorGraph

/// How a weight matrix lies in memory.
public enum MatrixLayout: Sendable, Hashable {
  /// `[out, in]`: PyTorch's `Linear`.
  case outputInput
  /// `[in, out]`: the `Conv1D` of GPT-2's checkpoints.
  case inputOutput
}

/// What a parameter is for, by which optimisers choose how to treat it.
public enum ParameterRole: Sendable, Hashable {
  /// A table of rows, one for each token, position or class; also an output head.
  case embedding
  /// A matrix between hidden activations; `parts` is the number of equal matrices fused along its outputs.
  case matrix(MatrixLayout, parts: Int = 1)
  /// A bias or a scale.
  case vector
}

/// What is known about a parameter of a model before it has values.
public struct ParameterSpecification: Sendable, Hashable {
  /// The name in the model's Hugging Face checkpoints, which is also the name of the state.
  public var name: String
  /// Shape and element type.
  public var type: TensorType
  /// How its first values are chosen.
  public var initialization: Initialization
  /// Whether weight decay applies to it.
  public var decays: Bool
  /// What it is for.
  public var role: ParameterRole
  /// Whether training changes it; else it is only read.
  public var isTrained: Bool

  /// A parameter of the given name and type.
  public init(
    name: String, type: TensorType, initialization: Initialization, decays: Bool, role: ParameterRole,
    isTrained: Bool = true
  ) {
    self.name = name
    self.type = type
    self.initialization = initialization
    self.decays = decays
    self.role = role
    self.isTrained = isTrained
  }
}

extension Sequence<ParameterSpecification> {
  /// The number of all their elements.
  public var elementCount: Int { reduce(0) { $0 + $1.type.count } }
}
