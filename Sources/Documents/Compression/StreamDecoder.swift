import Core

/// Decodes compressed streams of one kind, piece by piece; a file may hold several, one after another.
package protocol StreamDecoder: AnyObject {
  /// Decodes what it can: takes bytes from the front of `input` and puts bytes to the front of `output`.
  func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodedPiece

  /// Makes ready for the next stream.
  ///
  /// Throws: `MartletError` with code `resource`.
  func restart() throws
}

/// What a decoder did with its input.
package struct DecodedPiece: Equatable {
  /// What a decoder waits for.
  package enum State: Equatable {
    /// More input or more space.
    case underWay
    /// Nothing: the stream is complete, and its checksum right.
    case complete
    /// Nothing will help: the stream is damaged, in the words of the library.
    case damaged(String)
  }

  /// How many bytes of the input were taken.
  package var consumed: Int
  /// How many bytes of the output were written.
  package var produced: Int
  /// What comes next.
  package var state: State
}

extension MartletError {
  /// The error of a decoder that the library cannot make.
  static func noDecoder(_ kind: String) -> MartletError {
    MartletError(.resource, "no memory for decoding \(kind)", remedy: "Close other programs.")
  }
}
