import Core

/// Records the operations that model code applies to tensors.
///
/// Model code does not throw: the first operation whose operands do not fit is kept as `error`, what follows goes on
/// with stand-ins, and `finish()` throws. A trace belongs to the thread that made it.
public final class Trace {
  /// The program recorded so far.
  public private(set) var program = Program()
  /// The first error, or nil.
  public private(set) var error: MartletError?
  /// The phase that new nodes belong to.
  public var phase = Phase.forward
  /// The recomputation region that new nodes belong to, or 0.
  public private(set) var region = 0
  private var regionCount = 0

  /// An empty trace.
  public init() {}

  /// Traces `body` into a program.
  ///
  /// Throws: the first error of an operation, and what `body` throws.
  public static func program(_ body: (Trace) throws -> Void) throws -> Program {
    let trace = Trace()
    try body(trace)
    return try trace.finish()
  }

  /// The program, verified.
  ///
  /// Throws: `MartletError(.shape)`, naming the operation and the types of its operands, or `(.resource)`, naming a
  /// tensor that is too large for any machine.
  public func finish() throws -> Program {
    if let error { throw error }
    try verify(program)
    return program
  }

  /// Declares a value that the caller writes before each run.
  public func input(_ name: String, _ type: TensorType) -> Tensor {
    let tensor = append(Input(name: name, type: type), [], [type])[0]
    program.inputs.append(NamedValue(name: name, value: tensor.id))
    return tensor
  }

  /// Declares a value that stays on the device; a second declaration of a name gives the same tensor.
  public func state(_ name: String, _ type: TensorType) -> Tensor {
    if let slot = program.states.first(where: { $0.name == name }) {
      let known = program.graph.type(slot.value)
      if known != type { fail("state '\(name)' is declared as \(known) and as \(type)") }
      return Tensor(type: known, id: slot.value, trace: self)
    }
    let tensor = append(Input(name: name, type: type), [], [type])[0]
    program.states.append(StateSlot(name: name, value: tensor.id, update: nil))
    return tensor
  }

  /// Sets what replaces the state `name` at the end of a run.
  public func update(_ name: String, to tensor: Tensor) {
    guard let index = program.states.firstIndex(where: { $0.name == name }) else {
      return fail("there is no state '\(name)' to update")
    }
    let type = program.graph.type(program.states[index].value)
    if type != tensor.type { fail("state '\(name)' is \(type), its update \(tensor.type)") }
    program.states[index].update = tensor.id
  }

  /// Declares a value that the caller reads after each run.
  public func output(_ name: String, _ tensor: Tensor) {
    program.outputs.append(NamedValue(name: name, value: tensor.id))
  }

  /// Applies an operation and gives all its results.
  public func apply(_ operation: some Operation, _ operands: [Tensor]) -> [Tensor] {
    do {
      return append(operation, operands.map(\.id), try operation.resultTypes(operands.map(\.type)))
    } catch {
      let types = operands.map { "\($0.type)" }.joined(separator: ", ")
      fail("\(type(of: operation).name)(\(types)): \(error.message)")
      // A stand-in of the first operand's type lets the model code go on to its end.
      let stand = operands.first?.type ?? TensorType([])
      return append(operation, operands.map(\.id), [TensorType](repeating: stand, count: 4))
    }
  }

  /// Marks what `body` traces as a region whose activations can be recomputed in the backward pass.
  public func recomputable<R>(_ body: () -> R) -> R {
    if region != 0 { return body() }
    regionCount += 1
    region = regionCount
    defer { region = 0 }
    return body()
  }

  /// Keeps the first error.
  public func fail(_ message: String) { fail(MartletError(.shape, message)) }

  private func fail(_ failure: MartletError) {
    if error == nil { error = failure }
  }

  private func append(_ operation: some Operation, _ operands: [ValueID], _ results: [TensorType]) -> [Tensor] {
    for type in results where type.byteCount > TensorType.largestByteCount {
      let name = (operation as? Input).map { "'\($0.name)'" } ?? "the result of \(Swift.type(of: operation).name)"
      fail(
        MartletError(
          .resource, "\(name), a tensor \(type), is larger than \(ByteCount(TensorType.largestByteCount))",
          remedy: "Make the model, the batch or the context smaller."))
    }
    let node = program.graph.nodes.count
    program.graph.nodes.append(Node(operation, operands, results, phase: phase, region: region))
    return results.indices.map { Tensor(type: results[$0], id: ValueID(node: node, result: $0), trace: self) }
  }
}

/// A value of a computation that is being traced.
public struct Tensor {
  /// Its shape and element type.
  public let type: TensorType
  /// Its place in the graph.
  public let id: ValueID
  /// The trace that records it.
  public let trace: Trace

  /// The size of each axis.
  public var shape: [Int] { type.shape }
  /// The number of axes.
  public var rank: Int { type.rank }

  /// The size of an axis, counted from the end where negative; a missing axis is an error of the trace.
  public func size(_ axis: Int) -> Int {
    let index = axis < 0 ? axis + rank : axis
    guard shape.indices.contains(index) else {
      trace.fail("a tensor \(type) has no axis \(axis)")
      return 1
    }
    return shape[index]
  }
}
