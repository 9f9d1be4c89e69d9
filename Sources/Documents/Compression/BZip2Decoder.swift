import CBZip2
import Core

/// Decodes bzip2; the checksum of each block is compared.
package final class BZip2Decoder: StreamDecoder {
  // The library remembers where the structure lies, so it must not move.
  private let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)

  /// A decoder.
  ///
  /// Throws: `MartletError` with code `resource`.
  package init() throws {
    stream.initialize(to: bz_stream())
    try start()
  }

  deinit {
    BZ2_bzDecompressEnd(stream)
    stream.deallocate()
  }

  private func start() throws {
    guard BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else { throw MartletError.noDecoder("bzip2") }
  }

  package func restart() throws {
    BZ2_bzDecompressEnd(stream)
    try start()
  }

  package func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodedPiece {
    let available = UInt32(clamping: input.count)
    let space = UInt32(clamping: output.count)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
    stream.pointee.avail_in = available
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: CChar.self)
    stream.pointee.avail_out = space
    let status = BZ2_bzDecompress(stream)
    var piece = DecodedPiece(
      consumed: Int(available - stream.pointee.avail_in), produced: Int(space - stream.pointee.avail_out),
      state: .underWay)
    switch status {
    case BZ_OK: break
    case BZ_STREAM_END: piece.state = .complete
    case BZ_DATA_ERROR: piece.state = .damaged("incorrect data or checksum")
    case BZ_DATA_ERROR_MAGIC: piece.state = .damaged("no bzip2 header")
    case BZ_MEM_ERROR: piece.state = .damaged("no memory for a block")
    default: piece.state = .damaged("error \(status)")
    }
    return piece
  }
}
