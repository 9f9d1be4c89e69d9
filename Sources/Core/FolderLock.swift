#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Holds a folder for one process: while the object lives, nobody else gets a lock on the same folder.
///
/// The system drops the lock when the process ends, however it ends, so that no stale lock is left.
public final class FolderLock: Sendable {
  private let descriptor: Int32

  /// Locks `folder` through a file `.lock` in it; the folder is made if it is not there.
  ///
  /// - Parameter purpose: what the holder does, as in "another process is `training` in this folder".
  ///
  /// Throws: `MartletError` with code `resource` if another process holds it, else `inputOutput`.
  public init(_ folder: String, purpose: String) throws {
    try FileSystem.createFolder(folder)
    let path = joinPath(folder, ".lock")
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw MartletError.system("lock", path, errno: errno) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      let holder = (try? FileSystem.read(path, limit: 100)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      close(descriptor)
      guard number == EWOULDBLOCK else { throw MartletError.system("lock", path, errno: number) }
      throw MartletError(
        .resource,
        "another process\(holder.isEmpty ? "" : " (\(holder))") is \(purpose) in this folder", at: folder,
        remedy: "Wait until it ends, or choose another folder.")
    }
    let note = Array("process \(getpid())".utf8)
    _ = ftruncate(descriptor, 0)
    _ = note.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }  // only read by people
  }

  deinit { close(descriptor) }
}
