import CZstd
import Core

/// Decodes zstd frames, of which those with foreign content are passed over; checksums are compared where there are any.
///
/// Windows beyond 128 MiB are refused, as by the `zstd` command.
package final class ZstdDecoder: StreamDecoder {
  private let context: OpaquePointer

  /// A decoder, of frames that were written with a dictionary if there is one.
  ///
  /// Throws: `MartletError` with code `resource`, or `malformedFile` if the dictionary is damaged.
  package init(dictionary: [UInt8] = []) throws {
    guard let context = ZSTD_createDCtx() else { throw MartletError.noDecoder("zstd") }
    self.context = context
    if !dictionary.isEmpty, ZSTD_isError(ZSTD_DCtx_loadDictionary(context, dictionary, dictionary.count)) != 0 {
      throw MartletError(.malformedFile, "the zstd dictionary is damaged", remedy: "Fetch or write the file again.")
    }
  }

  deinit { ZSTD_freeDCtx(context) }

  // The dictionary stays.
  package func restart() { ZSTD_DCtx_reset(context, ZSTD_reset_session_only) }

  package func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodedPiece {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let status = ZSTD_decompressStream(context, &target, &source)
    var piece = DecodedPiece(consumed: source.pos, produced: target.pos, state: .underWay)
    if ZSTD_isError(status) != 0 {
      piece.state = .damaged(String(cString: ZSTD_getErrorName(status)))
    } else if status == 0 {
      piece.state = .complete
    }
    return piece
  }
}
