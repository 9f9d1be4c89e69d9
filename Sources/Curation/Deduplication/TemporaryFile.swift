import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file without a name that bytes are appended to and read from at any place; nothing is left of it, whatever happens
/// to the process.
final class TemporaryFile {
  private let folder: String
  private let descriptor: Int32
  private(set) var count = 0

  /// Without this, a file beyond the process limit (`ulimit -f`) ends the process instead of failing with EFBIG.
  private static let ignoresFileSizeSignal: Bool = {
    signal(SIGXFSZ, SIG_IGN)
    return true
  }()

  /// Makes a file in a folder.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput`.
  init(in folder: String) throws {
    _ = Self.ignoresFileSizeSignal
    self.folder = folder
    var path = Array(joinPath(folder, ".sorting-XXXXXX").utf8CString)
    descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw MartletError.system("make a temporary file", folder, errno: errno) }
    unlink(path)
  }

  deinit { close(descriptor) }

  /// Appends bytes.
  ///
  /// Throws: `MartletError` with code `resource` if the disk has no room for them, or `inputOutput`.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    let free = try FileSystem.freeBytes(at: folder)
    guard free >= bytes.count else {
      throw MartletError(
        .resource,
        "there is no room for what does not fit in memory (\(ByteCount(free)) free, \(ByteCount(bytes.count)) needed)",
        at: folder, remedy: "Free some space there, choose another folder, or allow more memory.")
    }
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...].prefix(1 << 30))
      let result = pwrite(descriptor, rest.baseAddress, rest.count, off_t(count + written))
      if result < 0 {
        if errno == EINTR { continue }
        throw MartletError.system("write a temporary file in", joinPath(folder, "."), errno: errno, needed: bytes.count)
      }
      written += result
    }
    count += bytes.count
  }

  /// Fills a buffer with the bytes from `offset` on.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    try Self.read(descriptor, buffer, at: offset, path: folder)
  }

  /// Fills a buffer with the bytes of a file from `offset` on.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or `malformedFile` if the file ends before.
  static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer, at offset: Int, path: String) throws {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...].prefix(1 << 30))
      let result = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
      if result < 0 {
        if errno == EINTR { continue }
        throw MartletError.system("read", path, errno: errno)
      }
      if result == 0 {
        throw MartletError(
          .malformedFile, "the file ends at offset \(offset + filled), where more was expected", at: path,
          remedy: "It was shortened while it was read; run again.")
      }
      filled += result
    }
  }
}
