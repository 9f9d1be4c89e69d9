import Core

/// What a stage looks for in text: a string as it stands, or a regular expression.
enum TextPattern: Sendable, MatchFinder {
  case literal([UInt8])
  case expression(RegularExpression)

  /// Reads `{"String": "..."}` or `{"Regex": "..."}` under `key`.
  init(_ part: JSONFields, _ key: String) throws {
    let fields = try part.fields(key)
    if let text = try fields.optionalString("String") {
      self = .literal(Array(text.utf8))
    } else {
      self = .expression(try RegularExpression(try fields.string("Regex"), at: "\(part.file), key \(key).Regex"))
    }
  }

  /// The pattern as `tokenizer.json` has it.
  var json: JSONValue {
    switch self {
    case .literal(let text): .object(["String": .string(String(decoding: text, as: UTF8.self))])
    case .expression(let expression): .object(["Regex": .string(expression.pattern)])
    }
  }

  func forEachMatch(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    switch self {
    case .expression(let expression): expression.forEachMatch(in: text, body)
    case .literal(let needle):
      guard let first = needle.first, text.count >= needle.count else { return }
      var start = 0
      while start + needle.count <= text.count {
        if text[start] == first, needle.indices.allSatisfy({ text[start + $0] == needle[$0] }) {
          body(start..<start + needle.count)
          start += needle.count
        } else {
          start += 1
        }
      }
    }
  }
}
