#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file whose bytes are in the address space, read from the disk as they are touched; it can't be written.
///
/// The file must not be shortened while it is mapped; files that Martlet writes are replaced as a whole, so that a
/// mapping keeps the old content.
public final class MappedFile: Sendable {
  /// The path that was opened.
  public let path: String
  /// The size of the file in bytes.
  public let count: Int

  // Nothing writes to the memory, so that any thread may read it.
  private nonisolated(unsafe) let start: UnsafeRawPointer?

  /// Maps a file.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, or `malformedFile` if it is no regular file.
  public init(_ path: String) throws {
    // Opening a pipe would otherwise wait for somebody to write to it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw MartletError.system("read", path, errno: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw MartletError.system("read", path, errno: errno) }
    if status.st_mode & S_IFMT == S_IFDIR { throw MartletError.system("read", path, errno: EISDIR) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw MartletError(
        .malformedFile, "this is a device or a pipe, not a file", at: path, remedy: "Give the path of a regular file.")
    }
    self.path = path
    count = Int(status.st_size)
    if count == 0 {
      start = nil
    } else {
      guard let memory = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
        throw MartletError.system("map", path, errno: errno)
      }
      start = UnsafeRawPointer(memory)
    }
  }

  deinit {
    if let start { munmap(UnsafeMutableRawPointer(mutating: start), count) }
  }

  /// All bytes; the buffer must not be used longer than the file object lives.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  /// Calls `body` with the bytes at `range`.
  ///
  /// Throws: `MartletError` with code `malformedFile` if the range leaves the file, or what `body` throws.
  public func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    try check(range.lowerBound, range.count)
    return try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
  }

  /// The little-endian integer at `offset`, which needs no alignment.
  ///
  /// Throws: `MartletError` with code `malformedFile` if it leaves the file.
  public func integer<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) throws -> T {
    let size = MemoryLayout<T>.size
    try check(offset, size)
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  private func check(_ offset: Int, _ size: Int) throws {
    // Written so that no sum can overflow.
    guard offset >= 0, size >= 0, offset <= count, size <= count - offset else {
      throw MartletError(
        .malformedFile, "\(size) bytes at offset \(offset) lie beyond the end of the file (\(count) bytes)", at: path,
        remedy: "The file is truncated or damaged; copy or download it again.")
    }
  }
}
