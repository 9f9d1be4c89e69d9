import Core

/// A stage that changes text before it is split: one line in `PipelineParts`.
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
  /// Appends the ids of `piece`, which is not empty.
  func encode(_ piece: TextSlice, _ workspace: EncodingWorkspace, into output: inout TokenOutput)
  var json: JSONObject { get }
}

/// A stage that adds to or corrects what the model gave for one or two texts.
package protocol PostProcessor: Sendable {
  /// How many tokens it adds.
  func addedTokenCount(isPair: Bool) -> Int
  /// The parts that, put together, are the encoding.
  func process(_ parts: [Encoding], _ context: PostProcessingContext) -> [Encoding]
  var json: JSONObject { get }
}

/// What post-processors may ask about.
package struct PostProcessingContext {
  /// Whether tokens such as `[CLS]` are added.
  let addsSpecialTokens: Bool
  let vocabulary: Vocabulary
  /// The texts that were encoded.
  let texts: [[UInt8]]
}

/// A stage that turns tokens back into text.
package protocol TokenDecoder: Sendable {
  /// What the tokens become; put together it is the text.
  func decode(_ tokens: [[UInt8]]) -> [[UInt8]]
  /// The stage as `tokenizer.json` has it; nil for the lack of one.
  var json: JSONObject? { get }
}

/// A decoder that treats each token by itself, which a table can do.
package protocol TokenwiseDecoder: TokenDecoder {
  /// The bytes that a token, as the vocabulary has it, stands for.
  func bytes(of token: [UInt8]) -> [UInt8]
  /// What stands between two tokens.
  var separator: [UInt8] { get }
}

extension TokenwiseDecoder {
  package func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    [Array(tokens.map { bytes(of: $0) }.joined(separator: separator))]
  }
}

/// The ids of a text as they are found, with their places in the text where these are wanted.
package struct TokenOutput {
  package var ids: [Int32]
  package var offsets: [Range<Int>]
  /// The number of the piece that each id is from, where offsets are recorded.
  package var words: [Int] = []
  /// Where in `ids` the added tokens are that were found in the text, where offsets are recorded.
  package var addedPlaces: Set<Int> = []
  package let recordsOffsets: Bool
  private var pieces = 0

  package init(ids: [Int32] = [], recordsOffsets: Bool) {
    self.ids = ids
    self.offsets = []
    self.recordsOffsets = recordsOffsets
  }

  /// Notes that a piece has been encoded.
  @inline(__always)
  mutating func endPiece() {
    guard recordsOffsets else { return }
    while words.count < ids.count { words.append(pieces) }
    pieces += 1
  }

  /// Appends an id with the place of a range of the piece.
  @inline(__always)
  mutating func append(_ id: Int32, _ piece: TextSlice, _ range: Range<Int>) {
    ids.append(id)
    if recordsOffsets { offsets.append(piece.source(of: range)) }
  }
}
