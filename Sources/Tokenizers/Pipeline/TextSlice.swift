import Core

/// A piece of text on its way through the pipeline: its bytes now, and where in the caller's text they came from.
///
/// Valid only inside the closure that receives it. A stage that changes text hands on slices of a buffer of its own.
package struct TextSlice {
  package let bytes: UnsafeBufferPointer<UInt8>
  /// Where the bytes came from: byte i from `sources[i]`, or, where this is nil, from `origin + i`.
  private let sources: UnsafePointer<SourceSpan>?
  private let origin: Int
  /// Whether a stage that changes the text must say where the new bytes come from.
  package let tracksSources: Bool
  /// Whether the bytes stand for ByteLevel's printable characters, one a byte.
  package let isByteLevel: Bool

  package init(
    _ bytes: UnsafeBufferPointer<UInt8>, origin: Int = 0, sources: UnsafePointer<SourceSpan>? = nil,
    tracksSources: Bool, isByteLevel: Bool = false
  ) {
    self.bytes = bytes
    self.origin = origin
    self.sources = sources
    self.tracksSources = tracksSources
    self.isByteLevel = isByteLevel
  }

  package var count: Int { bytes.count }

  package subscript(range: Range<Int>) -> TextSlice {
    TextSlice(
      UnsafeBufferPointer(rebasing: bytes[range]), origin: origin + range.lowerBound,
      sources: sources.map { $0 + range.lowerBound }, tracksSources: tracksSources, isByteLevel: isByteLevel)
  }

  /// The same slice with its bytes standing for ByteLevel's characters.
  package var asByteLevel: TextSlice {
    TextSlice(bytes, origin: origin, sources: sources, tracksSources: tracksSources, isByteLevel: true)
  }

  /// The text with ByteLevel's characters written out, where its bytes stand for them.
  func written(_ body: (TextSlice) -> Void) {
    guard isByteLevel else { return body(self) }
    ByteLevelNormalizer().normalize(
      TextSlice(bytes, origin: origin, sources: sources, tracksSources: tracksSources), body)
  }

  /// The place in the caller's text of byte `index`.
  package func source(of index: Int) -> SourceSpan {
    sources.map { $0[index] } ?? SourceSpan(start: origin + index, end: origin + index + 1)
  }

  /// The place in the caller's text of a range of bytes.
  package func source(of range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty else {
      let place = range.lowerBound < count ? source(of: range.lowerBound).start : origin + range.lowerBound
      return place..<place
    }
    let start = source(of: range.lowerBound).start
    return start..<max(start, source(of: range.upperBound - 1).end)
  }
}

/// Where in the caller's text one byte of a changed text comes from.
package struct SourceSpan: Sendable {
  package var start: Int
  package var end: Int
}
