import Core

/// Sentencepiece's normalisation: characters replaced by a table, spaces joined, escaped, and one put in front.
///
/// Source: the behaviour of sentencepiece's `Normalizer::Normalize`.
struct SentencePieceNormalizer: Normalizer {
  var map: CharacterMap?
  /// Texts that stay as they are.
  var symbols = ByteTrie([])
  var addsDummyPrefix = true
  var removesExtraSpaces = true
  var escapesSpaces = true
  /// Whether the dummy space comes last.
  var putsSpaceLast = false

  static let mark: [UInt8] = [0xE2, 0x96, 0x81]
  private var space: [UInt8] { escapesSpaces ? SentencePieceNormalizer.mark : [0x20] }

  /// The nearest that the `tokenizers` library has.
  var json: JSONObject {
    var parts: [JSONValue] = []
    if let map { parts.append(.object(PrecompiledNormalizer(map: map).json)) }
    if removesExtraSpaces {
      parts.append(.object(StripNormalizer().json))
      parts.append(
        .object([
          "type": .string("Replace"), "pattern": .object(["Regex": .string(" {2,}")]), "content": .string(" "),
        ]))
    }
    if addsDummyPrefix { parts.append(.object(PrependNormalizer(prefix: SentencePieceNormalizer.mark).json)) }
    parts.append(
      .object(ReplaceNormalizer(pattern: .literal([0x20]), content: SentencePieceNormalizer.mark).json))
    return ["type": .string("Sequence"), "normalizers": .array(parts)]
  }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    var bytes: [UInt8] = []
    var spans: [SourceSpan] = []
    bytes.reserveCapacity(text.count + text.count / 2 + 3)
    var position = 0
    func append(_ part: some Sequence<UInt8>, from start: Int, to end: Int) {
      let before = bytes.count
      bytes.append(contentsOf: part)
      guard text.tracksSources else { return }
      let range = text.source(of: start..<end)
      for _ in before..<bytes.count { spans.append(SourceSpan(start: range.lowerBound, end: range.upperBound)) }
    }
    while removesExtraSpaces, position < text.count {
      let (length, replacement) = nextPrefix(text.bytes, position)
      guard replacement.elementsEqual([0x20]) else { break }
      position += length
    }
    guard position < text.count else { return body(text[text.count..<text.count]) }
    if addsDummyPrefix, !putsSpaceLast { append(space, from: position, to: position) }
    var isAfterSpace = removesExtraSpaces
    while position < text.count {
      let (length, replacement) = nextPrefix(text.bytes, position)
      var part = replacement[...]
      while isAfterSpace, part.first == 0x20 { part = part.dropFirst() }
      for byte in part {
        if byte == 0x20, escapesSpaces {
          append(SentencePieceNormalizer.mark, from: position, to: position + length)
        } else {
          append(CollectionOfOne(byte), from: position, to: position + length)
        }
      }
      if let last = part.last { isAfterSpace = removesExtraSpaces && last == 0x20 }
      position += length
    }
    if removesExtraSpaces {
      while bytes.count >= space.count, bytes.suffix(space.count).elementsEqual(space) {
        bytes.removeLast(space.count)
        if text.tracksSources { spans.removeLast(space.count) }
      }
    }
    if addsDummyPrefix, putsSpaceLast { append(space, from: text.count, to: text.count) }
    bytes.withUnsafeBufferPointer { bytes in
      spans.withUnsafeBufferPointer { spans in
        body(
          TextSlice(
            bytes, origin: text.source(of: 0..<0).lowerBound, sources: text.tracksSources ? spans.baseAddress : nil,
            tracksSources: text.tracksSources))
      }
    }
  }

  /// How many bytes are replaced at a place, and by what.
  private func nextPrefix(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> (Int, ArraySlice<UInt8>) {
    guard let base = bytes.baseAddress else { return (1, []) }
    if let symbol = symbols.longestPrefix(bytes, from: start) {
      return (symbol.end - start, Array(bytes[start..<symbol.end])[...])
    }
    if let match = map?.match(bytes, from: start, to: bytes.count, takesLongest: true) { return match }
    let scalar = decodeScalar(base, at: start, end: bytes.count)
    guard scalar.isValid else { return (1, [0xEF, 0xBF, 0xBD]) }
    return (scalar.length, Array(bytes[start..<start + scalar.length])[...])
  }
}
