/// One result of one node of a graph.
public struct ValueID: Sendable, Hashable {
  /// The position of the node in the graph.
  public var node: Int
  /// Which of the node's results.
  public var result: Int

  /// The value that `node` produces as its result number `result`.
  public init(node: Int, result: Int = 0) {
    self.node = node
    self.result = result
  }
}

/// The part of a training step to which a node belongs; a backend does not fuse across phases, because a value that
/// the backward pass needs would then be computed, and kept, too early.
public enum Phase: UInt8, Sendable {
  case forward, backward, update
}

/// An operation applied to values of earlier nodes.
public struct Node: Sendable {
  /// What is computed.
  public var operation: any Operation
  /// The values it reads, all of earlier nodes.
  public var operands: [ValueID]
  /// The types of the values that it produces.
  public var results: [TensorType]
  /// The part of the step it belongs to.
  public var phase: Phase
  /// The numbered region whose activations may be recomputed instead of kept, or 0.
  public var region: Int

  /// A node of a graph.
  public init(
    _ operation: any Operation, _ operands: [ValueID], _ results: [TensorType], phase: Phase = .forward, region: Int = 0
  ) {
    self.operation = operation
    self.operands = operands
    self.results = results
    self.phase = phase
    self.region = region
  }
}

/// A computation without side effects: nodes in an order in which they can run, each reading earlier ones.
public struct Graph: Sendable {
  /// The nodes, in an order in which each reads only earlier ones.
  public var nodes: [Node] = []

  /// An empty graph.
  public init() {}

  /// The value whose elements a value has under another shape.
  public func base(_ value: ValueID) -> ValueID {
    var value = value
    while nodes[value.node].operation is Reshape { value = nodes[value.node].operands[0] }
    return value
  }

  /// The type of a value.
  public func type(_ value: ValueID) -> TensorType { nodes[value.node].results[value.result] }
}

/// A value that stays on the device between runs: a parameter, a moment of the optimiser, a key-value cache.
public struct StateSlot: Sendable {
  /// The name that distinguishes it within the program and across programs that share it.
  public var name: String
  /// The value at the beginning of a run.
  public var value: ValueID
  /// The value that replaces it at the end of the run, or nil where it is only read.
  public var update: ValueID?
}

/// A named value that a run reads or gives.
public struct NamedValue: Sendable {
  /// The name that distinguishes it within the program.
  public var name: String
  /// The value in the graph.
  public var value: ValueID
}

/// A traced computation with its interface: what stays on the device, what comes in and what goes out with each run.
public struct Program: Sendable {
  /// The computation.
  public var graph = Graph()
  /// What stays on the device between runs.
  public var states: [StateSlot] = []
  /// What the caller writes before a run.
  public var inputs: [NamedValue] = []
  /// What the caller reads after a run.
  public var outputs: [NamedValue] = []

  /// An empty program.
  public init() {}

  /// The values that must be computed: outputs and updates.
  public var roots: [ValueID] { outputs.map(\.value) + states.compactMap(\.update) }

  /// Replaces every value of the interface by what `rename` gives.
  mutating func renameInterface(_ rename: (ValueID) -> ValueID) {
    for i in states.indices {
      states[i].value = rename(states[i].value)
      states[i].update = states[i].update.map(rename)
    }
    for i in inputs.indices { inputs[i].value = rename(inputs[i].value) }
    for i in outputs.indices { outputs[i].value = rename(outputs[i].value) }
  }
}
