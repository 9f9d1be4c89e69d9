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

/// A stage that changes text before it is split: one file a normalizer, one line in `PipelineParts`.
package protocol Normalizer: Sendable {
  /// Calls `body` once with the changed text; with `text` itself where nothing changes.
  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void)
  /// The stage as `tokenizer.json` has it.
  var json: JSONObject { get }
}

/// A stage that splits text into the pieces that the model encodes on their own.
package protocol PreTokenizer: Sendable {
  /// Calls `body` with the pieces in order.
  func split(_ text: TextSlice, _ body: (TextSlice) -> Void)
  var json: JSONObject { get }
}

/// The stage that turns a piece into ids.
package protocol TokenModel: Sendable {
  /// The model's tokens and ids.
  var vocabulary: Vocabulary { get }
  /// Token that stands for what the model has no token for.
  var unknownToken: [UInt8]? { get }
  /// Appends the ids of `piece`.
  func encode(_ piece: TextSlice, _ workspace: EncodingWorkspace, into output: inout TokenOutput)
  var json: JSONObject { get }
}

/// A stage that adds to or corrects what the model gave for the whole text.
package protocol PostProcessor: Sendable {
  /// Corrects the tokens of a text; `text` holds the caller's bytes.
  func process(_ output: inout TokenOutput, vocabulary: Vocabulary, text: UnsafeBufferPointer<UInt8>)
  var json: JSONObject { get }
}

/// A stage that turns tokens back into text.
package protocol TokenDecoder: Sendable {
  /// The bytes that a token, as the vocabulary has it, stands for.
  func bytes(of token: [UInt8]) -> [UInt8]
  /// What stands between two tokens.
  var separator: [UInt8] { get }
  /// The stage as `tokenizer.json` has it; nil for the lack of one.
  var json: JSONObject? { get }
}

/// The ids of a text as they are found, with their places in the text where these are wanted.
package struct TokenOutput {
  package var ids: [Int32]
  package var offsets: [Range<Int>]
  /// Where in `ids` the added tokens are that were found in the text, where offsets are recorded.
  package var addedPlaces: Set<Int> = []
  package let recordsOffsets: Bool

  package init(ids: [Int32] = [], recordsOffsets: Bool) {
    self.ids = ids
    self.offsets = []
    self.recordsOffsets = recordsOffsets
  }
}
