import Core

/// Splits at the matches of a pattern.
struct SplitPreTokenizer: PreTokenizer {
  let pattern: TextPattern
  let behavior: SplitBehavior
  let isInverted: Bool
  /// A scanner that finds the same pieces, for patterns that take in all text.
  private let scanner: PieceScanner?

  init(pattern: TextPattern, behavior: SplitBehavior, isInverted: Bool) {
    self.pattern = pattern
    self.behavior = behavior
    self.isInverted = isInverted
    // The well-known patterns match everywhere, so that their matches are the pieces.
    let takesMatches = behavior == .isolated && !isInverted || behavior == .removed && isInverted
    if takesMatches, case .expression(let expression) = pattern {
      scanner = PieceScanner(pattern: expression.pattern)
    } else {
      scanner = nil
    }
  }

  var json: JSONObject {
    [
      "type": .string("Split"), "pattern": pattern.json, "behavior": .string(behavior.rawValue),
      "invert": .bool(isInverted),
    ]
  }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    if let scanner { return scanner.split(text, body) }
    behavior.split(text, at: pattern, isInverted: isInverted, body)
  }
}

/// Pre-tokenizers one after the other, each splitting what the one before it has left.
struct SequencePreTokenizer: PreTokenizer {
  let parts: [any PreTokenizer]

  var json: JSONObject {
    ["type": .string("Sequence"), "pretokenizers": .array(parts.map { .object($0.json) })]
  }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) { run(text, 0, body) }

  private func run(_ text: TextSlice, _ index: Int, _ body: (TextSlice) -> Void) {
    guard text.count > 0 else { return }
    guard index < parts.count else { return body(text) }
    guard text.isByteLevel else { return parts[index].split(text) { run($0, index + 1, body) } }
    // Later parts see ByteLevel's characters.
    text.written { text in parts[index].split(text) { run($0, index + 1, body) } }
  }
}

/// Writes spaces as a visible character, puts one in front, and splits before each.
struct MetaspacePreTokenizer: PreTokenizer {
  /// Where one is put in front.
  enum PrependScheme: String, CaseIterable {
    case always, first, never
  }

  var replacement: UInt32 = 0x2581
  var scheme = PrependScheme.always
  var splits = true

  private var replacementText: [UInt8] {
    var text: [UInt8] = []
    text.append(scalar: replacement)
    return text
  }

  var json: JSONObject {
    [
      "type": .string("Metaspace"), "replacement": .string(String(decoding: replacementText, as: UTF8.self)),
      "prepend_scheme": .string(scheme.rawValue), "split": .bool(splits),
    ]
  }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    replaceSpaces(text) { text in
      let mark = replacementText
      let isFirst = text.source(of: 0..<0).lowerBound == 0
      if scheme == .always || (scheme == .first && isFirst), !text.bytes.starts(with: mark) {
        text.withPrefix(mark) { splitAtMarks($0, mark, body) }
      } else {
        splitAtMarks(text, mark, body)
      }
    }
  }

  private func replaceSpaces(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard text.bytes.contains(0x20) else { return body(text) }
    var builder = TextBuilder(text)
    var position = 0
    while position < text.count {
      if text.bytes[position] == 0x20 {
        builder.keep(to: position)
        builder.replace(with: replacement)
      }
      position += 1
    }
    builder.keep(to: text.count)
    builder.finish(body)
  }

  private func splitAtMarks(_ text: TextSlice, _ mark: [UInt8], _ body: (TextSlice) -> Void) {
    guard splits else { return body(text) }
    SplitBehavior.mergedWithNext.split(text, at: TextPattern.literal(mark), body)
  }
}
