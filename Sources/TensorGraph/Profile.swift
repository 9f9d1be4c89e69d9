/// What one run of a program did: when each instruction ended, and what each thread ran meanwhile.
///
/// Times are nanoseconds of a clock that only goes forward.
public struct Profile: Sendable {
  /// Operations that run together.
  public struct Instruction: Sendable {
    /// The names of the operations, joined by plus signs.
    public var label: String
    /// The floating-point operations that it does, as far as these are counted.
    public var flops: Double
    /// The bytes of the tensors that it reads and writes.
    public var byteCount: Int

    /// An instruction.
    public init(label: String, flops: Double, byteCount: Int) {
      self.label = label
      self.flops = flops
      self.byteCount = byteCount
    }
  }

  /// What one thread ran of an instruction, from its first piece of work to its last.
  public struct Span: Sendable {
    /// The index of the instruction.
    public var instruction: Int
    /// The number of the thread; 0 is the caller's.
    public var thread: Int
    /// When it began and ended.
    public var start, end: UInt64
    /// The pieces of work that it ran.
    public var tiles: Int

    /// A stretch of work.
    public init(instruction: Int, thread: Int, start: UInt64, end: UInt64, tiles: Int) {
      self.instruction = instruction
      self.thread = thread
      self.start = start
      self.end = end
      self.tiles = tiles
    }
  }

  /// The instructions in the order in which they ran.
  public var instructions: [Instruction]
  /// When the run began.
  public var start: UInt64
  /// When each instruction ended; the next begins then, so that waiting for a slow thread counts too.
  public var ends: [UInt64]
  /// What the threads ran, in the order of the instructions.
  public var spans: [Span]

  /// The profile of a run.
  public init(instructions: [Instruction], start: UInt64, ends: [UInt64], spans: [Span]) {
    self.instructions = instructions
    self.start = start
    self.ends = ends
    self.spans = spans
  }

  /// When the run ended.
  public var end: UInt64 { ends.last ?? start }

  /// When an instruction began.
  public func start(of instruction: Int) -> UInt64 { instruction == 0 ? start : ends[instruction - 1] }
}

/// What the instructions of one kind took.
public struct InstructionTime: Sendable {
  /// The operations that run together, joined by plus signs.
  public var label: String
  /// How many instructions of this kind ran.
  public var count = 0
  /// The seconds that they took in all.
  public var seconds = 0.0
  /// The floating-point operations that they did, as far as these are counted.
  public var flops = 0.0
  /// The bytes of the tensors that they read and wrote.
  public var bytes = 0.0

  /// The time of a kind of instruction, none so far.
  public init(label: String) { self.label = label }
}

extension Profile {
  /// Adds what the instructions took to a table by label.
  public func add(to table: inout [String: InstructionTime]) {
    for (index, instruction) in instructions.enumerated() {
      var entry = table[instruction.label] ?? InstructionTime(label: instruction.label)
      entry.count += 1
      entry.seconds += Double(ends[index] - start(of: index)) * 1e-9
      entry.flops += instruction.flops
      entry.bytes += Double(instruction.byteCount)
      table[instruction.label] = entry
    }
  }
}

/// An executable that can tell where its time goes.
public protocol ProfiledExecutable: Executable {
  /// Runs the program once, as `run` does, and tells what took how long.
  func profile() throws -> Profile
}
