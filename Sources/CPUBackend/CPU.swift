import CPlatform
import Core
import TensorGraph

/// The backend that runs programs on this machine's processor.
///
/// Results have the same bits for any number of threads.
public struct CPU: Backend {
  let pool: WorkerPool

  /// The number of threads that share the work.
  public var threads: Int { pool.threads }

  /// A backend with a number of threads: one for each available core unless given.
  public init(threads: Int? = nil) { pool = WorkerPool(threads: threads) }

  /// `cpu`.
  public var name: String { "cpu" }

  /// Memory for a tensor, filled with zeros.
  public func makeBuffer(_ type: TensorType) throws -> any Buffer { try CPUBuffer(type, for: "a tensor \(type)") }

  /// Compiles a program for this processor.
  public func compile(_ program: Program, states: [String: any Buffer]) throws -> any Executable {
    try CPUExecutable(program, states: states, pool: pool)
  }
}

/// A program compiled for the CPU: launches over fixed memory.
final class CPUExecutable: ProfiledExecutable {
  let program: Program
  let inputs: [any Buffer]
  let outputs: [any Buffer]
  let workspaceByteCount: Int
  private let launches: [Launch]
  private let owners: [Int]
  private let instructions: [(label: String, flops: Double)]
  private let pool: WorkerPool
  // Launches hold bare pointers: what they point into is kept here.
  private let arenas: [Arena]
  private let states: [CPUBuffer]

  init(_ source: Program, states: [String: any Buffer], pool: WorkerPool) throws {
    let compiler = try Compiler(source)
    let program = compiler.program
    let buffers = try program.states.map { slot in
      let type = program.graph.type(slot.value)
      guard let buffer = states[slot.name] as? CPUBuffer else {
        throw MartletError(.mismatch, "the program needs the state '\(slot.name)' in memory of the CPU backend")
      }
      guard buffer.type == type else {
        throw MartletError(.mismatch, "the state '\(slot.name)' is \(buffer.type), the program needs \(type)")
      }
      return buffer
    }
    let layout = try Layout(compiler, states: buffers)
    pool.prepare(layout.constantLaunches + layout.launches)
    pool.run(layout.constantLaunches)
    self.program = program
    self.pool = pool
    self.states = buffers
    inputs = layout.inputs
    outputs = layout.outputs
    workspaceByteCount = layout.workspaceByteCount
    launches = layout.launches
    owners = layout.owners
    arenas = layout.arenas
    instructions = compiler.instructions.map { ($0.label, $0.kernel.flops) } + [("copy to states", 0)]
  }

  func run() throws { pool.run(launches) }

  func profile() throws -> [InstructionTime] {
    var seconds = [Double](repeating: 0, count: instructions.count)
    pool.profile(launches) { launch, nanoseconds in seconds[owners[launch]] += Double(nanoseconds) * 1e-9 }
    var table: [String: InstructionTime] = [:]
    for index in Set(owners) {
      let (label, flops) = instructions[index]
      var entry = table[label] ?? InstructionTime(label: label, count: 0, seconds: 0, flops: 0)
      entry.count += 1
      entry.seconds += seconds[index]
      entry.flops += flops
      table[label] = entry
    }
    return table.values.sorted { $0.seconds > $1.seconds }
  }
}
