import CPUBackend
import CPlatform

/// Features of processors, by the names that compilers know them by.
enum Features {
  /// All that this program may ask for.
  static let known: [String] = {
    var names: [String] = []
    while let name = platform_feature_name(Int32(names.count)) { names.append(String(cString: name)) }
    return names
  }()

  /// Those that the kernels in Swift were compiled for. The innermost loops choose their instructions at run time.
  static var compiled: [String] {
    known.enumerated().filter { compiledFeatures() >> UInt32($0.offset) & 1 == 1 }.map(\.element)
  }

  /// Those that the processor has.
  static var present: [String] { known.filter { platform_has_feature($0) } }
}

extension InstructionSet {
  /// The sets to choose from, as `avx512 (available: avx512, avx2, baseline)`.
  static var summary: String {
    "\(current.name) (available: \(available.map(\.name).joined(separator: ", ")))"
  }
}
