import Core

/// The content of an input, decompressed if it is compressed with gzip, bzip2, xz or zstd; other content as it is.
///
/// All streams of the input are decoded, one after another, in memory that does not depend on their size. Where a stream
/// is damaged or cut off, everything before comes first, then the error.
public final class DecompressedInput: ByteInput {
  /// How the input is compressed, known from the first `read` on.
  public private(set) var compression: Compression?

  private let raw: any ByteInput
  private let name: String
  private var decoder: (any StreamDecoder)?
  /// Bytes of the input that were read; those before `taken` are decoded.
  private var chunk: [UInt8] = []
  private var taken = 0
  /// The place of the first byte of `chunk` in the input.
  private var chunkStart = 0
  private var rawEnded = false
  private var phase = Phase.beginning
  private var failure: (any Error)?

  private enum Phase {
    case beginning, plain, stream, betweenStreams, finished
  }

  /// The size of the pieces that come out.
  private static let pieceSize = 1 << 18

  /// The content of an input, whose name is for errors.
  public init(_ raw: any ByteInput, named name: String) {
    self.raw = raw
    self.name = name
  }

  /// The next bytes of the content; none at the end.
  ///
  /// Throws: `MartletError` with code `malformedFile`, which names the place in the compressed bytes, or what the input
  /// throws.
  public func read() throws -> [UInt8] {
    if phase == .beginning {
      try fill(Compression.frontSize)
      compression = Compression(front: chunk[taken...])
      decoder = try compression?.decoder()
      phase = decoder == nil ? .plain : .stream
    }
    guard let decoder else {
      let front = chunk
      chunk = []
      return front.isEmpty ? try raw.read() : front
    }
    let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { space, count in
      let space = UnsafeMutableRawBufferPointer(space)
      while count < space.count, phase != .finished, failure == nil {
        count += decode(decoder, UnsafeMutableRawBufferPointer(rebasing: space[count...]))
      }
    }
    if piece.isEmpty, let failure { throw failure }
    return piece
  }

  /// Reads until `count` bytes are there to be taken, or the input ends.
  private func fill(_ count: Int) throws {
    while chunk.count - taken < count, !rawEnded {
      let next = try raw.read()
      rawEnded = next.isEmpty
      chunkStart += taken
      chunk = taken == chunk.count ? next : chunk[taken...] + next
      taken = 0
    }
  }

  /// Decodes a little into `space`, or notes the failure; returns how many bytes came out.
  private func decode(_ decoder: any StreamDecoder, _ space: UnsafeMutableRawBufferPointer) -> Int {
    do {
      if phase == .betweenStreams, try !beginNextStream(decoder) { return 0 }
      try fill(1)
    } catch {
      failure = error
      return 0
    }
    let available = chunk.count - taken
    let piece = chunk.withUnsafeBytes { decoder.decode(UnsafeRawBufferPointer(rebasing: $0[taken...]), into: space) }
    taken += piece.consumed
    switch piece.state {
    case .complete: phase = .betweenStreams
    case .damaged(let why): failure = malformed("the \(kind) stream is damaged (\(why))")
    case .underWay where piece.consumed == 0 && piece.produced == 0:
      failure = malformed(available == 0 ? "the \(kind) stream is cut off" : "the \(kind) stream is damaged")
    case .underWay: break
    }
    return piece.produced
  }

  /// Makes the decoder ready if another stream follows; false at the end of the input.
  private func beginNextStream(_ decoder: any StreamDecoder) throws -> Bool {
    // Tapes and some writers fill up with zeros.
    repeat {
      try fill(Compression.frontSize)
      while taken < chunk.count, chunk[taken] == 0 { taken += 1 }
    } while taken == chunk.count && !rawEnded
    try fill(Compression.frontSize)
    if taken == chunk.count {
      phase = .finished
      return false
    }
    guard Compression(front: chunk[taken...]) == compression else {
      throw malformed("what follows the \(kind) stream is no \(kind)")
    }
    try decoder.restart()
    phase = .stream
    return true
  }

  private var kind: String { compression?.rawValue ?? "compressed" }

  private func malformed(_ message: String) -> MartletError {
    MartletError(
      .malformedFile, message, at: "\(name), byte \(chunkStart + taken)",
      remedy: "Fetch or write the file again; all before that place was read.")
  }
}
