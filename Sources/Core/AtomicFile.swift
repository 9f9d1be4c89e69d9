import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes files so that a reader, a crash or a full disk finds the old content or the new one, never a part.
///
/// The bytes go to a temporary name in the same folder; the file is synced, renamed over the final name, and the
/// folder is synced. When anything fails, the temporary file is removed and the old file stays as it was.
public enum AtomicFile {
  /// What was written: the size and, where it was asked for, the hash of the content.
  public struct Receipt: Sendable, Equatable {
    /// The size of the file in bytes.
    public let bytes: Int
    /// The SHA-256 of the content in hexadecimal digits, or nil if no hash was asked for.
    public let sha256: String?
  }

  /// Writes `text` as UTF-8 to `path`.
  ///
  /// Throws: `MartletError` with code `inputOutput` or `notFound`.
  public static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  /// Writes `bytes` to `path`.
  ///
  /// Throws: `MartletError` with code `inputOutput` or `notFound`.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try bytes.withUnsafeBytes { buffer in
      _ = try write(to: path, expecting: buffer.count) { try $0.append(buffer) }
    }
  }

  /// Writes what `body` appends to `path`, in constant memory.
  ///
  /// - Parameters:
  ///   - expecting: the size of the finished file where it is known, said in the error of a full disk.
  ///   - hashing: whether the receipt has the SHA-256 of the content.
  ///
  /// Throws: `MartletError` with code `inputOutput` or `notFound`, or whatever `body` throws; the temporary file is
  /// gone then, and a file that had the name before is untouched.
  @discardableResult
  public static func write(
    to path: String, expecting: Int? = nil, hashing: Bool = false, _ body: (FileWriter) throws -> Void
  ) throws -> Receipt {
    let temporary = temporaryName(for: path)
    let writer = try FileWriter(creating: temporary, finalPath: path, expecting: expecting, hashing: hashing)
    do {
      try body(writer)
      let receipt = try writer.finish()
      guard rename(temporary, path) == 0 else { throw MartletError.system("write", path, errno: errno) }
      try FileSystem.syncFolder(parentFolder(of: path))
      return receipt
    } catch {
      writer.abandon()
      unlink(temporary)
      throw error
    }
  }

  /// Removes the temporary files that killed processes left in a folder, for who holds the folder's lock.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public static func removeLeftovers(in folder: String) throws {
    for name in try FileSystem.list(folder) where isTemporary(name) { try FileSystem.remove(joinPath(folder, name)) }
  }

  /// Whether a file's name is one that `temporaryName` makes.
  private static func isTemporary(_ name: String) -> Bool {
    guard name.hasPrefix("."), let mark = name.utf8.lastIndex(of: UInt8(ascii: "t")) else { return false }
    let end = name[mark...]
    guard end.hasPrefix("tmp-"), name[..<mark].hasSuffix(".") else { return false }
    let numbers = end.dropFirst(4).split(separator: "-", omittingEmptySubsequences: false)
    return numbers.count == 2 && numbers.allSatisfy { Int($0) != nil }
  }

  private static let counter = Atomic<Int>(0)

  /// A name in the folder of `path` that no other writer, thread or process, uses.
  static func temporaryName(for path: String) -> String {
    let number = counter.add(1, ordering: .relaxed).newValue
    // File systems allow 255 bytes a name; what is cut off a long one is not needed to be unique.
    let name = String(decoding: fileName(of: path).utf8.prefix(180), as: UTF8.self)
    return joinPath(parentFolder(of: path), ".\(name).tmp-\(getpid())-\(number)")
  }
}

/// Appends bytes to a file that is being written, with a buffer, and notes their hash if asked.
public final class FileWriter {
  /// The final path of the file, named in errors.
  public let path: String
  /// How many bytes were appended so far.
  public private(set) var count = 0

  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private var hash: SHA256?
  private let expecting: Int?

  private static let bufferSize = 1 << 18

  init(creating temporary: String, finalPath: String, expecting: Int?, hashing: Bool) throws {
    _ = FileSystem.ignoresFileSizeSignal
    path = finalPath
    self.expecting = expecting
    hash = hashing ? SHA256() : nil
    if let kind = FileSystem.kind(of: finalPath), kind == .folder {
      throw MartletError.system("write", finalPath, errno: EISDIR)
    }
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw MartletError.system("write", finalPath, errno: errno, needed: expecting) }
  }

  /// Goes on with a file at `length`; what is behind is cut off. `synchronize` makes what was appended last.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or `corrupted` if the file is shorter.
  public init(resuming path: String, at length: Int, hashing: Bool = false) throws {
    _ = FileSystem.ignoresFileSizeSignal
    self.path = path
    expecting = nil
    count = length
    if hashing {
      var hash = SHA256()
      var rest = length
      if rest > 0 {
        let stream = try ByteStream(path)
        while rest > 0 {
          let piece = try stream.read(atMost: min(rest, 1 << 20))
          if piece.isEmpty { break }
          piece.withUnsafeBytes { hash.update($0) }
          rest -= piece.count
        }
      }
      self.hash = hash
    }
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw MartletError.system("write", path, errno: errno) }
    guard try FileSystem.size(of: path) >= length else {
      throw MartletError(
        .corrupted, "the file is shorter than it was left", at: path, remedy: "Remove it and start again.")
    }
    guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, off_t(length), SEEK_SET) >= 0 else {
      throw MartletError.system("write", path, errno: errno)
    }
  }

  /// Writes out what is buffered and waits until it is on the disk.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func synchronize() throws {
    try flush()
    try FileSystem.sync(descriptor, path)
  }

  /// Writes out what is buffered, syncs and closes; for files that were resumed, which have their final name already.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func close() throws -> AtomicFile.Receipt { try finish() }

  deinit { abandon() }

  /// Appends bytes.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func append(_ bytes: UnsafeRawBufferPointer) throws {
    hash?.update(bytes)
    count += bytes.count
    if bytes.count >= Self.bufferSize {
      try flush()
      try writeOut(bytes)
    } else {
      buffer.append(contentsOf: bytes)
      if buffer.count >= Self.bufferSize { try flush() }
    }
  }

  /// Appends bytes.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func append(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try append($0) }
  }

  /// Appends text as UTF-8.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func append(_ text: String) throws {
    try append(Array(text.utf8))
  }

  private func flush() throws {
    if buffer.isEmpty { return }
    try buffer.withUnsafeBytes { try writeOut($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeOut(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      // One call takes at most 2 GiB on Linux.
      let written = Self.write(descriptor, UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30)))
      if written < 0 {
        if errno == EINTR { continue }
        throw MartletError.system("write", path, errno: errno, needed: max(expecting ?? 0, count))
      }
      rest = rest.dropFirst(written)
    }
  }

  @discardableResult
  private static func close(_ descriptor: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.close(descriptor)
    #elseif canImport(Musl)
      Musl.close(descriptor)
    #else
      Darwin.close(descriptor)
    #endif
  }

  private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #elseif canImport(Musl)
      Musl.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }

  /// Writes out what is buffered, syncs and closes.
  func finish() throws -> AtomicFile.Receipt {
    try flush()
    try FileSystem.sync(descriptor, path)
    let closing = descriptor
    descriptor = -1
    // Network file systems report a failed write as late as here.
    if Self.close(closing) != 0 { throw MartletError.system("write", path, errno: errno, needed: count) }
    return AtomicFile.Receipt(bytes: count, sha256: hash?.finish().hex)
  }

  func abandon() {
    if descriptor >= 0 { Self.close(descriptor) }
    descriptor = -1
  }
}
