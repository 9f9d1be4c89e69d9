import Core

/// Text to token ids and back, exactly as Hugging Face's `tokenizers` library does it for the same `tokenizer.json`.
///
/// A text passes through the stages of the file: added tokens are found, the rest is normalised, split into pieces,
/// and each piece encoded by the model; decoding joins what the tokens stand for. Safe to use from several threads.
public final class Tokenizer: Sendable {
  /// What becomes of text that looks like a special token, such as `<|endoftext|>`.
  public enum SpecialTokenMatching: Sendable {
    /// It becomes that token: for prompts that a program puts together.
    case matched
    /// It is encoded as the text it is: for data and for what people type.
    case plainText
  }

  /// The tokens found in text before the model sees it, by ascending id.
  public let addedTokens: [AddedToken]
  /// Which tokens mark beginning, end, padding and the unknown.
  public let roles: SpecialTokenRoles
  /// One more than the largest id: how many rows a model's embedding needs.
  public let vocabularySize: Int

  /// How encodings for a model are cut; nil: not at all.
  public let truncation: Truncation?
  /// How encodings for a model are filled up; nil: not at all.
  public let padding: Padding?

  package let normalizer: (any Normalizer)?
  package let preTokenizer: (any PreTokenizer)?
  package let model: any TokenModel
  package let postProcessor: (any PostProcessor)?
  package let decoder: any TokenDecoder
  /// The model's tokens and the added ones.
  package let vocabulary: Vocabulary

  private let rawMatcher: AddedTokenMatcher
  private let normalizedMatcher: AddedTokenMatcher
  private let tokenTable: TokenTable
  private let cachesPieces: Bool
  private let workspaces = EncodingWorkspacePool()

  /// Puts stages together; `name` says in errors where they came from.
  package init(
    normalizer: (any Normalizer)? = nil, preTokenizer: (any PreTokenizer)? = nil, model: any TokenModel,
    postProcessor: (any PostProcessor)? = nil, decoder: any TokenDecoder, addedTokens: [AddedToken],
    roles: SpecialTokenRoles? = nil, truncation: Truncation? = nil, padding: Padding? = nil, name: String
  ) throws {
    self.truncation = truncation
    self.padding = padding
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.postProcessor = postProcessor
    self.decoder = decoder
    self.addedTokens = addedTokens.sorted { $0.id < $1.id }
    var vocabulary = model.vocabulary
    let expected = vocabulary.count + addedTokens.count
    var patterns: [(AddedToken, [UInt8])] = []
    var normalizedPatterns: [(AddedToken, [UInt8])] = []
    var replaced: [Int32: [UInt8]] = [:]
    for token in self.addedTokens {
      let content = Array(token.content.utf8)
      guard !content.isEmpty, content.count <= AddedTokenMatcher.longestToken else {
        throw MartletError(
          .malformedFile, "an added token must have 1 to \(AddedTokenMatcher.longestToken) bytes, not \(content.count)",
          at: "\(name), key added_tokens")
      }
      if vocabulary.id(of: content) != token.id,
        let problem = vocabulary.insert(content, id: Int64(token.id), expected: expected)
      {
        throw MartletError(.malformedFile, problem, at: "\(name), key added_tokens")
      }
      if token.isNormalized {
        let normalized = Tokenizer.normalized(content, by: normalizer)
        normalizedPatterns.append((token, normalized))
        if normalized != content { replaced[token.id] = normalized }
      } else {
        patterns.append((token, content))
      }
    }
    rawMatcher = AddedTokenMatcher(patterns)
    normalizedMatcher = AddedTokenMatcher(normalizedPatterns)
    self.vocabulary = vocabulary
    vocabularySize = vocabulary.size
    self.roles = roles ?? SpecialTokenRoles(guessedFrom: addedTokens, unknown: model.unknownToken)
    cachesPieces = preTokenizer != nil && !(model is WordLevel)
    tokenTable = TokenTable(
      vocabulary, decoder, special: Set(addedTokens.filter(\.isSpecial).map(\.id)), replaced: replaced)
  }

