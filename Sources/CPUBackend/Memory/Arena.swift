import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A block of memory straight from the system: zeroed, aligned to pages, in huge pages where the system has them.
final class Arena: @unchecked Sendable {
  /// The beginning of the block.
  let base: UnsafeMutableRawPointer
  /// The size of the block in bytes.
  let byteCount: Int
  private let mapping: UnsafeMutableRawPointer
  private let mappedByteCount: Int

  /// Takes `byteCount` bytes.
  ///
  /// Throws: `MartletError(.resource)` when the system refuses.
  init(byteCount: Int, for purpose: @autoclosure () -> String) throws {
    // Huge pages want an alignment of 2 MiB; small blocks are not worth it.
    let alignment = byteCount >= 4 << 20 ? 2 << 20 : 4096
    let (rounded, overflow) = max(byteCount, 1).addingReportingOverflow(2 * alignment - 1)
    let size = rounded / alignment * alignment
    let memory =
      overflow ? nil : mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else {
      throw MartletError(
        .resource, "there is no memory for \(purpose()) (\(byteCount) bytes)",
        remedy: "Use a smaller model, batch or context, or gradient_checkpointing: true.")
    }
    mapping = memory
    mappedByteCount = size
    let address = (Int(bitPattern: memory) + alignment - 1) / alignment * alignment
    base = memory + (address - Int(bitPattern: memory))
    self.byteCount = byteCount
    #if os(Linux)
      if alignment > 4096 { madvise(base, size - (address - Int(bitPattern: memory)), Int32(MADV_HUGEPAGE)) }
    #endif
  }

  deinit { munmap(mapping, mappedByteCount) }
}
