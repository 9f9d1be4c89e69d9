import CPlatform
import Core
import TensorGraph

/// The backend that runs programs on this machine's processor.
///
/// Results have the same bits for any number of threads.
public struct CPU: Backend {
  let pool: WorkerPool
  private let blocks = SharedBlocks()

  /// The number of threads that share the work.
  public var threads: Int { pool.threads }

  /// A backend with a number of threads: one for each available core unless given.
  public init(threads: Int? = nil) { pool = WorkerPool(threads: threads) }

  /// `cpu`.
  public var name: String { "cpu" }

  /// Memory for a tensor, filled with zeros.
  public func makeBuffer(_ type: TensorType) throws -> any Buffer {
    let (pointer, owner) = try blocks.take(type.byteCount, for: "a tensor \(type)")
    return CPUBuffer(type, pointer, owner: owner)
  }

  /// Compiles a program for this processor.
  ///
  /// Throws: `MartletError` where states don't fit, and where the environment variable `MARTLET_INSTRUCTION_SET` names
  /// no instruction set of this processor.
  public func compile(_ program: Program, states: [String: any Buffer]) throws -> any Executable {
    try InstructionSet.checkEnvironment()
    return try CPUExecutable(program, states: states, pool: pool)
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
  private let instructions: [Profile.Instruction]
  private let pool: WorkerPool
  // Launches hold bare pointers: what they point into is kept here.
  private let arenas: [Arena]
  private let states: [CPUBuffer]
  private lazy var recorder = LaunchRecorder(launches, threads: pool.threads)

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
    instructions =
      compiler.instructions.map { $0.description(in: program.graph) } + [
        Profile.Instruction(label: "copy to states", flops: 0, byteCount: 2 * layout.copiedByteCount)
      ]
  }

  func run() throws { pool.run(launches) }

  func profile() throws -> Profile {
    recorder.clear()
    pool.prepare(recorder.launches)
    let start = monotonicNanoseconds()
    pool.run(recorder.launches)
    var profile = Profile(instructions: [], start: start, ends: [], spans: [])
    var last = -1
    for (launch, owner) in owners.enumerated() {
      if owner != last {
        profile.instructions.append(instructions[owner])
        profile.ends.append(profile.end)
        last = owner
      }
      for thread in 0..<pool.threads {
        guard let part = recorder.part(launch: launch, thread: thread) else { continue }
        profile.spans.append(
          Profile.Span(
            instruction: profile.ends.count - 1, thread: thread, start: part.start, end: part.end, tiles: part.tiles))
        profile.ends[profile.ends.count - 1] = max(profile.end, part.end)
      }
    }
    return profile
  }
}

extension Instruction {
  /// What profiles say of the instruction.
  fileprivate func description(in graph: Graph) -> Profile.Instruction {
    let bytes = (operands + results).reduce(0) { $0 + graph.type($1).byteCount }
    return Profile.Instruction(label: label, flops: kernel.flops, byteCount: kernel.touchedByteCount ?? bytes)
  }
}
