/// How the decoding of bytes in memory ended.
package enum DecodingEnd: Equatable {
  /// All of the stream is there.
  case complete
  /// The stream is longer than its bytes.
  case cutOff
  /// The stream is damaged.
  case damaged
  /// The content is larger than the limit; what is beyond is left out.
  case limit
}

/// Decodes bytes in memory, several streams in a row too; what follows the last one is ignored.
package func decodeAll(_ bytes: [UInt8], _ decoder: any StreamDecoder, limit: Int) throws -> (
  bytes: [UInt8], end: DecodingEnd
) {
  var content: [UInt8] = []
  var taken = 0
  var isWhole = false
  while true {
    var state = DecodedPiece.State.underWay
    var isStuck = false
    let size = min(max(1 << 14, min(4 * bytes.count, 1 << 18)), max(1, limit - content.count))
    let piece = [UInt8](unsafeUninitializedCapacity: size) { space, count in
      let space = UnsafeMutableRawBufferPointer(space)
      while count < space.count, state == .underWay, !isStuck {
        let step = bytes.withUnsafeBytes {
          decoder.decode(
            UnsafeRawBufferPointer(rebasing: $0[taken...]),
            into: UnsafeMutableRawBufferPointer(rebasing: space[count...]))
        }
        taken += step.consumed
        count += step.produced
        state = step.state
        isStuck = step.consumed == 0 && step.produced == 0
      }
    }
    if content.isEmpty { content = piece } else { content += piece }
    switch state {
    case .complete:
      isWhole = true
      if taken == bytes.count { return (content, .complete) }
      try decoder.restart()
    // Bytes behind a whole stream are no damage to it.
    case .damaged: return (content, isWhole && piece.isEmpty ? .complete : .damaged)
    case .underWay: if isStuck { return (content, isWhole && piece.isEmpty ? .complete : .cutOff) }
    }
    if content.count >= limit { return (content, .limit) }
  }
}
