import TensorGraph

/// How one instruction runs: what it needs beside its operands, and how its launches are made once the memory of all
/// values is known.
struct Kernel {
  /// Bytes of memory that only this instruction uses.
  var workspaceByteCount = 0
  /// Results that may take the place of an operand that nobody reads afterwards.
  var inPlace: [(result: Int, operand: Int)] = []
  /// Floating-point operations, for profiles.
  var flops = 0.0
  /// Bytes of operands and results that it touches, for profiles; nil where it touches them whole.
  var touchedByteCount: Int?
  /// Makes the launches.
  var launches: (Pointers) -> [Launch]
}

/// The memory of an instruction's operands and results.
struct Pointers {
  let operands: [UnsafeMutableRawPointer]
  let results: [UnsafeMutableRawPointer]
  let workspace: UnsafeMutableRawPointer

  /// An operand as 32-bit numbers.
  func input(_ index: Int) -> UnsafeMutablePointer<Float> { operands[index].assumingMemoryBound(to: Float.self) }
  /// An operand as 32-bit integers.
  func integers(_ index: Int) -> UnsafePointer<Int32> {
    UnsafePointer(operands[index].assumingMemoryBound(to: Int32.self))
  }
  /// A result as 32-bit numbers.
  func output(_ index: Int) -> UnsafeMutablePointer<Float> { results[index].assumingMemoryBound(to: Float.self) }
  /// The workspace as 32-bit numbers.
  var floats: UnsafeMutablePointer<Float> { workspace.assumingMemoryBound(to: Float.self) }
}
