import Core
import TensorGraph

/// Gives the values of compiled instructions their memory and makes the launches.
///
/// Updates get their state's own memory where nobody reads the old value afterwards; results may take over an operand
/// that dies; the rest gets places in one arena, reused as soon as they are free.
struct Layout {
  private let compiler: Compiler
  private var program: Program { compiler.program }
  private var place: [ValueID: UnsafeMutableRawPointer] = [:]
  private var lastRead: [ValueID: Int] = [:]

  /// The launches of a step.
  private(set) var launches: [Launch] = []
  /// What runs once before the first step.
  private(set) var constantLaunches: [Launch] = []
  /// For each launch of a step, the instruction that it belongs to.
  private(set) var owners: [Int] = []
  private(set) var inputs: [CPUBuffer] = []
  private(set) var outputs: [CPUBuffer] = []
  /// Bytes of memory for temporary values and constants.
  private(set) var workspaceByteCount = 0
  /// Bytes that are copied to states at the end of a step.
  private(set) var copiedByteCount = 0
  /// What must stay allocated as long as the launches.
  private(set) var arenas: [Arena] = []

  init(_ compiler: Compiler, states: [CPUBuffer]) throws {
    self.compiler = compiler
    let program = compiler.program
    for (slot, buffer) in zip(program.states, states) { place[slot.value] = buffer.pointer }
    for input in program.inputs {
      let buffer = try CPUBuffer(program.graph.type(input.value), for: "the input '\(input.name)'")
      inputs.append(buffer)
      place[input.value] = buffer.pointer
    }
    for (index, instruction) in compiler.instructions.enumerated() {
      for operand in instruction.operands { lastRead[operand] = index }
    }
    let forever = compiler.instructions.count
    for output in program.outputs { lastRead[compiler.fusion.base(output.value)] = forever }
    let copies = bindUpdates()
    for copy in copies { lastRead[copy.value] = forever }
    let workspaces = try placeConstants() + placeTemporaries()
    for (index, instruction) in compiler.instructions.enumerated() {
      let made = self.launches(of: instruction, workspace: workspaces[index])
      if index < compiler.constantCount {
        constantLaunches += made
      } else {
        launches += made
        owners += made.map { _ in index }
      }
    }
    for (value, slot) in copies { append(copying: value, to: states[slot]) }
    outputs = program.outputs.map { output in
      let type = program.graph.type(output.value)
      let pointer = place[compiler.fusion.base(output.value)] ?? arenas[0].base
      return CPUBuffer(type, pointer, owner: Owners(arenas, states))
    }
  }

  private final class Owners {
    let arenas: [Arena]
    let states: [CPUBuffer]
    init(_ arenas: [Arena], _ states: [CPUBuffer]) {
      self.arenas = arenas
      self.states = states
    }
  }

  /// Lets updates be computed in their states' memory; gives those that must be copied at the end.
  private mutating func bindUpdates() -> [(value: ValueID, slot: Int)] {
    var producers: [ValueID: Int] = [:]
    for (index, instruction) in compiler.instructions.enumerated() where index >= compiler.constantCount {
      for result in instruction.results { producers[result] = index }
    }
    var copies: [(value: ValueID, slot: Int)] = []
    for (number, slot) in program.states.enumerated() {
      guard let value = slot.update.map(compiler.fusion.base) else { continue }
      let lastRead = lastRead[slot.value] ?? -1
      if place[value] == nil, let producer = producers[value],
        lastRead < producer
          || (lastRead == producer && compiler.instructions[producer].canWrite(value, over: slot.value))
      {
        place[value] = place[slot.value]
      } else {
        copies.append((value, number))
      }
    }
    return copies
  }

  /// Places constants, which live for ever, and the workspaces of the instructions that compute them.
  private mutating func placeConstants() throws -> [Int] {
    var size = 0
    var offsets: [(ValueID, Int)] = []
    func take(_ byteCount: Int) -> Int {
      defer { size += (byteCount + 63) / 64 * 64 }
      return size
    }
    var workspaces: [Int] = []
    for instruction in compiler.instructions.prefix(compiler.constantCount) {
      for result in instruction.results { offsets.append((result, take(program.graph.type(result).byteCount))) }
      workspaces.append(take(instruction.kernel.workspaceByteCount))
    }
    let arena = try Arena(byteCount: size, for: "the constants of the graph")
    for (value, offset) in offsets { place[value] = arena.base + offset }
    arenas.append(arena)
    workspaceByteCount += size
    return workspaces.map { Int(bitPattern: arena.base) + $0 }
  }

  private mutating func placeTemporaries() throws -> [Int] {
    var bufferOf: [ValueID: Int] = [:]
    var lifetimes: [MemoryPlan.Lifetime] = []
    var workspaces: [Int] = []
    for (index, instruction) in compiler.instructions.enumerated() where index >= compiler.constantCount {
      var taken = Set<Int>()
      for (number, result) in instruction.results.enumerated() where place[result] == nil {
        let byteCount = program.graph.type(result).byteCount
        let last = max(lastRead[result] ?? index, index)
        let inherited = instruction.kernel.inPlace.lazy.filter { $0.result == number }
          .compactMap { bufferOf[instruction.operands[$0.operand]] }
          .first { lifetimes[$0].last == index && lifetimes[$0].byteCount == byteCount && !taken.contains($0) }
        if let inherited {
          lifetimes[inherited].last = last
          taken.insert(inherited)
          bufferOf[result] = inherited
        } else {
          bufferOf[result] = lifetimes.count
          lifetimes.append(.init(byteCount: byteCount, first: index, last: last))
        }
      }
      workspaces.append(lifetimes.count)
      lifetimes.append(.init(byteCount: instruction.kernel.workspaceByteCount, first: index, last: index))
    }
    let plan = MemoryPlan(lifetimes)
    let arena = try Arena(byteCount: plan.byteCount, for: "the values of a step")
    for (value, buffer) in bufferOf { place[value] = arena.base + plan.offsets[buffer] }
    arenas.append(arena)
    workspaceByteCount += plan.byteCount
    return workspaces.map { Int(bitPattern: arena.base) + plan.offsets[$0] }
  }

  private func launches(of instruction: Instruction, workspace: Int) -> [Launch] {
    let fallback = arenas[0].base
    let pointers = Pointers(
      operands: instruction.operands.map { place[$0] ?? fallback },
      results: instruction.results.map { place[$0] ?? fallback },
      workspace: UnsafeMutableRawPointer(bitPattern: workspace) ?? fallback)
    return instruction.kernel.launches(pointers).filter { $0.tiles > 0 }
  }

  /// Copies a value, or writes a constant, to a state at the end of the step.
  private mutating func append(copying value: ValueID, to state: CPUBuffer) {
    if let source = place[value] {
      copiedByteCount += state.type.byteCount
      launches.append(.copying(state.type.byteCount, from: source, to: state.pointer))
    } else if let fill = program.graph.nodes[value.node].operation as? Fill {
      launches += FillKernels.constant(
        fill.value, state.type.scalar, count: state.type.count, to: state.pointer)
    }
    owners += [Int](repeating: compiler.instructions.count, count: launches.count - owners.count)
  }
}

extension Instruction {
  /// Whether a result may be written where an operand lies.
  fileprivate func canWrite(_ result: ValueID, over operand: ValueID) -> Bool {
    kernel.inPlace.contains { results[$0.result] == result && operands[$0.operand] == operand }
  }
}
