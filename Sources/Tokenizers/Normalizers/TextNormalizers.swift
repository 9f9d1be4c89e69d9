import Core

/// Normalizers one after the other.
struct SequenceNormalizer: Normalizer {
  let parts: [any Normalizer]

  var json: JSONObject {
    ["type": .string("Sequence"), "normalizers": .array(parts.map { .object($0.json) })]
  }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) { run(text, 0, body) }

  private func run(_ text: TextSlice, _ index: Int, _ body: (TextSlice) -> Void) {
    guard index < parts.count else { return body(text) }
    parts[index].normalize(text) { run($0, index + 1, body) }
  }
}

/// Puts text before a text that is not empty.
struct PrependNormalizer: Normalizer {
  let prefix: [UInt8]

  var json: JSONObject {
    ["type": .string("Prepend"), "prepend": .string(String(decoding: prefix, as: UTF8.self))]
  }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    text.count > 0 ? text.withPrefix(prefix, body) : body(text)
  }
}

/// Puts text after a text that is not empty.
struct AppendNormalizer: Normalizer {
  let suffix: [UInt8]

  var json: JSONObject {
    ["type": .string("Append"), "append": .string(String(decoding: suffix, as: UTF8.self))]
  }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard text.count > 0 else { return body(text) }
    var builder = TextBuilder(text)
    builder.keep(to: text.count)
    builder.insert(suffix)
    builder.finish(body)
  }
}

/// Puts a text in the place of every match of a pattern.
struct ReplaceNormalizer: Normalizer {
  let pattern: TextPattern
  let content: [UInt8]

  var json: JSONObject {
    [
      "type": .string("Replace"), "pattern": pattern.json,
      "content": .string(String(decoding: content, as: UTF8.self)),
    ]
  }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    var builder: TextBuilder?
    pattern.forEachMatch(in: text.bytes) { match in
      if builder == nil { builder = TextBuilder(text) }
      builder?.keep(to: match.lowerBound)
      builder?.skip(to: match.upperBound)
      builder?.insert(content)
    }
    guard var builder else { return body(text) }
    builder.keep(to: text.count)
    builder.finish(body)
  }
}

extension TextSlice {
  /// The text with more before it, which comes from where its first character does.
  func withPrefix(_ prefix: [UInt8], _ body: (TextSlice) -> Void) {
    guard count > 0, let base = bytes.baseAddress else { return body(self) }
    let text = prefix + Array(bytes)
    var spans: [SourceSpan] = []
    if tracksSources {
      let first = source(of: 0..<decodeScalar(base, at: 0, end: count).length)
      spans = prefix.map { _ in SourceSpan(start: first.lowerBound, end: first.upperBound) }
      for index in 0..<count { spans.append(source(of: index)) }
    }
    text.withUnsafeBufferPointer { text in
      spans.withUnsafeBufferPointer { spans in
        body(
          TextSlice(
            text, origin: source(of: 0..<0).lowerBound, sources: tracksSources ? spans.baseAddress : nil,
            tracksSources: tracksSources,
            isByteLevel: isByteLevel))
      }
    }
  }
}
