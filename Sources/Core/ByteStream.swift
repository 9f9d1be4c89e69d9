#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The bytes of a file, read piece by piece.
package final class ByteStream {
  /// The file's name for errors.
  package let path: String
  let descriptor: Int32

  /// Opens a file.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput`.
  package init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw MartletError.system("read", path, errno: errno) }
  }

  deinit { close(descriptor) }

  /// The next bytes, at most `limit`; none at the end.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  package func read(atMost limit: Int = 1 << 18) throws -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { space, count in
      var got = 0
      repeat {
        got = Self.read(descriptor, space.baseAddress, space.count)
        failure = got < 0 ? errno : 0
      } while failure == EINTR
      count = max(0, got)
    }
    guard failure == 0 else { throw MartletError.system("read", path, errno: failure) }
    return bytes
  }

  /// The bytes of a range, wherever the stream is; fewer if the file ends in it.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  package func bytes(_ range: Range<Int>) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: range.count) { space, count in
      count = try FileSystem.read(
        descriptor, to: UnsafeMutableRawBufferPointer(space), at: range.lowerBound, path)
    }
  }

  /// Fills a buffer with the bytes from `offset` on, wherever the stream is.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or `malformedFile` if the file ends before.
  package func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    try FileSystem.fill(buffer, from: descriptor, at: offset, path)
  }

  private static func read(_ descriptor: Int32, _ space: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, space, count)
    #elseif canImport(Musl)
      Musl.read(descriptor, space, count)
    #else
      Darwin.read(descriptor, space, count)
    #endif
  }
}
