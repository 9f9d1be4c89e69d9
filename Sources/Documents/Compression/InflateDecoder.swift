import CZlib
import Core

/// Decodes deflate in one of its wrappings; the checksums of gzip and zlib are compared.
package final class InflateDecoder: StreamDecoder {
  /// What is around the deflated bytes.
  package enum Wrapping: Int32 {
    /// The header and checksum of gzip.
    case gzip = 31
    /// The header and checksum of zlib, which HTTP calls "deflate".
    case zlib = 15
    /// Nothing, as some servers send under the name "deflate".
    case none = -15
  }

  // zlib remembers where the structure lies, so it must not move.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

  /// A decoder of streams in a wrapping.
  ///
  /// Throws: `MartletError` with code `resource`.
  package init(_ wrapping: Wrapping) throws {
    stream.initialize(to: z_stream())
    guard inflateInit2_(stream, wrapping.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw MartletError.noDecoder("gzip")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  package func restart() { inflateReset(stream) }

  package func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodedPiece {
    let available = UInt32(clamping: input.count)
    let space = UInt32(clamping: output.count)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = available
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = space
    let status = inflate(stream, Z_NO_FLUSH)
    var piece = DecodedPiece(
      consumed: Int(available - stream.pointee.avail_in), produced: Int(space - stream.pointee.avail_out),
      state: .underWay)
    switch status {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: piece.state = .complete
    case Z_NEED_DICT: piece.state = .damaged("it needs a dictionary")
    default: piece.state = .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "error \(status)")
    }
    return piece
  }
}
