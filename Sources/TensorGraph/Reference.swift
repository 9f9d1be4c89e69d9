import Core

/// A tensor of the reference interpreter: every element type is held in double precision, integers exactly up to
/// 2^53, truth values as 0 and 1.
public struct ReferenceTensor: Sendable, Equatable {
  /// Shape and nominal element type.
  public var type: TensorType
  /// The elements in row-major order.
  public var values: [Double]

  /// A tensor of the given elements.
  public init(_ type: TensorType, _ values: [Double]) {
    self.type = type
    self.values = values
  }

  /// A tensor whose element at each flat index is what `element` gives.
  public init(_ type: TensorType, _ element: (Int) -> Double) {
    self.init(type, (0..<type.count).map(element))
  }

  /// The element at a flat index as a whole number.
  public func integer(_ index: Int) -> Int { Int(values[index]) }
}

/// Runs a program plainly, node by node in double precision: slow, and right.
///
/// Throws: `MartletError(.invalidArgument)` when a state or input is missing or of another type.
public func interpret(
  _ program: Program, states: [String: ReferenceTensor] = [:], inputs: [String: ReferenceTensor] = [:]
) throws -> (states: [String: ReferenceTensor], outputs: [String: ReferenceTensor]) {
  var values: [[ReferenceTensor]] = []
  let graph = program.graph
  for node in graph.nodes {
    if let input = node.operation as? Input {
      guard let tensor = states[input.name] ?? inputs[input.name], tensor.type == input.type else {
        throw MartletError(.invalidArgument, "the program needs '\(input.name)' as \(input.type)")
      }
      values.append([tensor])
    } else {
      values.append(node.operation.reference(node.operands.map { values[$0.node][$0.result] }, node.results))
    }
  }
  func named(_ list: [(String, ValueID)]) -> [String: ReferenceTensor] {
    Dictionary(uniqueKeysWithValues: list.map { ($0.0, values[$0.1.node][$0.1.result]) })
  }
  return (
    named(program.states.map { ($0.name, $0.update ?? $0.value) }), named(program.outputs.map { ($0.name, $0.value) })
  )
}

extension Operation {
  /// The results by way of the decomposition, interpreted.
  func referenceByDecomposition(_ operands: [ReferenceTensor]) -> [ReferenceTensor] {
    let trace = Trace()
    let tensors = operands.enumerated().map { trace.input("\($0.offset)", $0.element.type) }
    let results = decomposition(tensors) ?? []
    for (index, result) in results.enumerated() { trace.output("\(index)", result) }
    let inputs = Dictionary(uniqueKeysWithValues: operands.enumerated().map { ("\($0.offset)", $0.element) })
    guard let outputs = try? interpret(trace.finish(), inputs: inputs).outputs else { return [] }
    return results.indices.compactMap { outputs["\($0)"] }
  }
}

/// The flat index of every element of a tensor that `index` picks by its coordinates, in row-major order.
func forEachCoordinate(of shape: [Int], _ body: (_ flat: Int, _ coordinate: [Int]) -> Void) {
  var coordinate = [Int](repeating: 0, count: shape.count)
  for flat in 0..<shape.reduce(1, *) {
    body(flat, coordinate)
    for axis in shape.indices.reversed() {
      coordinate[axis] += 1
      if coordinate[axis] < shape[axis] { break }
      coordinate[axis] = 0
    }
  }
}
