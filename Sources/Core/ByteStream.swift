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
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { space, count in
      while count < space.count {
        let got = pread(
          descriptor, space.baseAddress.map { $0 + count }, space.count - count, off_t(range.lowerBound + count))
        if got < 0, errno == EINTR { continue }
        failure = got < 0 ? errno : 0
        if got <= 0 { break }
        count += got
      }
    }
    guard failure == 0 else { throw MartletError.system("read", path, errno: failure) }
    return bytes
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
