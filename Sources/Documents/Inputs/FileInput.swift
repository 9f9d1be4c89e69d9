import Core

/// The bytes of a file as they lie on the disk, or what comes through a pipe.
public final class FileInput: ByteInput {
  private let stream: ByteStream

  /// Opens a file; `-` is standard input.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput`.
  public init(_ path: String) throws {
    stream = try ByteStream(path == "-" ? "/dev/stdin" : path)
  }

  /// The next bytes; none at the end.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func read() throws -> [UInt8] { try stream.read() }
}

/// Bytes in memory as an input.
public final class MemoryInput: ByteInput {
  private let bytes: [UInt8]
  private let pieceSize: Int
  private var position = 0

  /// An input of `bytes`, which come in pieces of a size.
  public init(_ bytes: [UInt8], pieceSize: Int = 1 << 18) {
    self.bytes = bytes
    self.pieceSize = max(1, pieceSize)
  }

  /// The next bytes; none at the end.
  public func read() -> [UInt8] {
    let piece = bytes[position..<min(bytes.count, position + min(pieceSize, bytes.count))]
    position = piece.endIndex
    return Array(piece)
  }
}
