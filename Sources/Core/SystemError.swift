#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension MartletError {
  /// The error of a system call on a file, in words, with the path and what to do about it.
  ///
  /// - Parameters:
  ///   - action: what was tried, as in "cannot `write` this file": "read", "write", "create the folder".
  ///   - number: the system's `errno`.
  ///   - needed: how many bytes were to be written, where that is known; said when the disk is full.
  public static func system(_ action: String, _ path: String, errno number: Int32, needed: Int? = nil) -> MartletError {
    var code = Code.inputOutput
    let reason: String
    let remedy: String
    switch number {
    case ENOSPC, EDQUOT:
      let folder = parentFolder(of: path)
      var figures = (try? FileSystem.freeBytes(at: folder)).map { "\(ByteCount($0)) free" } ?? ""
      if let needed { figures += (figures.isEmpty ? "" : ", ") + "\(ByteCount(needed)) needed" }
      reason =
        (number == ENOSPC ? "the disk is full" : "the disk quota of this user is used up")
        + (figures.isEmpty ? "" : " (\(figures))")
      remedy = "Free some space there, or choose a folder on another disk."
    case EACCES, EPERM:
      reason = "permission denied"
      remedy = "Change the permissions, run as a user who has them, or choose another path."
    case EROFS:
      reason = "the file system is mounted read-only"
      remedy = "Choose a folder on a file system that can be written to."
    case EIO:
      reason = "the device reported an input/output error"
      remedy = "Check the disk (see the kernel's log) and choose another one."
    case EFBIG:
      reason =
        "the file would be larger than the file system or the process limit allows"
        + (needed.map { " (\(ByteCount($0)) needed)" } ?? "")
      remedy = "Raise the limit (`ulimit -f unlimited`) or choose another file system."
    case ENOENT:
      code = .notFound
      reason = "no such file or folder"
      remedy = "Check the path; a relative path starts at the folder that the command runs in."
    case ENOTDIR:
      reason = "a part of the path is a file, not a folder"
      remedy = "Check the path."
    case EISDIR:
      reason = "this is a folder, not a file"
      remedy = "Give the path of a file."
    case ENAMETOOLONG:
      reason = "the name is too long"
      remedy = "Choose a shorter path."
    case EMFILE, ENFILE:
      reason = "too many files are open"
      remedy = "Raise the limit (`ulimit -n 4096`)."
    case ENOMEM:
      code = .resource
      reason = "the system has no memory left for it"
      remedy = "Close other programs or use a machine with more memory."
    default:
      reason = String(cString: strerror(number))
      remedy = "Check the path and the file system."
    }
    return MartletError(code, "cannot \(action): \(reason)", at: path, remedy: remedy)
  }
}

/// A number of bytes that prints as a person reads it: `512 bytes`, `1.5 MB`, `12 GB` (powers of ten).
public struct ByteCount: Sendable, Hashable, CustomStringConvertible {
  /// The number of bytes.
  public var bytes: Int

  /// Wraps a number of bytes.
  public init(_ bytes: Int) { self.bytes = bytes }

  /// The number with a unit and one decimal below ten units.
  public var description: String {
    if bytes < 1000 { return bytes == 1 ? "1 byte" : "\(bytes) bytes" }
    var unit = 1000
    var name = "kB"
    for larger in ["MB", "GB", "TB", "PB", "EB"] where bytes / unit >= 1000 {
      unit *= 1000
      name = larger
    }
    let whole = bytes / unit
    let tenth = bytes % unit / (unit / 10)
    return whole < 10 ? "\(whole).\(tenth) \(name)" : "\(whole) \(name)"
  }
}
