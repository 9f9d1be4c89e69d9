import Core

/// What a `.model` file of sentencepiece says.
struct SentencePieceModel {
  struct Piece {
    var text: [UInt8] = []
    var score: Float = 0
    var kind = Unigram.Kind.normal
  }

  /// The kinds of model, by their numbers in the file.
  enum Kind: UInt64 {
    case unigram = 1
    case bytePair, word, character
  }

  var pieces: [Piece] = []
  var kind = Kind.unigram
  var fallsBackToBytes = false
  var unknownSurface: [UInt8] = Array(" ⁇ ".utf8)
  var normalizer = SentencePieceNormalizer()
  private var ids: [Int: Int32] = [:]

  /// Reads a model.
  ///
  /// Throws: `MartletError` that names the byte or the piece for a file that is broken or of no kind that is supported.
  init(_ bytes: [UInt8], name: String) throws {
    var reader = ProtobufReader(bytes[...], file: name)
    var sawPiece = false
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let message)):
        pieces.append(try SentencePieceModel.piece(message, name, pieces.count))
        sawPiece = true
      case (2, .bytes(let message)): try readTrainer(message, name)
      case (3, .bytes(let message)): try readNormalizer(message, name)
      default: continue
      }
    }
    guard sawPiece else {
      throw MartletError(
        .malformedFile, "there are no pieces in the file", at: name,
        remedy: "Check that this is a sentencepiece model; copy it again.")
    }
    normalizer.symbols = ByteTrie(
      pieces.enumerated().filter { $0.element.kind == .userDefined }.map { ($0.element.text, Int32($0.offset)) })
  }

  private static func piece(_ message: ArraySlice<UInt8>, _ name: String, _ index: Int) throws -> Piece {
    var piece = Piece()
    var reader = ProtobufReader(message, file: name)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let text)): piece.text = Array(text)
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .number(let number)):
        guard let kind = UInt8(exactly: number).flatMap({ Unigram.Kind(rawValue: $0) }) else {
          throw reader.malformed("piece \(index) is of the unknown kind \(number)", at: message.startIndex)
        }
        piece.kind = kind
      default: continue
      }
    }
    guard piece.score.isFinite, !piece.text.isEmpty,
      piece.text.withUnsafeBufferPointer({ firstInvalidUTF8(in: $0) }) == nil
    else {
      throw reader.malformed("piece \(index) has no valid text or score", at: message.startIndex)
    }
    return piece
  }

  private mutating func readTrainer(_ message: ArraySlice<UInt8>, _ name: String) throws {
    var reader = ProtobufReader(message, file: name)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (3, .number(let number)):
        guard let kind = Kind(rawValue: number), kind == .unigram || kind == .bytePair else {
          throw MartletError(
            .unsupported, "the model is of kind \(number)", at: name,
            remedy: "Supported are unigram (1) and byte-pair (2) models.")
        }
        self.kind = kind
      case (24, .number(let flag)): normalizer.putsSpaceLast = flag != 0
      case (35, .number(let flag)): fallsBackToBytes = flag != 0
      case (40...43, .number(let id)): ids[field] = Int32(truncatingIfNeeded: Int64(bitPattern: id))
      case (44, .bytes(let text)): unknownSurface = Array(text)
      default: continue
      }
    }
  }

  private mutating func readNormalizer(_ message: ArraySlice<UInt8>, _ name: String) throws {
    var reader = ProtobufReader(message, file: name)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (2, .bytes(let blob)) where !blob.isEmpty:
        normalizer.map = try CharacterMap(Array(blob), at: "\(name), byte \(blob.startIndex)")
      case (3, .number(let flag)): normalizer.addsDummyPrefix = flag != 0
      case (4, .number(let flag)): normalizer.removesExtraSpaces = flag != 0
      case (5, .number(let flag)): normalizer.escapesSpaces = flag != 0
      default: continue
      }
    }
  }

  /// The token of a role, by the number of its field: 40 for the unknown, 41 begin, 42 end, 43 padding.
  private func token(_ field: Int, default fallback: Int32) -> String? {
    let id = Int(ids[field] ?? fallback)
    return pieces.indices.contains(id) ? String(decoding: pieces[id].text, as: UTF8.self) : nil
  }

  /// The roles that the file gives to tokens.
  var roles: SpecialTokenRoles {
    SpecialTokenRoles(
      beginningOfText: token(41, default: 1), endOfText: token(42, default: 2), padding: token(43, default: -1),
      unknown: token(40, default: 0))
  }
}

