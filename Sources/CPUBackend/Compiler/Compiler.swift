import Core
import TensorGraph

/// Turns a program into instructions: what runs, in which order, reading and writing which values.
///
/// Operations without a kernel are replaced by their decompositions, elementwise nodes are gathered into groups, and
/// what depends on no input is put in front, to be computed once.
struct Compiler {
  /// The program as it runs.
  let program: Program
  let fusion: Fusion
  private(set) var instructions: [Instruction] = []
  /// How many instructions at the front depend on no input.
  private(set) var constantCount = 0

  init(_ source: Program) throws {
    program = try source.removingDeadCode().expanding { !$0.hasKernel }.packingAttention()
      .computingDerivativesEarly().removingDeadCode().copyingInputs()
    var fusion = Fusion(program.graph)
    for root in program.roots where !program.isFillUpdate(root) { fusion.materialize(root) }
    self.fusion = fusion
    let all = try (plainInstructions() + groupInstructions()).sorted { $0.place < $1.place }.map(\.instruction)
    var constant = Set<ValueID>()
    let isConstant = all.map { instruction in
      guard instruction.operands.allSatisfy(constant.contains) else { return false }
      constant.formUnion(instruction.results)
      return true
    }
    instructions = zip(all, isConstant).filter(\.1).map(\.0)
    constantCount = instructions.count
    instructions += zip(all, isConstant).filter { !$0.1 }.map(\.0)
  }

  private typealias Placed = (place: Int, instruction: Instruction)

  /// The instructions of nodes outside of groups.
  private func plainInstructions() throws -> [Placed] {
    try program.graph.nodes.enumerated().compactMap { index, node in
      let results = node.results.indices.map { ValueID(node: index, result: $0) }
      if fusion.groupOf[index] != nil || node.operation is Input || node.operation is Reshape { return nil }
      if node.operation is Broadcast || node.operation is Fill, !fusion.materialized.contains(results[0]) { return nil }
      guard let lowered = node.operation as? any Lowered else {
        throw MartletError(.unsupported, "the CPU backend has no kernel for \(type(of: node.operation).name)")
      }
      let kernel = lowered.kernel(node.operands.map(program.graph.type), node.results)
      return (index, Instruction(node.operation.shortName, node.operands.map(fusion.base), results, kernel))
    }
  }

  /// The instructions of elementwise groups, each writing those of its values that others read.
  private func groupInstructions() -> [Placed] {
    let updates = program.states.compactMap { slot in slot.update.map { (new: fusion.base($0), old: slot.value) } }
    let kernels = fusion.groups.map { GroupKernel(fusion: fusion, group: $0, updates: updates) }
    var read = Set(program.roots.map(fusion.base))
    for (index, node) in program.graph.nodes.enumerated() where fusion.groupOf[index] == nil {
      // Only a broadcast that is written to memory reads its source from there.
      if node.operation is Broadcast, !fusion.materialized.contains(ValueID(node: index)) { continue }
      if !(node.operation is Reshape) { read.formUnion(node.operands.map(fusion.base)) }
    }
    for kernel in kernels { read.formUnion(kernel.operands) }
    return kernels.map { ($0.group.anchor, $0.instruction(writing: read)) }
  }
}

extension Program {
  /// Whether a value is a constant that only replaces states: it is written straight to them.
  func isFillUpdate(_ value: ValueID) -> Bool {
    graph.nodes[value.node].operation is Fill && !outputs.contains { $0.value == value }
  }
}
