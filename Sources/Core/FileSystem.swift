#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The file system in words: every failure is a `MartletError` that names the path.
public enum FileSystem {
  /// What a path leads to.
  public enum Kind: Sendable {
    /// A regular file.
    case file
    /// A folder.
    case folder
    /// A device, a pipe or a socket.
    case other
  }

  /// What `path` leads to, links followed, or nil if nothing is there.
  public static func kind(of path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  /// The size of a file in bytes.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput`.
  public static func size(of path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw MartletError.system("read", path, errno: errno) }
    return Int(status.st_size)
  }

  /// All bytes of a file, which must have at most `limit`.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, or `malformedFile` if the file is larger.
  public static func read(_ path: String, limit: Int) throws -> [UInt8] {
    let stream = try ByteStream(path)
    var status = stat()
    guard fstat(stream.descriptor, &status) == 0 else { throw MartletError.system("read", path, errno: errno) }
    if status.st_mode & S_IFMT == S_IFDIR { throw MartletError.system("read", path, errno: EISDIR) }
    // The size may be wrong (pipes, /proc), so it is only a first guess, and the limit holds for what is read.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(limit, Int(status.st_size)) + 1)
    while true {
      let chunk = try stream.read(atMost: min(1 << 20, limit - bytes.count + 1))
      if chunk.isEmpty { return bytes }
      bytes.append(contentsOf: chunk)
      if bytes.count > limit {
        throw MartletError(
          .malformedFile, "the file is larger than the \(ByteCount(limit)) that are allowed here", at: path,
          remedy: "Check that this is the right file.")
      }
    }
  }

