/// How a file is compressed, found by its content: names lie.
public enum Compression: String, Sendable, CaseIterable {
  /// Deflate with a header and a checksum; what `gzip` writes.
  case gzip
  /// What `bzip2` writes.
  case bzip2
  /// What `xz` writes.
  case xz
  /// What `zstd` writes.
  case zstd

  /// How many bytes from the front `init(front:)` looks at.
  package static let frontSize = 10

  /// The compression that a file begins with, nil for any other content; no UTF-8 text is taken for compressed.
  public init?(front: some Sequence<UInt8>) {
    let front = Array(front.prefix(Self.frontSize))
    if front.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if front.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) {
      self = .xz
    } else if front.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
      || front.count >= 4 && front[0] & 0xF0 == 0x50 && front[1...3] == [0x2A, 0x4D, 0x18]
    {
      self = .zstd
    } else if front.count == 10, front.starts(with: Array("BZh".utf8)),
      UInt8(ascii: "1")...UInt8(ascii: "9") ~= front[3],
      front[4...] == [0x31, 0x41, 0x59, 0x26, 0x53, 0x59] || front[4...] == [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]
    {
      // Text may begin with BZh, so the number that begins a block (or ends a stream without any) is looked for too.
      self = .bzip2
    } else {
      return nil
    }
  }

  /// A decoder, ready for the first stream.
  ///
  /// Throws: `MartletError` with code `resource`.
  package func decoder() throws -> any StreamDecoder {
    switch self {
    case .gzip: try InflateDecoder(.gzip)
    case .bzip2: try BZip2Decoder()
    case .xz: try XZDecoder()
    case .zstd: try ZstdDecoder()
    }
  }
}
