import Core
import Documents

/// A file to be read, and what a first look at it has shown.
package struct SourceFile: Sendable {
  let file: InputFile
  let identity: InputFile.Identity
  let format: SourceFormat
  /// The place of its source in the list of sources.
  let source: Int
  /// The licence of documents that bring none.
  let licence: String?

  /// The path or address.
  package var path: String { file.name }
  var bytes: Int { identity.size }
  var sha256: String { identity.sha256 }

  /// A reader of the records. Reading throws when the content is not the one that was looked at.
  func reader() throws -> InputReader {
    try InputReader(format, named: file.name) {
      DecompressedInput(CheckedInput(try file.openRaw(), identity), named: file.name)
    }
  }
}

/// Bytes of a file that must be those that were looked at before.
private final class CheckedInput: ByteInput {
  private let input: any ByteInput
  private let identity: InputFile.Identity
  private var hash: SHA256? = SHA256()

  init(_ input: any ByteInput, _ identity: InputFile.Identity) {
    self.input = input
    self.identity = identity
  }

  func read() throws -> [UInt8] {
    let bytes = try input.read()
    guard bytes.isEmpty else {
      bytes.withUnsafeBytes { hash?.update($0) }
      return bytes
    }
    defer { hash = nil }
    if let found = hash?.finish().hex, found != identity.sha256 {
      throw MartletError(
        .inputOutput, "the file has changed while it was read", at: identity.name,
        remedy: "Run the command again when nothing writes to the file any more.")
    }
    return bytes
  }
}
