import TensorGraph

/// Memory of one tensor: a block of its own, or a place within memory that an owner keeps alive.
final class CPUBuffer: Buffer, @unchecked Sendable {
  let type: TensorType
  let pointer: UnsafeMutableRawPointer
  private let owner: AnyObject?

  init(_ type: TensorType, _ pointer: UnsafeMutableRawPointer, owner: AnyObject?) {
    self.type = type
    self.pointer = pointer
    self.owner = owner
  }

  /// A buffer of its own, filled with zeros.
  convenience init(_ type: TensorType, for purpose: @autoclosure () -> String) throws {
    let arena = try Arena(byteCount: type.byteCount, for: purpose())
    self.init(type, arena.base, owner: arena)
  }

  func write(_ bytes: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(start: pointer, count: type.byteCount).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: bytes.prefix(type.byteCount)))
  }

  func read(into bytes: UnsafeMutableRawBufferPointer) {
    bytes.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(type.byteCount, bytes.count)))
  }
}