  /// All of a file as text, which must be valid UTF-8; a byte-order mark at its start is dropped.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, or `malformedFile`.
  public static func readText(_ path: String, limit: Int) throws -> String {
    var bytes = try read(path, limit: limit)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw MartletError(.malformedFile, "the text is not valid UTF-8", at: path, remedy: "Convert the file to UTF-8.")
    }
    return text
  }

  /// The bytes that this user can still write to the file system of a folder; the nearest parent that exists counts.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput`.
  public static func freeBytes(at folder: String) throws -> Int {
    var path = folder.isEmpty ? "." : folder
    while kind(of: path) == nil, path != "/", path != "." { path = parentFolder(of: path) }
    var status = statvfs()
    guard statvfs(path, &status) == 0 else {
      throw MartletError.system("ask for the free space", folder, errno: errno)
    }
    let (bytes, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
      by: Int(clamping: status.f_frsize))
    return overflow ? Int.max : bytes
  }

  /// Makes a folder and the folders above it; one that exists is fine.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public static func createFolder(_ path: String) throws {
    if path.isEmpty || kind(of: path) == .folder { return }
    let parent = parentFolder(of: path)
    if parent != path { try createFolder(parent) }
    if mkdir(path, 0o777) != 0 {
      let number = errno
      if number == EEXIST, kind(of: path) == .folder { return }
      throw MartletError.system("create the folder", path, errno: number == EEXIST ? ENOTDIR : number)
    }
  }

  /// The names in a folder, sorted by their bytes, without `.` and `..`.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput`.
  public static func list(_ folder: String) throws -> [String] {
    let path = folder.isEmpty ? "." : folder
    guard let stream = opendir(path) else { throw MartletError.system("list the folder", folder, errno: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withName(of: entry) { String(cString: $0) }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    if errno != 0 { throw MartletError.system("list the folder", folder, errno: errno) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Removes a file, or a folder with all that is in it; links are removed, not followed. Nothing there is fine.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public static func remove(_ path: String) throws {
    if let number = remove(in: AT_FDCWD, path) { throw MartletError.system("remove", path, errno: number) }
  }

  /// Removes by descriptors and raw names, so that odd names work and no link swapped in meanwhile leads elsewhere.
  private static func remove(in parent: Int32, _ name: UnsafePointer<CChar>) -> Int32? {
    if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return nil }
    // Linux says EISDIR for a folder, other systems EPERM.
    guard errno == EISDIR || errno == EPERM else { return errno }
    let refusal = errno
    let folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    if folder < 0 { return errno == ENOTDIR ? refusal : errno }
    guard let stream = fdopendir(folder) else {
      let number = errno
      close(folder)
      return number
    }
    var failure: Int32?
    while failure == nil, let entry = readdir(stream) {
      failure = withName(of: entry) { child in
        if strcmp(child, ".") == 0 || strcmp(child, "..") == 0 { return nil }
        return remove(in: folder, child)
      }
    }
    closedir(stream)
    if let failure { return failure }
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? nil : errno
  }

  private static func withName<R>(
    of entry: UnsafeMutablePointer<dirent>, _ body: (UnsafePointer<CChar>) -> R
  ) -> R {
    // The name runs to its NUL, which may lie before or beyond the declared length of the field.
    let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 0
    return body(UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
  }

  /// The folder that the process runs in, or `.` if the system does not say.
  public static var currentFolder: String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
  }

  /// The folder for temporary files: what `TMPDIR` names, or `/tmp`.
  package static var temporaryFolder: String {
    guard let name = getenv("TMPDIR"), name.pointee != 0 else { return "/tmp" }
    return String(cString: name)
  }

  /// Renames a file or folder within a file system and syncs the folder of the new name.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput`.
  public static func move(_ old: String, to new: String) throws {
    if rename(old, new) != 0 { throw MartletError.system("rename to \(new)", old, errno: errno) }
    try syncFolder(parentFolder(of: new))
  }

  /// Makes the names in a folder durable: after it returns, files made or renamed there survive a power cut.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput`.
  public static func syncFolder(_ folder: String) throws {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw MartletError.system("open the folder", folder, errno: errno) }
    defer { close(descriptor) }
    try sync(descriptor, folder)
  }

  /// Fills a buffer with the bytes of an open file from `offset` on.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or `malformedFile` if the file ends before.
  static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int, _ path: String
  ) throws {
    let filled = try read(descriptor, to: buffer, at: offset, path)
    guard filled == buffer.count else {
      throw MartletError(
        .malformedFile, "the file ends at offset \(offset + filled), where more was expected", at: path,
        remedy: "It was shortened while it was read; run again.")
    }
  }

  /// Reads the bytes of an open file from `offset` on until the buffer is full or the file ends, and gives their number.
  static func read(
    _ descriptor: Int32, to buffer: UnsafeMutableRawBufferPointer, at offset: Int, _ path: String
  ) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      // One call takes at most 2 GiB on Linux.
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...].prefix(1 << 30))
      let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw MartletError.system("read", path, errno: errno) }
      if got == 0 { break }
      filled += got
    }
    return filled
  }

  /// Without this, a file beyond the process limit (`ulimit -f`) ends the process instead of failing with EFBIG.
  static let ignoresFileSizeSignal: Bool = {
    signal(SIGXFSZ, SIG_IGN)
    return true
  }()

  /// Waits until what was written to an open file is on the disk.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  package static func sync(_ descriptor: Int32, _ path: String) throws {
    #if canImport(Darwin)
      // fsync on macOS leaves the bytes in the drive's own cache.
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
    #endif
    while fsync(descriptor) != 0 {
      switch errno {
      case EINTR: continue
      case EINVAL, ENOTSUP: return  // a file system that has nothing to sync
      default: throw MartletError.system("write", path, errno: errno)
      }
    }
  }
}

/// The folder part of a path: `a/b` of `a/b/c`, `.` of `c`, `/` of `/c`.
public func parentFolder(of path: String) -> String {
  let trimmed = trimmingSlashes(path)
  guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return trimmed == "/" ? "/" : "." }
  let parent = trimmingSlashes(String(trimmed[..<slash]))
  return parent.isEmpty ? "/" : parent
}

/// The last part of a path: `c` of `a/b/c` and of `a/b/c/`.
public func fileName(of path: String) -> String {
  let trimmed = trimmingSlashes(path)
  guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return trimmed }
  return String(trimmed[trimmed.utf8.index(after: slash)...])
}

/// `name` inside `folder`; a name that starts at the root stays as it is.
public func joinPath(_ folder: String, _ name: String) -> String {
  if name.utf8.first == UInt8(ascii: "/") || folder.isEmpty { return name }
  return folder.utf8.last == UInt8(ascii: "/") ? folder + name : folder + "/" + name
}

private func trimmingSlashes(_ path: String) -> String {
  var end = path.utf8.endIndex
  while end > path.utf8.startIndex, path.utf8[path.utf8.index(before: end)] == UInt8(ascii: "/") {
    let before = path.utf8.index(before: end)
    if before == path.utf8.startIndex, end == path.utf8.endIndex, path.utf8.count == 1 { break }
    end = before
  }
  return String(path[..<end])
}
