import CLZMA
import Core

/// Decodes xz; the checksums are compared.
package final class XZDecoder: StreamDecoder {
  private let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
  /// The largest dictionary of `xz -9` is 64 MiB; files that ask for more are refused.
  private static let memoryLimit: UInt64 = 128 << 20

  /// A decoder.
  ///
  /// Throws: `MartletError` with code `resource`.
  package init() throws {
    stream.initialize(to: lzma_stream())
    try restart()
  }

  deinit {
    lzma_end(stream)
    stream.deallocate()
  }

  package func restart() throws {
    guard lzma_stream_decoder(stream, Self.memoryLimit, 0) == LZMA_OK else { throw MartletError.noDecoder("xz") }
  }

  package func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodedPiece {
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = input.count
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = output.count
    let status = lzma_code(stream, LZMA_RUN)
    var piece = DecodedPiece(
      consumed: input.count - stream.pointee.avail_in, produced: output.count - stream.pointee.avail_out,
      state: .underWay)
    switch status {
    case LZMA_OK, LZMA_BUF_ERROR: break
    case LZMA_STREAM_END: piece.state = .complete
    case LZMA_DATA_ERROR: piece.state = .damaged("incorrect data or checksum")
    case LZMA_FORMAT_ERROR: piece.state = .damaged("no xz header")
    case LZMA_OPTIONS_ERROR: piece.state = .damaged("a filter that is not known")
    case LZMA_MEMLIMIT_ERROR: piece.state = .damaged("its dictionary is larger than \(Self.memoryLimit >> 20) MiB")
    default: piece.state = .damaged("error \(status.rawValue)")
    }
    return piece
  }
}
