import Core
import Foundation
import Tokenizers

/// A file to be read, and what a first look at all of it has shown.
package struct SourceFile: Sendable, Equatable {
  var path: String
  var isJSONL: Bool
  var bytes: Int
  var sha256: [UInt8]
  /// The first byte that is not valid UTF-8.
  var firstBroken: Int?
  /// The first NUL byte.
  var firstNul: Int?
  /// Whether there is nothing but white space.
  var isBlank: Bool

  /// The names of files that are taken from folders.
  static let extensions = ["txt", "text", "md", "markdown", "jsonl", "ndjson"]
  /// Deeper folders are refused.
  private static let deepestFolder = 64

  /// The files that sources name, in order, each once.
  ///
  /// Throws: `MartletError` if a source is missing or cannot be read, or a folder has no text.
  package static func paths(of sources: [String]) throws -> [String] {
    var paths: [String] = []
    var known: Set<String> = []
    for source in sources {
      let before = paths.count
      switch FileSystem.kind(of: source) {
      case .folder?:
        try list(source, above: []) { if known.insert($0).inserted { paths.append($0) } }
        guard paths.count > before || !known.isEmpty else {
          throw MartletError(
            .notFound, "the folder has no files to read", at: source,
            remedy: "Files from folders end in \(extensions.map { ".\($0)" }.joined(separator: ", ")).")
        }
      case nil:
        throw MartletError(
          .notFound, "there is no such file or folder", at: source,
          remedy: "Check the path; relative paths start at the folder where the command runs.")
      default:
        if known.insert(source).inserted { paths.append(source) }
      }
    }
    return paths
  }

  private static func list(_ folder: String, above: Set<String>, _ found: (String) -> Void) throws {
    guard let real = realpath(folder, nil) else { throw MartletError.system("list the folder", folder, errno: errno) }
    defer { free(real) }
    guard !above.contains(String(cString: real)), above.count < deepestFolder else {
      throw MartletError(
        .inputOutput, "the folder leads back to one above it, or is nested deeper than \(deepestFolder)", at: folder,
        remedy: "Remove the link, or name the folders that are to be read.")
    }
    for name in try FileSystem.list(folder) where !name.hasPrefix(".") {
      let path = joinPath(folder, name)
      switch FileSystem.kind(of: path) {
      case .folder?: try list(path, above: above.union([String(cString: real)]), found)
      case .file? where extensions.contains(fileExtension(name)): found(path)
      default: break
      }
    }
  }

  private static func fileExtension(_ name: String) -> String {
    name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last?.lowercased() ?? ""
  }

  /// Reads a file once, for its hash and for what makes a text unfit.
  package static func inspect(_ path: String, _ format: DataSettings.Format, _ progress: (Int) throws -> Void) throws
    -> SourceFile
  {
    let stream = try ByteStream(path)
    let isJSONL =
      format == .jsonl || format == .automatic && ["jsonl", "ndjson"].contains(fileExtension(fileName(of: path)))
    var file = SourceFile(
      path: path, isJSONL: isJSONL, bytes: 0, sha256: [], firstBroken: nil, firstNul: nil, isBlank: true)
    var hash = SHA256()
    var pending: [UInt8] = []
    while true {
      let chunk = try stream.read()
      chunk.withUnsafeBytes { hash.update($0) }
      let start = file.bytes - pending.count
      file.bytes += chunk.count
      pending += chunk
      // A sequence that the end of the chunk cuts is looked at again with the next.
      let complete = chunk.isEmpty ? pending.count : wholeScalarsEnd(pending)
      pending[..<complete].withUnsafeBufferPointer { bytes in
        if file.firstBroken == nil { file.firstBroken = firstInvalidUTF8(in: bytes).map { start + $0 } }
        if file.firstNul == nil { file.firstNul = bytes.firstIndex(of: 0).map { start + $0 } }
        if file.isBlank { file.isBlank = bytes.allSatisfy(isWhiteSpace) }
      }
      pending.removeFirst(complete)
      if chunk.isEmpty { break }
      try progress(chunk.count)
    }
    file.sha256 = hash.finish().bytes
    return file
  }
}

/// ASCII white space: the characters at which lines and words of any text end.
@inline(__always)
func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D }

/// The end of the bytes that a sequence cut off at the end does not belong to.
func wholeScalarsEnd(_ bytes: [UInt8]) -> Int {
  var end = bytes.count
  while end > 0, bytes.count - end < 3, bytes[end - 1] & 0xC0 == 0x80 { end -= 1 }
  guard end > 0 else { return bytes.count }
  return bytes[end - 1] >= 0xC0 ? end - 1 : bytes.count
}
