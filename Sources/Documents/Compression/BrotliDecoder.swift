import CBrotli
import Core

/// Decodes brotli, which has no checksums; the web sends pages so.
package final class BrotliDecoder: StreamDecoder {
  private var state: OpaquePointer

  /// A decoder.
  ///
  /// Throws: `MartletError` with code `resource`.
  package init() throws {
    guard let state = BrotliDecoderCreateInstance(nil, nil, nil) else { throw MartletError.noDecoder("brotli") }
    self.state = state
  }

  deinit { BrotliDecoderDestroyInstance(state) }

  package func restart() throws {
    guard let next = BrotliDecoderCreateInstance(nil, nil, nil) else { throw MartletError.noDecoder("brotli") }
    BrotliDecoderDestroyInstance(state)
    state = next
  }

  package func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodedPiece {
    var available = input.count
    var next = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    var space = output.count
    var target = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let result = BrotliDecoderDecompressStream(state, &available, &next, &space, &target, nil)
    var piece = DecodedPiece(
      consumed: input.count - available, produced: output.count - space, state: .underWay)
    if result == BROTLI_DECODER_RESULT_SUCCESS {
      piece.state = .complete
    } else if result == BROTLI_DECODER_RESULT_ERROR {
      piece.state = .damaged(String(cString: BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state))))
    }
    return piece
  }
}