extension Tokenizer {
  /// Reads the content of a sentencepiece `.model` file; `name` says in errors what it is.
  ///
  /// Encoding is sentencepiece's own, its normalisation and its ties included. What `save` writes is the usual
  /// conversion for the `tokenizers` library, which treats odd spaces and rare combinations of characters otherwise.
  ///
  /// Throws: `MartletError` that names the byte or the piece for content that is broken or not supported.
  public convenience init(sentencePiece bytes: [UInt8], name: String) throws {
    let file = try SentencePieceModel(bytes, name: name)
    var vocabulary = Vocabulary(expecting: file.pieces.count)
    for (id, piece) in file.pieces.enumerated() {
      if let problem = vocabulary.insert(piece.text, id: Int64(id), expected: file.pieces.count) {
        throw MartletError(.malformedFile, problem, at: name, remedy: "Train the model again.")
      }
    }
    let kinds = file.pieces.map(\.kind)
    let unknown = kinds.firstIndex(of: .unknown).map { Int32($0) }
    let model: any TokenModel =
      switch file.kind {
      case .bytePair: BytePairEncoding(sentencePiece: file, vocabulary: vocabulary, unknownID: unknown)
      default:
        Unigram(
          vocabulary: vocabulary, scores: file.pieces.map { ScoreText(Double($0.score)) }, unknownID: unknown,
          fallsBackToBytes: file.fallsBackToBytes, kinds: kinds)
      }
    let marks: Set<Unigram.Kind> = [.control, .unknown]
    let added = file.pieces.enumerated().filter { marks.contains($0.element.kind) }.map {
      AddedToken(id: Int32($0.offset), content: String(decoding: $0.element.text, as: UTF8.self))
    }
    try self.init(
      normalizer: file.normalizer, model: model, decoder: SentencePieceDecoder(file, unknownID: unknown),
      addedTokens: added, roles: file.roles, name: name)
  }
}

extension BytePairEncoding {
  /// Two pieces merge where what they make is a piece; the one with the best score goes first.
  fileprivate init(sentencePiece file: SentencePieceModel, vocabulary: Vocabulary, unknownID: Int32?) {
    let normal = file.pieces.indices.filter { file.pieces[$0].kind == .normal }
    let sorted = normal.sorted {
      let (a, b) = (file.pieces[$0].score, file.pieces[$1].score)
      return a != b ? a > b : $0 < $1
    }
    var merges: [(first: Int32, second: Int32, merged: Int32)] = []
    var ranks: [UInt32] = []
    var rank: UInt32 = 0
    for (place, index) in sorted.enumerated() {
      if place > 0, file.pieces[index].score != file.pieces[sorted[place - 1]].score { rank += 1 }
      let text = file.pieces[index].text
      for cut in 1..<max(1, text.count) where text[cut] & 0xC0 != 0x80 {
        guard let first = vocabulary.id(of: Array(text[..<cut])), file.pieces[Int(first)].kind == .normal,
          let second = vocabulary.id(of: Array(text[cut...])), file.pieces[Int(second)].kind == .normal
        else { continue }
        merges.append((first, second, Int32(index)))
        ranks.append(rank)
      }
    }
    self.init(
      vocabulary: vocabulary, merges: merges, unknownToken: unknownID.flatMap { vocabulary.token(of: $0) },
      fusesUnknown: true, fallsBackToBytes: file.fallsBackToBytes, ranks: ranks,
      isLiteral: { file.pieces[Int($0)].kind == .normal },
      symbols: file.normalizer.symbols)
  }
}
