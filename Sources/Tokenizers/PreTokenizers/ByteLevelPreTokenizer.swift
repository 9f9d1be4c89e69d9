import Core

/// Splits by GPT-2's pattern and takes the bytes of each piece as the symbols that the model merges.
struct ByteLevelPreTokenizer: PreTokenizer {
  var settings = ByteLevelSettings(addsPrefixSpace: false)

  var json: JSONObject { settings.json }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard let first = text.bytes.first else { return }
    if settings.addsPrefixSpace && first != 0x20 {
      text.withPrefix([0x20]) { splitPieces($0.asByteLevel, body) }
    } else {
      splitPieces(text.asByteLevel, body)
    }
  }

  private func splitPieces(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    if settings.usesPattern { PieceScanner.gpt2(GPT2Pattern()).split(text, body) } else { body(text) }
  }
}
