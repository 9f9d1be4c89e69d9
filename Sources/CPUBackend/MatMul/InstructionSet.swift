import CKernels
import Glibc

/// The inner loops of products, compiled for several instruction sets, of which one is chosen when a process begins.
package struct InstructionSet: @unchecked Sendable {
  private let table: UnsafePointer<kernels_set>

  package var name: String { String(cString: table.pointee.name) }
  /// Whether multiply-adds round once; sets that fuse give the same bits as each other.
  package var fuses: Bool { table.pointee.fuses }

  /// Those that the program holds and the processor can run, best first.
  package static let available: [InstructionSet] = {
    var sets: [InstructionSet] = []
    var index: Int32 = 0
    while let table = kernels_at(index) {
      if kernels_run_here(table) { sets.append(InstructionSet(table: table)) }
      index += 1
    }
    return sets
  }()

  /// The environment variable that forces one.
  package static let variable = "MARTLET_INSTRUCTION_SET"

  /// The best, or the one that the environment names, if it is available.
  package static let current: InstructionSet = {
    let wanted = getenv(variable).map { String(cString: $0) }
    return available.first { $0.name == wanted } ?? available[0]
  }()

  /// Rows of C that the registers hold.
  var rows: Int { Int(table.pointee.rows) }

  /// Packs `[depth][rows]`, whose rows are `stride` apart, to panels `[depth][self.rows]`.
  func packAcross(
    _ source: UnsafePointer<Float>, _ stride: Int, depth: Int, rows: Int, _ target: UnsafeMutablePointer<Float>
  ) { table.pointee.pack_across(source, stride, depth, rows, target) }

  /// Multiplies packed A with a packed panel of B.
  func multiply(_ panel: inout kernels_panel) { table.pointee.multiply_panel(&panel) }
}
