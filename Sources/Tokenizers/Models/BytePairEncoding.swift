import Core

/// Byte-pair encoding: a piece starts as its bytes or characters, and pairs of tokens merge in a learned order.
///
/// Source: Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units", 2016.
package struct BytePairEncoding: TokenModel {
  package let vocabulary: Vocabulary
  package let unknownToken: [UInt8]?
  /// Whether neighbouring unknown characters become one unknown token.
  package let fusesUnknown: Bool
  /// Whether a piece that is a token is taken whole, whatever the merges give.
  package let ignoresMerges: Bool
  /// Whether a character without a token becomes the tokens of its bytes, `<0x00>` to `<0xFF>`.
  package let fallsBackToBytes: Bool
  /// What is put before the characters of a piece other than the first.
  package let prefix: [UInt8]
  /// What is put behind the last character of a piece.
  package let suffix: [UInt8]

  private let table: MergeTable
  private let unknownID: Int32?
  /// The id of each byte's token, -1 without one: the alphabet of pieces that are ByteLevel's.
  private let byteIDs: [Int32]
  /// The id of each character below U+0800, -1 without one.
  private let shortCharacterIDs: [Int32]
  private let characterIDs: [UInt32: Int32]
  /// The ids of `<0x00>` to `<0xFF>`, -1 without one.
  private let fallbackIDs: [Int32]
  /// Texts that are tokens wherever they stand.
  private let symbols: ByteTrie?

  /// Longer pieces are encoded in parts of this many bytes.
  private static let longestPiece = 1 << 30

  /// Merges of ids that are in the vocabulary, in order, or with ranks of their own.
  ///
  /// - Parameter isLiteral: whether a token stands for its own text, and is no mark.
  package init(
    vocabulary: Vocabulary, merges: [(first: Int32, second: Int32, merged: Int32)], unknownToken: [UInt8]? = nil,
    fusesUnknown: Bool = false, ignoresMerges: Bool = false, fallsBackToBytes: Bool = false, prefix: [UInt8] = [],
    suffix: [UInt8] = [], ranks: [UInt32]? = nil, isLiteral: (Int32) -> Bool = { _ in true },
    symbols: ByteTrie? = nil
  ) {
    self.vocabulary = vocabulary
    self.unknownToken = unknownToken
    self.fusesUnknown = fusesUnknown
    self.ignoresMerges = ignoresMerges
    self.fallsBackToBytes = fallsBackToBytes
    self.prefix = prefix
    self.suffix = suffix
    self.symbols = symbols
    table = MergeTable(merges, ranks: ranks)
    fallbackIDs = (0..<256).map { vocabulary.id(of: ByteToken.token(of: UInt8($0))) ?? -1 }
    unknownID = unknownToken.flatMap { vocabulary.id(of: $0) }
    byteIDs = (0..<256).map { vocabulary.id(of: ByteLevelAlphabet.written([UInt8($0)])) ?? -1 }
    var short = [Int32](repeating: -1, count: 0x800)
    var characters: [UInt32: Int32] = [:]
    for (token, id) in vocabulary.ordered where token.count <= 4 && isLiteral(id) {
      guard let scalars = token.scalars, scalars.count == 1 else { continue }
      if scalars[0] < 0x800 { short[Int(scalars[0])] = id } else { characters[scalars[0]] = id }
    }
    shortCharacterIDs = short
    characterIDs = characters
  }

  /// The pairs in the order in which they merge.
  package var merges: [(first: Int32, second: Int32)] { table.pairs }

  package func encode(_ piece: TextSlice, _ workspace: EncodingWorkspace, into output: inout TokenOutput) {
    guard piece.count <= BytePairEncoding.longestPiece else {
      let cut = BytePairEncoding.longestPiece
      encode(piece[0..<cut], workspace, into: &output)
      return encode(piece[cut..<piece.count], workspace, into: &output)
    }
    guard let base = piece.bytes.baseAddress, piece.count > 0 else { return }
    if ignoresMerges, let id = wholePieceID(piece) {
      output.ids.append(id)
      if output.recordsOffsets { output.offsets.append(wideSource(piece, 0..<piece.count)) }
      return
    }
    workspace.merging.removeAll()
    if !prefix.isEmpty || !suffix.isEmpty {
      appendAffixed(piece, &workspace.merging)
    } else if piece.isByteLevel {
      appendBytes(base, piece.count, &workspace.merging)
    } else {
      appendCharacters(base, piece.count, &workspace.merging)
    }
    workspace.merging.mergeAll(table)
    output.ids.append(contentsOf: workspace.merging.ids)
    guard output.recordsOffsets else { return }
    var start = 0
    for length in workspace.merging.lengths {
      output.offsets.append(wideSource(piece, start..<start + Int(length)))
      start += Int(length)
    }
  }

  private func wholePieceID(_ piece: TextSlice) -> Int32? {
    let token = piece.isByteLevel ? ByteLevelAlphabet.written(piece.bytes) : Array(piece.bytes)
    return vocabulary.id(of: token)
  }

  private func appendBytes(_ base: UnsafePointer<UInt8>, _ count: Int, _ merging: inout MergeWorkspace) {
    var afterUnknown = false
    byteIDs.withUnsafeBufferPointer { byteIDs in
      for index in 0..<count {
        let id = byteIDs[Int(base[index])]
        if id >= 0 {
          merging.append(id, length: 1)
          afterUnknown = false
        } else {
          appendUnknown(length: 1, &afterUnknown, &merging)
        }
      }
    }
  }

  private func appendCharacters(_ base: UnsafePointer<UInt8>, _ count: Int, _ merging: inout MergeWorkspace) {
    var afterUnknown = false
    var position = 0
    while position < count {
      if let symbols,
        let (end, id) = symbols.longestPrefix(UnsafeBufferPointer(start: base, count: count), from: position)
      {
        merging.append(id, length: end - position)
        position = end
        afterUnknown = false
        continue
      }
      let scalar = decodeScalar(base, at: position, end: count)
      let id = scalar.value < 0x800 ? shortCharacterIDs[Int(scalar.value)] : characterIDs[scalar.value] ?? -1
      if id >= 0 {
        merging.append(id, length: scalar.length)
        afterUnknown = false
      } else {
        let bytes = UnsafeBufferPointer(start: base + position, count: scalar.length)
        if !appendFallback(bytes, &merging) { appendUnknown(length: scalar.length, &afterUnknown, &merging) }
      }
      position += scalar.length
    }
  }

  /// Appends the tokens of the bytes of a character, if that is what is done and all of them have one.
  private func appendFallback(_ bytes: UnsafeBufferPointer<UInt8>, _ merging: inout MergeWorkspace) -> Bool {
    guard fallsBackToBytes, bytes.allSatisfy({ fallbackIDs[Int($0)] >= 0 }) else { return false }
    for byte in bytes { merging.append(fallbackIDs[Int(byte)], length: 1) }
    return true
  }

  /// Appends the characters of a piece with prefix and suffix.
  private func appendAffixed(_ piece: TextSlice, _ merging: inout MergeWorkspace) {
    guard let base = piece.bytes.baseAddress else { return }
    var afterUnknown = false
    var position = 0
    while position < piece.count {
      let length = piece.isByteLevel ? 1 : decodeScalar(base, at: position, end: piece.count).length
      let bytes = UnsafeBufferPointer(start: base + position, count: length)
      let end = position + length
      let token =
        (position > 0 ? prefix : []) + (piece.isByteLevel ? ByteLevelAlphabet.written(bytes) : Array(bytes))
        + (end == piece.count ? suffix : [])
      if let id = vocabulary.id(of: token) {
        merging.append(id, length: length)
        afterUnknown = false
      } else if !appendFallback(bytes, &merging) {
        appendUnknown(length: length, &afterUnknown, &merging)
      }
      position = end
    }
  }

  /// Without an unknown token, what has no token leaves nothing but its place.
  private func appendUnknown(length: Int, _ afterUnknown: inout Bool, _ merging: inout MergeWorkspace) {
    guard let unknownID else {
      if !merging.ids.isEmpty { merging.extendLast(by: length) }
      return
    }
    if fusesUnknown && afterUnknown {
      merging.extendLast(by: length)
    } else {
      merging.append(unknownID, length: length)
    }
    afterUnknown = true
  }

  /// The place of a token in the caller's text, widened to whole characters.
  private func wideSource(_ piece: TextSlice, _ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start > 0, range.lowerBound - start < 3, piece.bytes[start] & 0xC0 == 0x80 { start -= 1 }
    while end < piece.count, end - range.upperBound < 3, piece.bytes[end] & 0xC0 == 0x80 { end += 1 }
    return piece.source(of: start..<end)
  }

  package var json: JSONObject {
    func text(_ token: [UInt8]?) -> JSONValue { .string(String(decoding: token ?? [], as: UTF8.self)) }
    return [
      "type": .string("BPE"), "dropout": .null, "unk_token": unknownToken.map(text) ?? .null,
      "continuing_subword_prefix": prefix.isEmpty ? .null : text(prefix),
      "end_of_word_suffix": suffix.isEmpty ? .null : text(suffix), "fuse_unk": .bool(fusesUnknown),
      "byte_fallback": .bool(fallsBackToBytes), "ignore_merges": .bool(ignoresMerges),
      "vocab": .object(vocabulary.json),
      "merges": .array(
        merges.map { .array([text(vocabulary.token(of: $0.first)), text(vocabulary.token(of: $0.second))]) }),
    ]
  }
}
