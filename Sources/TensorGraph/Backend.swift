/// Memory on a device that holds one tensor.
public protocol Buffer: AnyObject, Sendable {
  /// The tensor's type.
  var type: TensorType { get }
  /// Copies bytes of the tensor's size to the device.
  func write(_ bytes: UnsafeRawBufferPointer)
  /// Copies the tensor to the host.
  func read(into bytes: UnsafeMutableRawBufferPointer)
}

extension Buffer {
  /// Copies an array of elements to the device; its size in bytes must be the tensor's.
  public func write<Element: BitwiseCopyable>(_ elements: [Element]) { elements.withUnsafeBytes(write) }

  /// The tensor's elements as an array.
  public func read<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>(as element: Element.Type) -> [Element] {
    var elements = [Element](repeating: 0, count: type.byteCount / MemoryLayout<Element>.stride)
    elements.withUnsafeMutableBytes(read(into:))
    return elements
  }
}

/// A program compiled for a device, with its memory.
public protocol Executable: AnyObject {
  /// The program as it runs, after rewrites.
  var program: Program { get }
  /// Memory of each input, in the program's order.
  var inputs: [any Buffer] { get }
  /// Memory of each output, in the program's order; valid until the next run.
  var outputs: [any Buffer] { get }
  /// Bytes of device memory that the executable takes beyond the states.
  var workspaceByteCount: Int { get }
  /// Runs the program once and waits for its end.
  func run() throws
}

extension Executable {
  /// The memory of the input `name`.
  public func input(_ name: String) -> (any Buffer)? {
    program.inputs.firstIndex { $0.name == name }.map { inputs[$0] }
  }

  /// The memory of the output `name`.
  public func output(_ name: String) -> (any Buffer)? {
    program.outputs.firstIndex { $0.name == name }.map { outputs[$0] }
  }
}

/// A device that runs programs: the CPU, or an accelerator behind a plugin.
public protocol Backend: Sendable {
  /// The name that people choose it by: `cpu`.
  var name: String { get }
  /// Takes memory for a tensor, filled with zeros.
  ///
  /// Throws: `MartletError(.resource)` when there is not enough.
  func makeBuffer(_ type: TensorType) throws -> any Buffer
  /// Compiles a program that works on the given states, one buffer for each state slot by name.
  ///
  /// Throws: `MartletError` when a state is missing, an operation is unknown to the backend, or memory is short.
  func compile(_ program: Program, states: [String: any Buffer]) throws -> any Executable
}
