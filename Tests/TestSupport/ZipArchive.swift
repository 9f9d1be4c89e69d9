import CArchive

/// A zip archive of files, compressed.
public func zipArchive(of files: [(name: String, content: [UInt8])]) -> [UInt8] {
  guard let archive = archive_write_new() else { return [] }
  defer { archive_write_free(archive) }
  archive_write_set_format_zip(archive)
  let size = files.reduce(1 << 16) { $0 + $1.content.count + 2 * $1.name.utf8.count + 1000 }
  return [UInt8](unsafeUninitializedCapacity: size) { space, count in
    archive_write_open_memory(archive, space.baseAddress, space.count, &count)
    for (name, content) in files {
      let entry = archive_entry_new()
      archive_entry_set_pathname_utf8(entry, name)
      archive_entry_set_size(entry, Int64(content.count))
      archive_entry_set_filetype(entry, 0o100000)
      archive_entry_set_perm(entry, 0o644)
      archive_write_header(archive, entry)
      archive_write_data(archive, content, content.count)
      archive_entry_free(entry)
    }
    archive_write_close(archive)
  }
}
