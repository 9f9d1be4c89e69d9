import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file without a name that bytes are appended to and read from at any place, by any thread; nothing is left of it,
/// whatever happens to the process.
package final class TemporaryFile: Sendable {
  private let folder: String
  private let descriptor: Int32
  private let end = Mutex(0)

  /// Makes a file in a folder.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput`.
  package init(in folder: String = FileSystem.temporaryFolder) throws {
    _ = FileSystem.ignoresFileSizeSignal
    self.folder = folder
    var path = Array(joinPath(folder, ".martlet-XXXXXX").utf8CString)
    descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw MartletError.system("make a temporary file", folder, errno: errno) }
    unlink(path)
  }

  deinit { close(descriptor) }

  /// How many bytes there are.
  package var count: Int { end.withLock { $0 } }

  /// Appends bytes.
  ///
  /// Throws: `MartletError` with code `resource` if the disk has no room for them, or `inputOutput`.
  package func append(_ bytes: UnsafeRawBufferPointer) throws {
    let free = try FileSystem.freeBytes(at: folder)
    guard free >= bytes.count else {
      throw MartletError(
        .resource,
        "there is no room for what does not fit in memory (\(ByteCount(free)) free, \(ByteCount(bytes.count)) needed)",
        at: folder,
        remedy: "Free some space there, choose another folder (TMPDIR names that of the system), or allow more memory.")
    }
    try end.withLock { end in
      var written = 0
      while written < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[written...].prefix(1 << 30))
        let result = pwrite(descriptor, rest.baseAddress, rest.count, off_t(end + written))
        if result < 0 {
          if errno == EINTR { continue }
          throw MartletError.system(
            "write a temporary file in", joinPath(folder, "."), errno: errno, needed: bytes.count)
        }
        written += result
      }
      end += written
    }
  }

  /// Fills a buffer with the bytes from `offset` on.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  package func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    try FileSystem.fill(buffer, from: descriptor, at: offset, folder)
  }

  /// The bytes of a range.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  package func bytes(_ range: Range<Int>) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: range.count) { space, count in
      try read(UnsafeMutableRawBufferPointer(space), at: range.lowerBound)
      count = range.count
    }
  }
}