  private static func normalized(_ content: [UInt8], by normalizer: (any Normalizer)?) -> [UInt8] {
    guard let normalizer else { return content }
    var result = content
    content.withUnsafeBufferPointer { bytes in
      normalizer.normalize(TextSlice(bytes, tracksSources: false)) { result = Array($0.bytes) }
    }
    return result
  }

  /// The id of a token, written as in `tokenizer.json`; nil if there is none.
  public func id(of token: String) -> Int32? { vocabulary.id(of: Array(token.utf8)) }

  /// The token of an id, written as in `tokenizer.json`; nil if there is none.
  public func token(of id: Int32) -> String? {
    vocabulary.token(of: id).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether an id is a special token's: a mark that is no text.
  public func isSpecial(_ id: Int32) -> Bool { tokenTable.isSpecial(id) }

  /// The id of the token that marks the beginning of a text, if there is one.
  public var beginningOfTextID: Int32? { roles.beginningOfText.flatMap(id(of:)) }
  /// The id of the token that marks the end of a text, if there is one.
  public var endOfTextID: Int32? { roles.endOfText.flatMap(id(of:)) }
  /// The id of the token that fills places without text, if there is one.
  public var paddingID: Int32? { roles.padding.flatMap(id(of:)) }
  /// The id of the token that stands for what the vocabulary lacks, if there is one.
  public var unknownID: Int32? { roles.unknown.flatMap(id(of:)) }

  /// The ids of a text, without the marks that a post-processor puts around it: for data and prompts.
  ///
  /// Complexity: O(n log n) in the bytes of the longest piece that no space or punctuation divides, else O(n).
  public func encode(_ text: String, specialTokens: SpecialTokenMatching = .matched) -> [Int32] {
    var text = text
    return text.withUTF8 { bytes in
      var ids: [Int32] = []
      encode(utf8: bytes, specialTokens: specialTokens, into: &ids)
      return ids
    }
  }

  /// Appends the ids of a text to `ids`.
  ///
  /// Bytes that are not valid UTF-8 are encoded as bytes where the model can, as unknown characters otherwise.
  public func encode(
    utf8 text: UnsafeBufferPointer<UInt8>, specialTokens: SpecialTokenMatching = .matched, into ids: inout [Int32]
  ) {
    var output = TokenOutput(ids: ids, recordsOffsets: false)
    ids = []
    run(text, specialTokens, &output)
    ids = output.ids
  }

  /// The ids of a text and the place of each in it, without marks around it.
  public func encodeWithOffsets(_ text: String, specialTokens: SpecialTokenMatching = .matched) -> Encoding {
    let bytes = Array(text.utf8)
    return postProcessed([encoding(of: bytes, 0, specialTokens)], [bytes], addsSpecialTokens: false)
  }

  /// The characters of a text that the tokenizer has no token for, each once: they are left out, or become the unknown
  /// token. White space counts only where a tokenizer keeps all of it.
  ///
  /// Complexity: that of `encode`.
  public func unknownCharacters(in text: String) -> [Unicode.Scalar] {
    let encoding = encodeWithOffsets(text)
    var isKnown = [Bool](repeating: false, count: text.utf8.count)
    for (id, range) in zip(encoding.ids, encoding.offsets) where id != unknownID {
      for place in range.clamped(to: 0..<isKnown.count) { isKnown[place] = true }
    }
    var place = 0
    var unknown: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      let isLost = !isKnown[place] && (preTokenizer == nil || !scalar.properties.isWhitespace)
      if isLost, !unknown.contains(scalar) { unknown.append(scalar) }
      place += UTF8.width(scalar)
    }
    return unknown
  }

  func encoding(of text: [UInt8], _ sequence: Int, _ specialTokens: SpecialTokenMatching) -> Encoding {
    text.withUnsafeBufferPointer { bytes in
      var output = TokenOutput(recordsOffsets: true)
      run(bytes, specialTokens, &output)
      return Encoding(output, sequence: sequence)
    }
  }

