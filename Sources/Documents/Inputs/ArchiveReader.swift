import CArchive
import Core

/// What an archive holds next.
public enum ArchiveEvent {
  /// A file, to be read before the next is asked for.
  case member(ArchiveMember)
  /// A member that cannot be read.
  case skip(Skip)
}

/// The files in a zip or tar archive, one after another; the tar may be compressed.
///
/// Nothing is ever unpacked to the disk, so the names of members are only names.
public final class ArchiveReader {
  private let archive: OpaquePointer
  private let name: String
  private let endings: Set<String>
  private let source: ArchiveSource
  fileprivate var memberNumber = 0

  /// Whether a file is an archive, by its content.
  ///
  /// Throws: `MartletError` if the file cannot be read.
  public static func isArchive(_ file: InputFile) throws -> Bool {
    if isZip(try front(of: file.openRaw(), 4)) { return true }
    // A damaged stream shows so when it is read.
    let front = (try? front(of: file.open(), 512)) ?? []
    return front.count == 512 && front[257..<262].elementsEqual("ustar".utf8)
  }

  private static func isZip(_ front: [UInt8]) -> Bool {
    front.starts(with: [0x50, 0x4B]) && (front.dropFirst(2) == [3, 4] || front.dropFirst(2) == [5, 6])
  }

  private static func front(of input: any ByteInput, _ count: Int) throws -> [UInt8] {
    var front: [UInt8] = []
    while front.count < count {
      let piece = try input.read()
      if piece.isEmpty { break }
      front += piece
    }
    return Array(front.prefix(count))
  }

  /// Opens an archive; members whose names have none of the endings are left out, as are hidden ones.
  ///
  /// Throws: `MartletError` if the file cannot be read or is no archive.
  public init(_ file: InputFile, endings: Set<String> = InputFile.endings) throws {
    guard let archive = archive_read_new() else {
      throw MartletError(.resource, "libarchive cannot be started", remedy: "Close other programs.")
    }
    self.archive = archive
    self.endings = endings
    name = file.name
    source = ArchiveSource(try file.open())
    archive_read_support_format_zip(archive)
    archive_read_support_format_tar(archive)
    let status: Int32
    // The list of a zip's members is at its end, so the library reads the file itself.
    if let path = file.path, Self.isZip(try Self.front(of: file.openRaw(), 4)) {
      status = archive_read_open_filename(archive, path, 1 << 18)
    } else {
      status = source.open(archive)
    }
    guard status == ARCHIVE_OK else { throw failure() }
  }

  deinit { archive_read_free(archive) }

  /// The next file, nil at the end.
  ///
  /// Throws: `MartletError` if the archive is damaged so that nothing more can be found.
  public func next() throws -> ArchiveEvent? {
    memberNumber += 1
    while true {
      var entry: OpaquePointer?
      let status = archive_read_next_header(archive, &entry)
      if status == ARCHIVE_EOF { return nil }
      guard let entry, status >= ARCHIVE_WARN else { throw failure() }
      guard archive_entry_filetype(entry) == mode_t(0o100000) else { continue }
      let path = archiveEntryName(entry) ?? "member \(memberNumber)"
      let isHidden = path.split(separator: "/").contains { $0.hasPrefix(".") && $0 != "." && $0 != ".." }
      if isHidden || path.hasPrefix("__MACOSX/") || !endings.contains(InputFile.ending(of: path)) { continue }
      if archive_entry_is_data_encrypted(entry) != 0 {
        return .skip(Skip(reason: "encrypted archive member", place: "\(name), \(path)"))
      }
      return .member(ArchiveMember(self, memberNumber, name: path))
    }
  }

  fileprivate func read(_ member: ArchiveMember) throws -> [UInt8] {
    guard member.number == memberNumber else {
      throw MartletError(
        .invalidArgument, "the next member was asked for before this one was read", at: "\(name), \(member.name)")
    }
    var status = 0
    let piece = [UInt8](unsafeUninitializedCapacity: 1 << 18) { space, count in
      repeat { status = archive_read_data(archive, space.baseAddress, space.count) } while status == Int(ARCHIVE_RETRY)
      count = max(0, status)
    }
    if status < 0 { throw failure(in: member.name) }
    return piece
  }

  private func failure(in member: String? = nil) -> any Error {
    if let thrown = source.thrown { return thrown }
    let why = archive_error_string(archive).map { String(cString: $0) } ?? "error \(archive_errno(archive))"
    return MartletError(
      .malformedFile, "the archive cannot be read: \(why)", at: member.map { "\(name), \($0)" } ?? name,
      remedy: "Fetch or write the archive again.")
  }
}

/// A file in an archive; its bytes as they lie there, so that a compressed one is to be decompressed.
public final class ArchiveMember: ByteInput {
  /// The name in the archive.
  public let name: String
  private let reader: ArchiveReader
  fileprivate let number: Int

  fileprivate init(_ reader: ArchiveReader, _ number: Int, name: String) {
    self.reader = reader
    self.number = number
    self.name = name
  }

  /// The next bytes; none at the end.
  ///
  /// Throws: `MartletError` with code `malformedFile`, or `invalidArgument` once the reader's `next` was called.
  public func read() throws -> [UInt8] { try reader.read(self) }
}

/// Gives an input to libarchive.
private final class ArchiveSource {
  private(set) var thrown: (any Error)?
  private let input: any ByteInput
  private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  private var pending: [UInt8] = []

  init(_ input: any ByteInput) { self.input = input }

  deinit { piece.deallocate() }

  func open(_ archive: OpaquePointer) -> Int32 {
    archive_read_open(
      archive, Unmanaged.passUnretained(self).toOpaque(), nil,
      { _, context, start in
        guard let context else { return -1 }
        return Unmanaged<ArchiveSource>.fromOpaque(context).takeUnretainedValue().next(start)
      }, nil)
  }

  /// The library keeps the address until it asks for more.
  private func next(_ start: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
    do {
      if pending.isEmpty { pending = try input.read() }
    } catch {
      thrown = error
      return -1
    }
    let count = min(pending.count, piece.count)
    pending.withUnsafeBytes { piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    pending.removeFirst(count)
    start?.pointee = UnsafeRawPointer(piece.baseAddress)
    return count
  }
}
