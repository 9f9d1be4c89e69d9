import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that is being fetched, held by one process or thread at a time.
final class PartFile {
  let path: String
  /// How many bytes there are; what is written goes behind them.
  private(set) var count: Int
  private let descriptor: Int32

  /// Opens or makes the file; waits, calling `tick`, while another holds it.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or what `tick` throws.
  init(_ path: String, _ tick: () throws -> Void) throws {
    self.path = path
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw MartletError.system("write", path, errno: errno) }
      do {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
          guard errno == EWOULDBLOCK || errno == EINTR else { throw MartletError.system("lock", path, errno: errno) }
          try tick()
          usleep(100_000)
        }
        var opened = stat()
        var named = stat()
        guard fstat(descriptor, &opened) == 0 else { throw MartletError.system("write", path, errno: errno) }
        // Who held it before may have renamed or removed it.
        if stat(path, &named) == 0, named.st_ino == opened.st_ino, named.st_dev == opened.st_dev {
          self.descriptor = descriptor
          count = Int(opened.st_size)
          return
        }
      } catch {
        close(descriptor)
        throw error
      }
      close(descriptor)
    }
  }

  deinit { close(descriptor) }

  /// Appends bytes.
  ///
  /// Throws: `MartletError` with code `inputOutput`; what fitted stays.
  func append(_ bytes: UnsafeRawBufferPointer, expecting total: Int?) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = pwrite(descriptor, rest.baseAddress, rest.count, count)
      if written < 0 {
        if errno == EINTR { continue }
        throw MartletError.system("write", path, errno: errno, needed: total.map { max(0, $0 - count) })
      }
      count += written
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Drops all bytes.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  func truncate() throws {
    guard ftruncate(descriptor, 0) == 0 else { throw MartletError.system("write", path, errno: errno) }
    count = 0
  }

  /// The SHA-256 of the file in hexadecimal digits.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  func hash() throws -> String {
    let stream = try ByteStream(path)
    var hash = SHA256()
    while true {
      let piece = try stream.read()
      if piece.isEmpty { return hash.finish().hex }
      piece.withUnsafeBytes { hash.update($0) }
    }
  }

  /// Makes the bytes durable.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  func sync() throws { try FileSystem.sync(descriptor, path) }
}