  func postProcessed(_ parts: [Encoding], _ texts: [[UInt8]], addsSpecialTokens: Bool) -> Encoding {
    let context = PostProcessingContext(addsSpecialTokens: addsSpecialTokens, vocabulary: vocabulary, texts: texts)
    var result = Encoding()
    for part in postProcessor?.process(parts, context) ?? parts { result.append(part) }
    return result
  }

  private func run(
    _ text: UnsafeBufferPointer<UInt8>, _ matching: SpecialTokenMatching, _ output: inout TokenOutput
  ) {
    workspaces.with { workspace in
      let ignoresSpecial = matching == .plainText
      rawMatcher.split(TextSlice(text, tracksSources: output.recordsOffsets), ignoresSpecial: ignoresSpecial) {
        part, token in
        if let token { return append(token, part, &output) }
        normalize(part) { normalized in
          normalizedMatcher.split(normalized, ignoresSpecial: ignoresSpecial) { part, token in
            if let token { return append(token, part, &output) }
            guard let preTokenizer else { return encode(part, workspace, &output) }
            preTokenizer.split(part) { encode($0, workspace, &output) }
          }
        }
      }
    }
  }

  /// Encodes a piece, or finds it among those met before.
  private func encode(_ piece: TextSlice, _ workspace: EncodingWorkspace, _ output: inout TokenOutput) {
    guard piece.count > 0 else { return }
    guard cachesPieces, !output.recordsOffsets, piece.count <= WordCache.longestWord else {
      encodeUncached(piece, workspace, &output)
      return output.endPiece()
    }
    // The same bytes mean something else where they are ByteLevel's.
    let hash = WordHash.hash(piece.bytes) ^ (piece.isByteLevel ? 0 : 1 << 63)
    if workspace.cache.append(piece.bytes, hash: hash, to: &output.ids) { return }
    let before = output.ids.count
    encodeUncached(piece, workspace, &output)
    workspace.cache.insert(piece.bytes, hash: hash, ids: output.ids[before...])
  }

  private func encodeUncached(_ piece: TextSlice, _ workspace: EncodingWorkspace, _ output: inout TokenOutput) {
    if piece.isByteLevel, !(model is BytePairEncoding) {
      piece.written { model.encode($0, workspace, into: &output) }
    } else {
      model.encode(piece, workspace, into: &output)
    }
  }

  private func normalize(_ part: TextSlice, _ body: (TextSlice) -> Void) {
    if let normalizer { normalizer.normalize(part, body) } else { body(part) }
  }

  private func append(_ token: AddedToken, _ part: TextSlice, _ output: inout TokenOutput) {
    if output.recordsOffsets {
      output.addedPlaces.insert(output.ids.count)
      output.offsets.append(part.source(of: 0..<part.count))
    }
    output.ids.append(token.id)
    output.endPiece()
  }

  /// The text of ids; ids without a token stand for nothing, and bytes that are no valid UTF-8 for U+FFFD.
  public func decode(_ ids: some Sequence<Int32>, skipsSpecialTokens: Bool = false) -> String {
    String(decoding: decodeBytes(ids, skipsSpecialTokens: skipsSpecialTokens), as: UTF8.self)
  }

  /// The bytes that ids stand for, which need not be valid UTF-8.
  public func decodeBytes(_ ids: some Sequence<Int32>, skipsSpecialTokens: Bool = false) -> [UInt8] {
    tokenTable.decode(ids, skipsSpecialTokens: skipsSpecialTokens)
  }

  /// How many bytes of text each id stands for; special tokens are no text.
  package var byteCounts: [Int] { tokenTable.byteCounts }

  /// A decoder for ids that come one by one.
  public func streamingDecoder(skipsSpecialTokens: Bool = true) -> StreamingDecoder {
    StreamingDecoder(table: tokenTable, skipsSpecialTokens: skipsSpecialTokens)
  }
}
