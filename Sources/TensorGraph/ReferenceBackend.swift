import Core

/// The backend that interprets programs in double precision: the measure for all others.
public struct ReferenceBackend: Backend {
  /// A reference backend.
  public init() {}

  /// `reference`.
  public var name: String { "reference" }

  /// A buffer in ordinary memory.
  public func makeBuffer(_ type: TensorType) throws -> any Buffer { ReferenceBuffer(type) }

  /// The program with its states, ready to be interpreted.
  public func compile(_ program: Program, states: [String: any Buffer]) throws -> any Executable {
    try verify(program)
    let buffers = try program.states.map { slot in
      guard let buffer = states[slot.name] as? ReferenceBuffer, buffer.type == program.graph.type(slot.value) else {
        throw MartletError(
          .mismatch, "the program needs the state '\(slot.name)' as \(program.graph.type(slot.value)) on this backend")
      }
      return buffer
    }
    return ReferenceExecutable(program, states: buffers)
  }
}

/// Host memory of one tensor, in the tensor's own element type.
final class ReferenceBuffer: Buffer, @unchecked Sendable {
  let type: TensorType
  private var bytes: [UInt8]

  init(_ type: TensorType) {
    self.type = type
    bytes = [UInt8](repeating: 0, count: type.byteCount)
  }

  func write(_ source: UnsafeRawBufferPointer) { bytes.withUnsafeMutableBytes { $0.copyMemory(from: source) } }

  func read(into target: UnsafeMutableRawBufferPointer) { bytes.withUnsafeBytes { target.copyMemory(from: $0) } }

  var tensor: ReferenceTensor {
    get { bytes.withUnsafeBytes { ReferenceTensor(type, bytes: $0) } }
    set { bytes.withUnsafeMutableBytes { newValue.store(into: $0) } }
  }
}

final class ReferenceExecutable: Executable {
  let program: Program
  let inputs: [any Buffer]
  let outputs: [any Buffer]
  var workspaceByteCount: Int { 0 }
  private let states: [ReferenceBuffer]

  init(_ program: Program, states: [ReferenceBuffer]) {
    self.program = program
    self.states = states
    inputs = program.inputs.map { ReferenceBuffer(program.graph.type($0.value)) }
    outputs = program.outputs.map { ReferenceBuffer(program.graph.type($0.value)) }
  }

  func run() throws {
    func tensors(_ names: [String], _ buffers: [any Buffer]) -> [String: ReferenceTensor] {
      var result: [String: ReferenceTensor] = [:]
      for (name, buffer) in zip(names, buffers) { result[name] = (buffer as? ReferenceBuffer)?.tensor }
      return result
    }
    let results = try interpret(
      program, states: tensors(program.states.map(\.name), states),
      inputs: tensors(program.inputs.map(\.name), inputs))
    for (slot, buffer) in zip(program.states, states) where slot.update != nil {
      if let tensor = results.states[slot.name] { buffer.tensor = tensor }
    }
    for (output, buffer) in zip(program.outputs, outputs) {
      if let tensor = results.outputs[output.name] { (buffer as? ReferenceBuffer)?.tensor = tensor }
    }
  }
}

extension ReferenceTensor {
  /// The tensor that lies in memory as elements of its type.
  public init(_ type: TensorType, bytes: UnsafeRawBufferPointer) {
    self.init(type) { index in
      let offset = index * type.scalar.byteCount
      return switch type.scalar {
      case .f32: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Float.self))
      case .f16: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Float16.self))
      case .bf16:
        Double(Float(bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) << 16))
      case .i8: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Int8.self))
      case .i32: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
      case .i64: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))
      case .bool: bytes[offset] != 0 ? 1 : 0
      }
    }
  }

  /// Writes the elements in the tensor's type; numbers out of an integer type's range are cut off.
  public func store(into bytes: UnsafeMutableRawBufferPointer) {
    for (index, value) in values.enumerated() {
      let offset = index * type.scalar.byteCount
      switch type.scalar {
      case .f32: bytes.storeBytes(of: Float(value), toByteOffset: offset, as: Float.self)
      case .f16: bytes.storeBytes(of: Float16(value), toByteOffset: offset, as: Float16.self)
      case .bf16:
        let bits = UInt16(truncatingIfNeeded: Float(round(value, to: .bf16)).bitPattern >> 16)
        bytes.storeBytes(of: bits, toByteOffset: offset, as: UInt16.self)
      case .i8: bytes.storeBytes(of: Int8(truncatingIfNeeded: Int(value)), toByteOffset: offset, as: Int8.self)
      case .i32: bytes.storeBytes(of: Int32(truncatingIfNeeded: Int(value)), toByteOffset: offset, as: Int32.self)
      case .i64: bytes.storeBytes(of: Int64(value), toByteOffset: offset, as: Int64.self)
      case .bool: bytes[offset] = value != 0 ? 1 : 0
      }
    }
  }
}
