import CKernels
import Core
import Glibc

/// The innermost loops, compiled for several instruction sets, of which one is chosen when a process begins.
package struct InstructionSet: @unchecked Sendable {
  private let table: UnsafePointer<kernels_set>

  package var name: String { String(cString: table.pointee.name) }
  /// Whether multiply-adds round once; sets that fuse give the same bits as each other.
  package var fuses: Bool { table.pointee.fuses }

  /// All that the program holds, best first.
  private static let known: [InstructionSet] = {
    var sets: [InstructionSet] = []
    while let table = kernels_at(Int32(sets.count)) { sets.append(InstructionSet(table: table)) }
    return sets
  }()

  /// Those that the processor can run, best first.
  package static let available = known.filter { kernels_run_here($0.table) }

  /// The environment variable that forces one.
  package static let variable = "MARTLET_INSTRUCTION_SET"

  private static var wanted: String? {
    getenv(variable).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The best, or the one that the environment names, if it is available.
  package static let current: InstructionSet = {
    let wanted = Self.wanted
    return available.first { $0.name == wanted } ?? available[0]
  }()

  /// Checks that the set that the environment names, if it names one, is known and that the processor can run it.
  ///
  /// Throws: `MartletError(.invalidArgument)` or `MartletError(.unsupported)`.
  package static func checkEnvironment() throws {
    guard let wanted, !available.contains(where: { $0.name == wanted }) else { return }
    let isKnown = known.contains { $0.name == wanted }
    throw MartletError(
      isKnown ? .unsupported : .invalidArgument,
      isKnown
        ? "this processor cannot run the instruction set '\(wanted)'" : "there is no instruction set '\(wanted)'",
      at: "environment variable \(variable)",
      remedy:
        "This machine has \(available.map(\.name).joined(separator: ", ")); without the variable it uses the first.")
  }

  /// Rows of C that the registers hold.
  var rows: Int { Int(table.pointee.rows) }

  /// Packs `[depth][rows]`, whose rows are `stride` apart, to panels `[depth][self.rows]`.
  func packAcross(
    _ source: UnsafePointer<Float>, _ stride: Int, depth: Int, rows: Int, _ target: UnsafeMutablePointer<Float>
  ) { table.pointee.pack_across(source, stride, depth, rows, target) }

  /// Multiplies packed A with a packed panel of B.
  func multiply(_ panel: inout kernels_panel) { table.pointee.multiply_panel(&panel) }

  /// Multiplies a few rows with a block in the first-level cache.
  func multiply(_ block: inout kernels_block) { table.pointee.multiply_block(&block) }

  /// Turns scores of eight queries, rows `stride` apart, into exponentials of their difference to the largest so far.
  ///
  /// `largest` and `total` are brought up to date, `factor` gets what earlier sums must be multiplied by.
  func exponentiate(
    _ scores: UnsafeMutablePointer<Float>, stride: Int, count: Int, largest: UnsafeMutablePointer<Float>,
    total: UnsafeMutablePointer<Float>, factor: UnsafeMutablePointer<Float>
  ) { table.pointee.exponentiate_column(scores, stride, count, largest, total, factor) }

  /// Turns scores of eight queries into probabilities, and gradients of these into those of scores times `factor`.
  func differentiate(
    _ scores: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>, stride: Int, count: Int,
    logSumExp: UnsafePointer<Float>, products: UnsafePointer<Float>, factor: Float
  ) { table.pointee.differentiate_column(scores, gradients, stride, count, logSumExp, products, factor) }

  /// The sum of `exp(number - maximum)`, which take the numbers' place if kept; writes the maximum.
  func exponentiate(
    _ numbers: UnsafeMutablePointer<Float>, _ count: Int, maximum: UnsafeMutablePointer<Float>, keeps: Bool
  ) -> Float { table.pointee.exponentiate_row(numbers, count, maximum, keeps) }

  /// Computes a function of `count` numbers, a multiple of 16.
  func activate(
    _ function: kernels_activation, _ input: Operand, _ output: UnsafeMutablePointer<Float>, _ count: Int
  ) { table.pointee.activate(function, input.pointer, input.step, output, count) }

  /// Computes GELU or SiLU of `count` numbers, a multiple of 16, and their derivatives there.
  func activate(
    _ function: kernels_activation, _ input: Operand, _ output: UnsafeMutablePointer<Float>,
    derivatives: UnsafeMutablePointer<Float>, _ count: Int
  ) { table.pointee.activate_and_differentiate(function, input.pointer, input.step, output, derivatives, count) }

  /// Floating-point operations in an iteration of `multiplyAdds`.
  var operationsOfIteration: Int { Int(KERNELS_CHAINS) * Int(table.pointee.lanes) * 2 }

  /// Multiply-adds that never leave the registers.
  func multiplyAdds(_ seed: Int, iterations: Int) -> Float { table.pointee.multiply_adds(Float(seed), iterations) }

  /// Multiplies a few rows with the columns of B, read from where it lies.
  package func multiplyRows(_ rows: inout kernels_rows) { table.pointee.multiply_rows(&rows) }

  /// Multiplies a few rows with the rows of a transposed B, read from where it lies.
  package func multiplyRowsTransposed(_ rows: inout kernels_rows) { table.pointee.multiply_rows_transposed(&rows) }
}
