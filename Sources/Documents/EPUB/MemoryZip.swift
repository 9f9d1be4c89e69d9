import CArchive
import Core

/// A zip archive in memory, whose files are read with limits, because what it says of its sizes may be a lie.
struct MemoryZip {
  /// Why a file cannot be read.
  enum Failure: Error, Equatable {
    case encrypted
    case damaged
    /// A file is larger than allowed.
    case tooLarge
    /// All that was unpacked is larger than allowed, or than the archive makes likely.
    case bomb
  }

  private let bytes: [UInt8]
  /// How much may be unpacked of one file.
  private let largestFile: Int
  /// How much may still be unpacked.
  private var budget: Int

  /// More files than this are not looked at.
  private static let mostFiles = 1 << 16
  /// Books of text and images shrink to a half or a tenth.
  private static let likelyRatio = 100

  /// An archive; nil if the bytes don't begin like one.
  init?(_ bytes: [UInt8], largestFile: Int, largestTotal: Int) {
    guard bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) else { return nil }
    self.bytes = bytes
    self.largestFile = largestFile
    let (likely, overflow) = bytes.count.multipliedReportingOverflow(by: Self.likelyRatio)
    budget = min(largestTotal, max(1 << 24, overflow ? .max : likely))
  }

  /// Calls `body` with each file that `wanted` chooses by its name: its content, or why it cannot be read.
  ///
  /// Returns false if the archive is damaged, so that there may be more files.
  mutating func read(
    _ wanted: (String) -> Bool, _ body: (String, Result<[UInt8], Failure>) throws -> Void
  ) rethrows -> Bool {
    guard let archive = archive_read_new() else { return false }
    defer { archive_read_free(archive) }
    archive_read_support_format_zip(archive)
    return try bytes.withUnsafeBytes { space in
      guard archive_read_open_memory(archive, space.baseAddress, space.count) == ARCHIVE_OK else { return false }
      for _ in 0..<Self.mostFiles {
        var entry: OpaquePointer?
        let status = archive_read_next_header(archive, &entry)
        if status == ARCHIVE_EOF { return true }
        guard status >= ARCHIVE_WARN, let entry else { return false }
        guard archive_entry_filetype(entry) == mode_t(0o100000), let name = archiveEntryName(entry), wanted(name) else {
          continue
        }
        if archive_entry_is_data_encrypted(entry) != 0 || archive_entry_is_metadata_encrypted(entry) != 0 {
          try body(name, .failure(.encrypted))
        } else {
          try body(name, content(archive))
        }
        if budget <= 0 { return false }
      }
      return true
    }
  }

  private mutating func content(_ archive: OpaquePointer) -> Result<[UInt8], Failure> {
    var content: [UInt8] = []
    while true {
      var status = 0
      let piece = [UInt8](unsafeUninitializedCapacity: 1 << 16) { space, count in
        status = archive_read_data(archive, space.baseAddress, space.count)
        count = max(0, status)
      }
      if status < 0 { return .failure(.damaged) }
      if status == 0 { return .success(content) }
      content += piece
      budget -= piece.count
      if budget <= 0 { return .failure(.bomb) }
      if content.count > largestFile { return .failure(.tooLarge) }
    }
  }
}

/// The name of a member: UTF-8 where the archive says so, otherwise its bytes as UTF-8 with repairs.
func archiveEntryName(_ entry: OpaquePointer) -> String? {
  (archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)).map { String(cString: $0) }
}
