import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Walks folders to their bottom, and not around in circles.
enum FolderWalk {
  /// Deeper folders are refused.
  private static let deepest = 64

  /// Calls `found` with each file below a folder, in the order of the names' bytes; hidden files and folders are left out.
  ///
  /// Throws: `MartletError` if a folder cannot be listed or leads back to one above it.
  static func files(below folder: String, above: Set<String> = [], _ found: (String) throws -> Void) throws {
    let here = try entering(folder, above: above)
    for name in try FileSystem.list(folder) where !name.hasPrefix(".") {
      let path = joinPath(folder, name)
      switch FileSystem.kind(of: path) {
      case .folder?: try files(below: path, above: here, found)
      case .file?: try found(path)
      default: break
      }
    }
  }

  /// The real paths of the folders above and of this one.
  ///
  /// Throws: `MartletError` if this is one of those above, or nested too deep.
  static func entering(_ folder: String, above: Set<String>) throws -> Set<String> {
    guard let real = realPath(folder.isEmpty ? "." : folder) else {
      throw MartletError.system("list the folder", folder, errno: errno)
    }
    guard !above.contains(real), above.count < deepest else {
      throw MartletError(
        .inputOutput, "the folder leads back to one above it, or is nested deeper than \(deepest)", at: folder,
        remedy: "Remove the link, or name the folders that are to be read.")
    }
    return above.union([real])
  }

  /// The path without links, nil where nothing is.
  static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}
